import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  asDeviceNumber,
  asStamp,
  makeStamp,
  maxCounter,
  maxStampMs,
  stampCounter,
  stampMs,
} from '../../src/format/stamp.ts';
import { property } from '../property.ts';

const malformed = expect.objectContaining({ code: 'malformed' });

test('LOG-3: the greatest stamp is the greatest safe integer, the least is zero', () => {
  expect(makeStamp(maxStampMs, maxCounter)).toBe(Number.MAX_SAFE_INTEGER);
  expect(makeStamp(0, 0)).toBe(0);
  expect(new Date(maxStampMs).getUTCFullYear()).toBe(2109);
});

property(
  'LOG-3, LOG-2: a stamp gives back its milliseconds and its counter, and orders by both',
  10_000,
  fc.integer({ min: 0, max: maxStampMs }),
  fc.integer({ min: 0, max: maxCounter }),
  fc.integer({ min: 0, max: maxStampMs }),
  fc.integer({ min: 0, max: maxCounter }),
  (ms, counter, otherMs, otherCounter) => {
    const stamp = makeStamp(ms, counter);
    expect([stampMs(stamp), stampCounter(stamp)]).toEqual([ms, counter]);
    expect(asStamp(stamp)).toBe(stamp);
    const order = Math.sign(stamp - makeStamp(otherMs, otherCounter));
    expect(order).toBe(Math.sign(ms - otherMs || counter - otherCounter));
  },
);

property('LOG-3: every safe integer from zero on is a stamp', 10_000, fc.maxSafeNat(), (value) => {
  const stamp = asStamp(value);
  expect(makeStamp(stampMs(stamp), stampCounter(stamp))).toBe(value);
});

test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
  'LOG-2: %d is no stamp and no part of one',
  (n) => {
    expect(() => asStamp(n)).toThrow(malformed);
    expect(() => makeStamp(n, 0)).toThrow(malformed);
    expect(() => makeStamp(0, n)).toThrow(malformed);
    expect(() => asDeviceNumber(n)).toThrow(malformed);
  },
);

test('LOG-3: milliseconds of 43 bits, a counter of 12 and a device 0 are refused', () => {
  expect(() => makeStamp(maxStampMs + 1, 0)).toThrow(malformed);
  expect(() => makeStamp(0, maxCounter + 1)).toThrow(malformed);
  expect(() => asDeviceNumber(0)).toThrow(malformed);
  expect(asDeviceNumber(1)).toBe(1);
});
