import type { DeviceNumber } from '../format/stamp.ts';
import { type HoldCondition, type HoldReason, isAwake } from '../model/hold.ts';

/** What a verdict rested on; when one of these differs, the question may have another answer. */
export interface Conditions {
  /** Size of our verified membership log. */
  readonly membership: number;
  /** How far the log's newest verified head goes. */
  readonly head: number;
  /** How many epoch keys are here. */
  readonly keys: number;
}

interface Tried {
  readonly conditions: Conditions;
  /** Wall time from which on another try is worth it by itself; null: never. */
  readonly until: number | null;
  readonly tries: number;
}

/**
 * Under which conditions each hold was tried last, so that it costs nothing until one of them changes (PULL-13). Kept in memory:
 * each turn as leader tries each hold once, since the app itself may be a newer one.
 */
export class HoldMemory {
  readonly #tried = new Map<DeviceNumber, Tried>();

  /** True when a condition has changed that a hold of this reason waits for. */
  isAwake(log: DeviceNumber, reason: HoldReason, now: Conditions, wallMs: number): boolean {
    const tried = this.#tried.get(log);
    return tried === undefined || isAwake({ reason }, changes(tried, now, wallMs));
  }

  /** Remembers a try and gives how many there were, with those before this turn. */
  tried(log: DeviceNumber, conditions: Conditions, until: number | null, triesBefore: number): number {
    const tries = (this.#tried.get(log)?.tries ?? triesBefore) + 1;
    this.#tried.set(log, { conditions, until, tries });
    return tries;
  }

  forget(log: DeviceNumber): void {
    this.#tried.delete(log);
  }
}

function changes({ conditions, until }: Tried, now: Conditions, wallMs: number): HoldCondition[] {
  const changed: HoldCondition[] = [];
  if (now.membership !== conditions.membership) changed.push('membership');
  if (now.head !== conditions.head) changed.push('head');
  if (now.keys !== conditions.keys) changed.push('key');
  if (until !== null && wallMs >= until) changed.push('time', 'relay');
  return changed;
}
