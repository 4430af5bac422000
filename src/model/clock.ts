import { makeStamp, maxCounter, type Stamp, stampCounter, stampMs } from '../format/stamp.ts';
import { limits } from '../limits.ts';

/**
 * The hybrid logical clock of a device: the greatest stamp it has applied or given out, as a plain value.
 *
 * 1. Every stamp given out is above the clock it came from, whatever the wall clock says.
 * 2. A full counter moves on to the next millisecond.
 * 3. After observing a stamp the clock is at or above it; nothing here lowers a clock.
 */

/** The clock of a device that has seen nothing. */
export const clockStart: Stamp = makeStamp(0, 0);

/**
 * The stamp after `clock` at wall time `wallMs`; it is the new clock as well. Throws when stamps run out (year 2109).
 */
export function nextStamp(clock: Stamp, wallMs: number): Stamp {
  const ms = stampMs(clock);
  if (wallMs > ms) return makeStamp(Math.floor(wallMs), 0);
  const counter = stampCounter(clock);
  return counter < maxCounter ? makeStamp(ms, counter + 1) : makeStamp(ms + 1, 0);
}

/** The clock after a stamp was applied. */
export function observe(clock: Stamp, stamp: Stamp): Stamp {
  return stamp > clock ? stamp : clock;
}

/**
 * True when a stamp is more than five minutes ahead of wall time `wallMs`: its entry is held until its time comes.
 */
export function isAhead(stamp: Stamp, wallMs: number): boolean {
  return stampMs(stamp) > wallMs + limits.clockAheadMs;
}

/** The wall time from which on a stamp is no longer ahead. */
export function aheadUntil(stamp: Stamp): number {
  return stampMs(stamp) - limits.clockAheadMs;
}
