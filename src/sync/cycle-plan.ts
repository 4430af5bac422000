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
 * 2. After a success the next cycle is due in 30 s; after n failures in a row in 30 s × 2ⁿ, 300 s at most, less up to
 *    a quarter of jitter. A trigger comes before that time, and never moves it back.
 * 3. When the relay says how long to leave it alone, nothing but a person's own wish comes before that time.
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

export type CyclePlan =
  | { readonly phase: 'waiting'; readonly at: number; readonly failures: number; readonly notBefore: number }
  | {
      readonly phase: 'running';
      /** When to run once more; null if nothing asked for it meanwhile. */
      readonly again: number | null;
      readonly failures: number;
      readonly notBefore: number;
    };

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

/** The plan of a cycle that has never run: it is due at once. */
export function startPlan(now: number): CyclePlan {
  return { phase: 'waiting', at: now, failures: 0, notBefore: now };
}

export function triggered(plan: CyclePlan, trigger: Trigger, now: number): CyclePlan {
  const wanted = now + triggerDelays[trigger];
  const at = trigger === 'asked' ? wanted : Math.max(wanted, plan.notBefore);
  if (plan.phase === 'running') {
    return { ...plan, again: plan.again === null ? at : Math.min(plan.again, at) };
  }
  return at < plan.at ? { ...plan, at } : plan;
}

export function begun({ failures, notBefore }: CyclePlan): CyclePlan {
  return { phase: 'running', again: null, failures, notBefore };
}

/** `random` lies in [0, 1) and gives the jitter. */
export function ended(plan: CyclePlan, end: CycleEnd, now: number, random: number): CyclePlan {
  const failures = end.ok ? 0 : plan.failures + 1;
  const notBefore = end.ok || end.retryMs === null ? plan.notBefore : now + end.retryMs;
  const wait = end.ok ? idleMs : backOffMs(waits, failures, random);
  const due = Math.max(now + wait, notBefore);
  const again = plan.phase === 'running' ? plan.again : null;
  // What a trigger asked for before the relay asked for quiet waits with the rest.
  const at = again === null ? due : Math.min(due, Math.max(again, end.ok ? again : notBefore));
  return { phase: 'waiting', at, failures, notBefore };
}
