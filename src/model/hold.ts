import type { DeviceNumber } from '../format/stamp.ts';

/**
 * Why an entry can't be applied yet (DESIGN §9), and what would change that. A hold stops its own log at its
 * position and no other; it costs nothing until one of its conditions changes.
 */
export type HoldReason =
  /** Two signed heads of this log can't both be true. */
  | 'fork'
  /** The relay shows a head older than one we hold. */
  | 'rollback'
  /** The author may not write, as far as our membership log goes. */
  | 'unauthorized'
  /** The epoch's key is not here. */
  | 'missing-key'
  /** Written in a format or for a schema above ours. */
  | 'newer-schema'
  /** Stamped more than five minutes ahead of our clock. */
  | 'clock-ahead'
  /** A signed statement promises it, and the relay does not deliver it. */
  | 'unavailable'
  /** The relay dropped it below a snapshot. */
  | 'pruned'
  /** The author's claim about the membership log does not fit ours. */
  | 'disagrees';

export interface Hold {
  readonly log: DeviceNumber;
  /** The first position that waits; the log's cursor is below it. */
  readonly position: number;
  readonly reason: HoldReason;
  /** Wall time, ms. */
  readonly since: number;
  readonly tries: number;
}

/** What can change so that a hold is worth another try. */
export type HoldCondition =
  /** Our verified membership log grew. */
  | 'membership'
  /** A head of that log arrived that differs from the one judged. */
  | 'head'
  /** An epoch key arrived. */
  | 'key'
  /** The app was updated: format or schema. */
  | 'update'
  /** Time passed, or a clock was put right. */
  | 'time'
  /** The relay was reached again. */
  | 'relay'
  /** A snapshot was taken in. */
  | 'snapshot';

/** The conditions whose change is worth a try of a hold with that reason. */
export const wakesOn: Readonly<Record<HoldReason, readonly HoldCondition[]>> = {
  fork: ['membership'],
  rollback: ['head'],
  unauthorized: ['membership', 'head'],
  'missing-key': ['key'],
  'newer-schema': ['update'],
  'clock-ahead': ['time'],
  unavailable: ['relay', 'membership', 'head'],
  pruned: ['snapshot'],
  disagrees: ['membership', 'head'],
};

/** True when one of the conditions that changed is one the hold waits for. */
export function isAwake(hold: Pick<Hold, 'reason'>, changed: Iterable<HoldCondition>): boolean {
  const waited = wakesOn[hold.reason];
  for (const condition of changed) if (waited.includes(condition)) return true;
  return false;
}
