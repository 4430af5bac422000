/**
 * When the next cycle runs, as a pure state machine (PUSH-14, PUSH-15):
 *
 *               trigger: the earlier of both times
 *                    ┌────┐
 *                    ▼    │             begun
 *     (start) ──▶ waiting until `at` ─────────▶ running ◀──┐ trigger: once more, at `again`
 *                    ▲                           │   └─────┘ (the earlier of both times)
 *                    └──────────── ended ────────┘
 *
 * 1. One cycle at a time; any number of triggers while it runs make exactly one more.
 * 2. After a success the next cycle is due in 30 s; after n failures in a row in 30 s × 2ⁿ, 300 s at most, and while a person
 *    looks at a page of the space 15 s at most; less up to a quarter of jitter. A trigger comes before that time, and never moves
 *    it back.
 * 3. Only a cycle that ran because its time had come makes the waits longer: what triggers bring is more, never less.
 * 4. When the relay says how long to leave it alone, nothing but a person's own wish comes before that time.
 *
 * Times are of the runtime's monotonic clock, in milliseconds.
 */
import { type BackOff, backOffMs } from '../remote/back-off.ts';

export type Trigger =
  /** A change was written here. */
  | 'local-write'
  | 'online'
  | 'visible'
  | 'hidden'
  /** The relay says that something is newer. */
  | 'server-event'
  /** Another device said what it has. */
  | 'presence'
  /** A person, or code, asked for it. */
  | 'asked';

interface Waits {
  /** Cycles that failed in a row, those that a trigger brought counted as one at most. */
  readonly failures: number;
  readonly notBefore: number;
  /** When the next cycle is due without any trigger; in a cycle that ran for that reason, when it was. */
  readonly due: number;
}

export type CyclePlan =
  | (Waits & { readonly phase: 'waiting'; readonly at: number })
  | (Waits & {
      readonly phase: 'running';
      /** A trigger brought it, before its time. */
      readonly early: boolean;
      /** When to run once more; null if nothing asked for it meanwhile. */
      readonly again: number | null;
    });

export type CycleEnd =
  | { readonly ok: true }
  /** `retryMs`: how long the relay asked to be left alone; null if it did not. */
  | { readonly ok: false; readonly retryMs: number | null };

/** How long to wait after a trigger: what often comes in swarms is gathered. */
export const triggerDelays: Readonly<Record<Trigger, number>> = {
  'local-write': 300,
  online: 0,
  visible: 0,
  hidden: 0,
  'server-event': 0,
  presence: 2_000,
  asked: 0,
};

export const idleMs = 30_000;
const waits: BackOff = { first: 2 * idleMs, most: 300_000 };
/** While someone looks: what the page says of the relay is at most this old, also after the relay is back. */
const watchedWaits: BackOff = { first: 4_000, most: 15_000 };

/** The plan of a cycle that has never run: it is due at once. */
export function startPlan(now: number): CyclePlan {
  return { phase: 'waiting', at: now, due: now, failures: 0, notBefore: now };
}

export function triggered(plan: CyclePlan, trigger: Trigger, now: number): CyclePlan {
  const wanted = now + triggerDelays[trigger];
  const at = trigger === 'asked' ? wanted : Math.max(wanted, plan.notBefore);
  if (plan.phase === 'running') {
    return { ...plan, again: plan.again === null ? at : Math.min(plan.again, at) };
  }
  return at < plan.at ? { ...plan, at } : plan;
}

/** Someone looks at a page of the space: after a failure the next try is not left to the long waits. `random` as in `ended`. */
export function watched(plan: CyclePlan, now: number, random: number): CyclePlan {
  if (plan.phase === 'running' || plan.failures === 0) return plan;
  const due = Math.max(plan.notBefore, now + backOffMs(watchedWaits, plan.failures, random));
  return due < plan.due ? { ...plan, due, at: Math.min(plan.at, due) } : plan;
}

export function begun(plan: CyclePlan): CyclePlan {
  const { failures, notBefore, due } = plan;
  const early = plan.phase === 'waiting' && plan.at < due;
  return { phase: 'running', early, again: null, failures, notBefore, due };
}

/** `random` lies in [0, 1) and gives the jitter. */
export function ended(plan: CyclePlan, end: CycleEnd, now: number, random: number): CyclePlan {
  const early = plan.phase === 'running' && plan.early;
  const failures = end.ok ? 0 : Math.max(1, plan.failures + (early ? 0 : 1));
  const notBefore = end.ok || end.retryMs === null ? plan.notBefore : now + end.retryMs;
  // A try in between that fails too leaves the next one where it was.
  const isKept = early && !end.ok && plan.failures > 0;
  const next = isKept
    ? Math.max(now, plan.due)
    : now + (end.ok ? idleMs : backOffMs(waits, failures, random));
  const due = Math.max(next, notBefore);
  const again = plan.phase === 'running' ? plan.again : null;
  // What a trigger asked for before the relay asked for quiet waits with the rest.
  const at = again === null ? due : Math.min(due, Math.max(again, end.ok ? again : notBefore));
  return { phase: 'waiting', at, due, failures, notBefore };
}
