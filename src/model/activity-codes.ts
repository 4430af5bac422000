/**
 * The closed sets that a line of the activity log is made of, as values: what another build or a damaged store calls a code
 * never gets into the log by itself (APP-14). Exhaustive by type: a new code does not compile before it stands here.
 */
import type { ErrorCode } from '../errors.ts';
import { type HoldReason, wakesOn } from './hold.ts';
import type { UnsentCause } from './sync-status.ts';

const errorCodes: Record<ErrorCode, true> = {
  malformed: true,
  'too-large': true,
  'wrong-type': true,
  'wrong-space': true,
  'bad-signature': true,
  'newer-format': true,
  'cannot-open': true,
  'schema-invalid': true,
  'value-invalid': true,
  'transaction-too-large': true,
  'not-found': true,
  'not-a-writer': true,
  'storage-full': true,
  'storage-blocked': true,
  'storage-unavailable': true,
  'storage-broken': true,
  'storage-corrupt': true,
  'storage-lost': true,
  'newer-database': true,
  'not-secure': true,
  offline: true,
  timeout: true,
  'bad-answer': true,
  'bad-request': true,
  unauthorized: true,
  'token-time': true,
  'clock-ahead': true,
  forbidden: true,
  'unknown-space': true,
  'unknown-log': true,
  'size-mismatch': true,
  'bad-range': true,
  'bad-root': true,
  'stale-membership': true,
  'rate-limited': true,
  unavailable: true,
  internal: true,
  'invitation-invalid': true,
  'invitation-expired': true,
  'invitation-used': true,
  'not-allowed': true,
  'worker-died': true,
  moved: true,
  closed: true,
};

const unsentCauses: Record<UnsentCause, true> = {
  'not-a-writer': true,
  'membership-held': true,
  'missing-key': true,
  'clock-wrong': true,
  'own-log-held': true,
};

export function isErrorCode(value: unknown): value is ErrorCode {
  return isKeyOf(errorCodes, value);
}

export function isHoldReason(value: unknown): value is HoldReason {
  return isKeyOf(wakesOn, value);
}

export function isUnsentCause(value: unknown): value is UnsentCause {
  return isKeyOf(unsentCauses, value);
}

/** The code itself, or `internal` for what is none of ours. */
export function closedCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'internal';
}

function isKeyOf(set: object, value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(set, value);
}
