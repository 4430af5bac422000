import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  begun,
  type CycleEnd,
  type CyclePlan,
  ended,
  idleMs,
  startPlan,
  type Trigger,
  triggerDelays,
  triggered,
  watched,
} from '../../src/sync/cycle-plan.ts';
import { property } from '../property.ts';

const ok: CycleEnd = { ok: true };
const failed: CycleEnd = { ok: false, retryMs: null };
const afterOne = (plan: CyclePlan, end: CycleEnd, now: number, random = 0) =>
  ended(begun(plan), end, now, random);
const dueAt = (plan: CyclePlan): number => {
  if (plan.phase !== 'waiting') throw new TypeError('it runs');
  return plan.at;
};

describe('when the next cycle is due', () => {
  test('PUSH-15: the first is due at once, the next thirty seconds after a success', () => {
    expect(dueAt(startPlan(1000))).toBe(1000);
    expect(dueAt(afterOne(startPlan(1000), ok, 1500))).toBe(1500 + idleMs);
    expect(idleMs).toBe(30_000);
  });

  test('PUSH-15: after n failures it is due in 30 s × 2ⁿ, 300 s at most, and a success resets it', () => {
    let plan = startPlan(0);
    for (const seconds of [60, 120, 240, 300, 300]) {
      plan = afterOne(plan, failed, 0);
      expect(dueAt(plan)).toBe(seconds * 1000);
    }
    plan = afterOne(plan, ok, 0);
    expect(dueAt(plan)).toBe(idleMs);
    expect(dueAt(afterOne(plan, failed, 0))).toBe(60_000);
  });

  test('PUSH-15: jitter takes up to a quarter off a wait after failures, and nothing off the others', () => {
    expect(dueAt(afterOne(startPlan(0), failed, 0, 0.999))).toBeCloseTo(45_000, -2);
    expect(dueAt(afterOne(startPlan(0), ok, 0, 0.999))).toBe(idleMs);
  });

  test('PUSH-15: a local write starts one after 300 ms, the other triggers at once', () => {
    const idle = afterOne(startPlan(0), ok, 0);
    expect(dueAt(triggered(idle, 'local-write', 5_000))).toBe(5_300);
    for (const trigger of ['online', 'visible', 'hidden', 'server-event', 'asked'] as const) {
      expect(dueAt(triggered(idle, trigger, 5_000))).toBe(5_000);
    }
  });

  test('PUSH-15: a write that follows another does not put the cycle off', () => {
    const first = triggered(afterOne(startPlan(0), ok, 0), 'local-write', 5_000);
    expect(dueAt(triggered(first, 'local-write', 5_200))).toBe(5_300);
  });

  test('PUSH-14: any number of triggers during a cycle make exactly one more', () => {
    let plan: CyclePlan = begun(startPlan(0));
    for (let i = 0; i < 10; i++) plan = triggered(plan, 'local-write', 100 + i);
    plan = ended(plan, ok, 200, 0);
    expect(dueAt(plan)).toBe(400);
    expect(dueAt(afterOne(plan, ok, 500))).toBe(500 + idleMs);
  });

  test('PUSH-16: a trigger during a cycle that fails still brings the next one early', () => {
    const plan = ended(triggered(begun(startPlan(0)), 'online', 100), failed, 200, 0);
    expect(dueAt(plan)).toBe(100);
  });

  test('RELAY-16: how long the relay asks to be left alone holds for all but a person’s wish', () => {
    const plan = afterOne(startPlan(0), { ok: false, retryMs: 90_000 }, 1_000);
    expect(dueAt(plan)).toBe(91_000);
    expect(dueAt(triggered(plan, 'local-write', 2_000))).toBe(91_000);
    expect(dueAt(triggered(plan, 'server-event', 2_000))).toBe(91_000);
    expect(dueAt(triggered(plan, 'asked', 2_000))).toBe(2_000);
    const meanwhile = triggered(begun(startPlan(0)), 'local-write', 0);
    expect(dueAt(ended(meanwhile, { ok: false, retryMs: 90_000 }, 1_000, 0))).toBe(91_000);
  });
});

describe('what triggers bring is more, never less', () => {
  const failing = (times: number): CyclePlan => {
    let plan = startPlan(0);
    for (let i = 0; i < times; i++) plan = afterOne(plan, failed, 0);
    return plan;
  };

  test.each(['asked', 'local-write', 'visible', 'server-event'] as const)(
    'PUSH-15: any number of tries that fail, brought by `%s`, leave the next one where it was',
    (trigger) => {
      const before = failing(2);
      let plan = before;
      for (let now = 1_000; now <= 100_000; now += 1_000) {
        plan = afterOne(triggered(plan, trigger, now - 300), failed, now);
      }
      expect(dueAt(plan)).toBe(dueAt(before));
      expect(dueAt(afterOne(plan, failed, 120_000))).toBe(120_000 + 240_000);
    },
  );

  test('PUSH-15: a first failure that a trigger brought begins the waits', () => {
    const idle = afterOne(startPlan(0), ok, 0);
    const plan = afterOne(triggered(idle, 'asked', 10_000), failed, 10_000);
    expect(dueAt(plan)).toBe(70_000);
  });
});

describe('while someone looks', () => {
  test('APP-1: after failures it is tried again within 15 s, however many there were', () => {
    let plan = startPlan(0);
    for (const ms of [4_000, 8_000, 15_000, 15_000, 15_000]) {
      plan = watched(afterOne(plan, failed, 0), 0, 0);
      expect(dueAt(plan)).toBe(ms);
    }
    expect(dueAt(watched(afterOne(plan, failed, 0), 0, 0.999))).toBeCloseTo(11_250, -2);
    // Nobody looks any more.
    expect(dueAt(afterOne(plan, failed, 0))).toBe(300_000);
  });

  test('APP-1: it changes nothing after a success, in a cycle, or twice', () => {
    const idle = afterOne(startPlan(0), ok, 0);
    expect(watched(idle, 0, 0)).toBe(idle);
    const running = begun(startPlan(0));
    expect(watched(running, 0, 0)).toBe(running);
    const soon = watched(afterOne(startPlan(0), failed, 0), 0, 0);
    expect(watched(soon, 1_000, 0)).toBe(soon);
  });

  test('RELAY-16: how long the relay asks to be left alone holds all the same', () => {
    const plan = afterOne(startPlan(0), { ok: false, retryMs: 90_000 }, 0);
    expect(dueAt(watched(plan, 0, 0))).toBe(90_000);
  });
});

const trigger = fc.constantFrom(...(Object.keys(triggerDelays) as Trigger[]));

property(
  'PUSH-15: a trigger never moves a cycle back, and each is followed by one within its delay',
  2000,
  fc.array(fc.record({ trigger, wait: fc.nat({ max: 40_000 }), end: fc.constantFrom(ok, failed) }), {
    maxLength: 30,
  }),
  (history) => {
    let now = 0;
    let plan = startPlan(now);
    for (const { trigger, wait, end } of history) {
      now += wait;
      const due = dueAt(plan);
      plan = triggered(plan, trigger, now);
      expect(dueAt(plan)).toBeLessThanOrEqual(due);
      expect(dueAt(plan)).toBeLessThanOrEqual(Math.max(now + triggerDelays[trigger], plan.notBefore));
      if (dueAt(plan) <= now) plan = afterOne(plan, end, now);
      expect(dueAt(plan) - now).toBeLessThanOrEqual(300_000);
    }
  },
);
