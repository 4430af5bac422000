/**
 * The closed union of everything that can go wrong, with a stable code, the values a handler needs and
 * the person's next step. Errors cross boundaries (the worker, HTTP) as plain `Failure` values and are
 * thrown only as `CairnError`; a message is for developers, `next` and the app's words for people.
 */
export type ErrorCode =
  // bytes
  | 'malformed'
  | 'too-large'
  | 'wrong-type'
  | 'wrong-space'
  | 'bad-signature'
  | 'newer-format'
  | 'cannot-open'
  // schema and values
  | 'schema-invalid'
  | 'value-invalid'
  | 'transaction-too-large'
  | 'not-found'
  | 'not-a-writer'
  // storage
  | 'storage-full'
  | 'storage-blocked'
  | 'storage-unavailable'
  | 'storage-broken'
  | 'storage-corrupt'
  | 'storage-lost'
  | 'newer-database'
  | 'not-secure'
  // relay and network
  | 'offline'
  | 'timeout'
  | 'bad-answer'
  | 'bad-request'
  | 'unauthorized'
  | 'token-time'
  | 'clock-ahead'
  | 'forbidden'
  | 'unknown-space'
  | 'unknown-log'
  | 'size-mismatch'
  | 'bad-range'
  | 'bad-root'
  | 'stale-membership'
  | 'rate-limited'
  | 'unavailable'
  | 'internal'
  // invitations and joining
  | 'invitation-invalid'
  | 'invitation-expired'
  | 'invitation-used'
  | 'not-allowed'
  // the worker boundary
  | 'worker-died'
  | 'moved'
  | 'closed';

export type FailureValue = string | number | boolean | null;

/** An error as a plain value: safe to copy across threads and to store. */
export interface Failure {
  readonly code: ErrorCode;
  /** For developers and logs; holds no secret. */
  readonly message: string;
  readonly values: Readonly<Record<string, FailureValue>>;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Failure };

export class CairnError extends Error {
  override readonly name = 'CairnError';
  readonly code: ErrorCode;
  readonly values: Readonly<Record<string, FailureValue>>;

  constructor(code: ErrorCode, message: string, values: Readonly<Record<string, FailureValue>> = {}) {
    super(message);
    this.code = code;
    this.values = values;
  }

  toFailure(): Failure {
    return { code: this.code, message: this.message, values: this.values };
  }

  static fromFailure(failure: Failure): CairnError {
    return new CairnError(failure.code, failure.message, failure.values);
  }
}

/** What was thrown, as a `Failure`; anything that is not ours becomes `internal` with its message kept. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof CairnError) return thrown.toFailure();
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { code: 'internal', message, values: {} };
}

/** True for a `CairnError` of that code. */
export function isError(thrown: unknown, code: ErrorCode): thrown is CairnError {
  return thrown instanceof CairnError && thrown.code === code;
}
