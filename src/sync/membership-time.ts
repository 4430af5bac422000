import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { RelayClock } from '../remote/relay-clock.ts';
import type { Runtime } from '../runtime.ts';

/**
 * The time to date a membership entry by, ms: the relay's or ours, whichever is earlier. Nothing dated can be taken back, and
 * each entry after it is dated later still: so a relay's clock never moves one ahead of ours, and no wrong clock dates one.
 * @throws clock-ahead when the clocks differ by more than a stamp may be ahead, with how much ours is ahead of the relay's
 */
export function membershipTime(
  runtime: Pick<Runtime, 'now'>,
  { offset }: Pick<RelayClock, 'offset'>,
): number {
  const byMs = offset ?? 0;
  if (Math.abs(byMs) > limits.clockAheadMs) {
    throw new CairnError('clock-ahead', `Our clock and the relay’s differ by ${byMs} ms`, { byMs });
  }
  return runtime.now() - Math.max(0, byMs);
}
