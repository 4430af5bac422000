/**
 * Errors over HTTP: problem details (RFC 9457) with a stable `code`.
 *
 *   {"type": "urn:cairn:problem:" code, "title": code in words, "status": …, "detail": …, "code": code, …values}
 *
 * `title` and `detail` are for people who read logs. Whoever acts on a problem looks at `code` and its values alone (RELAY-9).
 */
import { CairnError, type ErrorCode, type FailureValue } from '../errors.ts';

/** The codes that go over HTTP, each with its status. */
export const problems = {
  malformed: 400,
  'bad-request': 400,
  'bad-range': 400,
  'wrong-type': 400,
  'wrong-space': 400,
  'bad-signature': 400,
  'bad-root': 400,
  'newer-format': 400,
  unauthorized: 401,
  'token-time': 401,
  forbidden: 403,
  'not-allowed': 403,
  'not-a-writer': 403,
  'invitation-invalid': 403,
  'invitation-expired': 403,
  'invitation-used': 403,
  'not-found': 404,
  'unknown-space': 404,
  'unknown-log': 404,
  'clock-ahead': 409,
  'size-mismatch': 409,
  'stale-membership': 409,
  'too-large': 413,
  'rate-limited': 429,
  internal: 500,
  unavailable: 503,
  'storage-full': 507,
} as const satisfies Partial<Record<ErrorCode, number>>;

export type ProblemCode = keyof typeof problems;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly [value: string]: FailureValue;
}

const ownMembers: ReadonlySet<string> = new Set(['type', 'title', 'status', 'detail', 'instance', 'code']);
const mostValues = 16;
const longestText = 1024;

export const isProblemCode = (code: unknown): code is ProblemCode =>
  typeof code === 'string' && Object.hasOwn(problems, code);

export function toProblem(
  code: ProblemCode,
  detail: string,
  values: Readonly<Record<string, FailureValue>> = {},
): Problem {
  const title = code.replaceAll('-', ' ');
  return { ...values, type: `urn:cairn:problem:${code}`, title, status: problems[code], detail, code };
}

/** An answer's problem as an error. What is no problem of ours is `bad-answer`. Nothing is taken on trust but its shape. */
export function fromProblem(json: unknown): CairnError {
  if (typeof json !== 'object' || json === null || !('code' in json) || !isProblemCode(json.code)) {
    return new CairnError('bad-answer', 'An error answer that is no problem of this API');
  }
  const values: Record<string, FailureValue> = {};
  for (const [name, value] of Object.entries(json).slice(0, mostValues)) {
    if (!ownMembers.has(name) && name !== '__proto__' && isValue(value)) values[name] = value;
  }
  const detail =
    'detail' in json && typeof json.detail === 'string' ? json.detail.slice(0, longestText) : json.code;
  return new CairnError(json.code, detail, values);
}

function isValue(value: unknown): value is FailureValue {
  if (typeof value === 'string') return value.length <= longestText;
  return (
    value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}
