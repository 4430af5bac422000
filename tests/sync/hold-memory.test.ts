import { expect, test } from 'vitest';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import type { HoldReason } from '../../src/model/hold.ts';
import { type Conditions, HoldMemory } from '../../src/sync/hold-memory.ts';

const log = asDeviceNumber(2);
const then: Conditions = { membership: 3, head: 5, keys: 1 };
const at = 1_790_000_000_000;

function wakes(
  reason: HoldReason,
  now: Partial<Conditions>,
  until: number | null = null,
  wall = at,
): boolean {
  const memory = new HoldMemory();
  memory.tried(log, then, until, 0);
  return memory.isAwake(log, reason, { ...then, ...now }, wall);
}

test('PULL-13: a hold is tried again when a condition of its reason has changed, and for no other', () => {
  expect(wakes('missing-key', { keys: 2 })).toBe(true);
  expect(wakes('missing-key', { membership: 4, head: 9 })).toBe(false);
  expect(wakes('unauthorized', { membership: 4 })).toBe(true);
  expect(wakes('unauthorized', { keys: 2 })).toBe(false);
  expect(wakes('unavailable', { head: 6 })).toBe(true);
  expect(wakes('newer-schema', { membership: 4, head: 9, keys: 2 })).toBe(false);
  for (const reason of ['missing-key', 'clock-ahead', 'unavailable', 'newer-schema'] as const) {
    expect(wakes(reason, {})).toBe(false);
  }
});

test('PULL-13: one that waits for a time is tried when that has come', () => {
  expect(wakes('clock-ahead', {}, at + 1)).toBe(false);
  expect(wakes('clock-ahead', {}, at)).toBe(true);
  expect(wakes('unavailable', {}, at)).toBe(true);
  expect(wakes('missing-key', {}, at)).toBe(false);
});

test('PULL-9: a new turn tries each hold once: the app may be a newer one', () => {
  const memory = new HoldMemory();
  expect(memory.isAwake(log, 'newer-schema', then, at)).toBe(true);
  expect(memory.tried(log, then, null, 4)).toBe(5);
  expect(memory.tried(log, then, null, 4)).toBe(6);
  expect(memory.isAwake(log, 'newer-schema', then, at)).toBe(false);
  memory.forget(log);
  expect(memory.tried(log, then, null, 0)).toBe(1);
});
