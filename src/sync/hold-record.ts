import type { Bytes } from '../format/bytes.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { HoldReason } from '../model/hold.ts';
import { record, type SyncContext } from './context.ts';
import type { Conditions } from './hold-memory.ts';

/** A log that can't go on, and where. */
export interface Stop {
  readonly log: DeviceNumber;
  /** The first position that waits. */
  readonly position: number;
  readonly reason: HoldReason;
  /**
   * What shows it: the statement that was judged, or the proof of a fork. Null for a stop at an entry, which is tried
   * again only when one of its conditions changes; a statement is judged whenever it is shown.
   */
  readonly evidence: Bytes | null;
  /** Wall time from which on another try is worth it by itself; null: never. */
  readonly until: number | null;
}

/**
 * Makes a stop durable (PULL-13). The same stop again writes nothing but its count, and that only at powers of two: what a
 * device stores must not grow by trying again (STORE-25). A fork is the last word on its log here: no other stop takes its
 * place, so nothing that a relay shows next makes its evidence go (LOG-13).
 */
export async function hold(ctx: SyncContext, stop: Stop, conditions: Conditions): Promise<void> {
  const { log, position, reason, evidence, until } = stop;
  const before = ctx.store.standing.holds.get(log);
  if (before?.reason === 'fork' && reason !== 'fork') return;
  // Whatever a relay shows next: the first evidence is kept, so that showing much makes nothing grow.
  const again = before?.position === position && before.reason === reason;
  // A statement that is shown again is no new try: it is judged because it is there.
  if (again && evidence !== null && before.evidence !== null) return;
  const tries = ctx.holds.tried(log, conditions, until, again ? before.tries : 0);
  if (again && (tries <= before.tries + 1 || !isPowerOfTwo(tries))) return;
  const since = again ? before.since : ctx.runtime.now();
  const kept = again ? before.evidence : evidence;
  try {
    await record(ctx, () => ({ kind: 'held', log, position, reason, since, tries, evidence: kept }));
  } catch (thrown) {
    // The hold that stands is another one than was tried: what wakes it is not what was remembered.
    ctx.holds.forget(log);
    throw thrown;
  }
}

/** Takes a hold off whose reason is gone. */
export async function release(ctx: SyncContext, log: DeviceNumber): Promise<void> {
  ctx.holds.forget(log);
  await record(ctx, ({ holds }) => (holds.has(log) ? { kind: 'released', log } : null));
}

const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count));
