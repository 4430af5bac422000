import { expect, test } from 'vitest';
import { isBeforeJoin, type JoinState, joinAfterCycle, joinStateOf } from '../../src/sync/join-state.ts';

const nothing = { caughtUp: false, confirmed: false };
const states: readonly JoinState[] = ['verifying', 'joining', 'catching-up', 'joined', 'confirmed'];

test('JOIN-5, JOIN-19: after a cycle the state moves on by what was found, and never back', () => {
  const table: [JoinState, { caughtUp: boolean; confirmed: boolean }, JoinState][] = [
    ['catching-up', nothing, 'catching-up'],
    ['catching-up', { caughtUp: false, confirmed: true }, 'catching-up'],
    ['catching-up', { caughtUp: true, confirmed: false }, 'joined'],
    ['catching-up', { caughtUp: true, confirmed: true }, 'confirmed'],
    ['joined', nothing, 'joined'],
    ['joined', { caughtUp: false, confirmed: true }, 'confirmed'],
    ['confirmed', nothing, 'confirmed'],
  ];
  for (const [before, findings, after] of table) expect(joinAfterCycle(before, findings)).toBe(after);
  for (const before of states) {
    for (const findings of [nothing, { caughtUp: true, confirmed: true }]) {
      expect(states.indexOf(joinAfterCycle(before, findings))).toBeGreaterThanOrEqual(states.indexOf(before));
    }
  }
});

test('JOIN-9: no cycle makes a join that is not in the log', () => {
  for (const before of ['verifying', 'joining'] as const) {
    expect(joinAfterCycle(before, { caughtUp: true, confirmed: true })).toBe(before);
    expect(isBeforeJoin(before)).toBe(true);
  }
  expect(isBeforeJoin('catching-up')).toBe(false);
  expect(isBeforeJoin(null)).toBe(false);
});

test('JOIN-5: a stored state is read back as itself, and nothing else as any', () => {
  for (const state of states) expect(joinStateOf({ state })).toBe(state);
  expect(joinStateOf({ state: 'of a newer app' })).toBeNull();
  expect(joinStateOf(null)).toBeNull();
});
