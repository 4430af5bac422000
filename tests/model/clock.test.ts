import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { asStamp, makeStamp, maxCounter, maxStampMs, stampCounter, stampMs } from '../../src/format/stamp.ts';
import { aheadUntil, clockStart, isAhead, nextStamp, observe } from '../../src/model/clock.ts';
import { property } from '../property.ts';

const stamps = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 41 }), fc.integer({ min: 0, max: maxCounter }))
  .map(([ms, counter]) => makeStamp(ms, counter));
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('write' as const), wall: fc.integer({ min: 0, max: 5000 }) }),
    fc.record({
      kind: fc.constant('apply' as const),
      stamp: fc.integer({ min: 0, max: 5000 * 2048 }).map(asStamp),
    }),
  ),
  { maxLength: 30 },
);

property(
  'MRG-12: stamps of one device are unique and rising, whatever the wall clock does and whatever is applied',
  10_000,
  steps,
  (history) => {
    let clock = clockStart;
    let last = -1;
    let applied = -1;
    for (const step of history) {
      if (step.kind === 'apply') {
        clock = observe(clock, step.stamp);
        applied = Math.max(applied, step.stamp);
      } else {
        clock = nextStamp(clock, step.wall);
        expect(clock).toBeGreaterThan(last);
        expect(clock).toBeGreaterThan(applied);
        last = clock;
      }
      expect(clock).toBeGreaterThanOrEqual(applied);
    }
  },
);

property(
  'MRG-12: a stamp is of the wall clock when that is ahead, else the next after the clock',
  5000,
  stamps,
  fc.integer({ min: 0, max: 2 ** 41 }),
  (clock, wall) => {
    const next = nextStamp(clock, wall);
    expect(next).toBe(wall > stampMs(clock) ? makeStamp(wall, 0) : clock + 1);
  },
);

test('MRG-12: a full counter moves to the next millisecond', () => {
  const next = nextStamp(makeStamp(1000, maxCounter), 1000);
  expect([stampMs(next), stampCounter(next)]).toEqual([1001, 0]);
});

test('MRG-12: a wall clock set back never lowers the clock', () => {
  const clock = makeStamp(1_000_000, 5);
  expect(nextStamp(clock, 10)).toBe(makeStamp(1_000_000, 6));
  expect(observe(clock, makeStamp(10, 0))).toBe(clock);
});

test('MRG-12: when stamps run out the next is refused, not rounded', () => {
  expect(() => nextStamp(makeStamp(maxStampMs, maxCounter), 0)).toThrow(CairnError);
  expect(nextStamp(makeStamp(maxStampMs, maxCounter - 1), 0)).toBe(Number.MAX_SAFE_INTEGER);
});

test('PULL-11: a stamp is ahead when it is more than five minutes above our clock, and until then alone', () => {
  const now = 1_700_000_000_000;
  const edge = now + 5 * 60 * 1000;
  expect(isAhead(makeStamp(edge, maxCounter), now)).toBe(false);
  const ahead = makeStamp(edge + 1, 0);
  expect(isAhead(ahead, now)).toBe(true);
  expect(isAhead(ahead, aheadUntil(ahead))).toBe(false);
  expect(isAhead(ahead, aheadUntil(ahead) - 1)).toBe(true);
});
