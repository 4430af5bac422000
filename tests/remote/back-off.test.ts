import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOffMs, randomFraction } from '../../src/remote/back-off.ts';
import { property } from '../property.ts';

property(
  'JOIN-21: waits double from the first to the greatest, less up to a quarter',
  1000,
  fc.integer({ min: 1, max: 10_000 }),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  (failures, random) => {
    const wait = backOffMs({ first: 3_000, most: 30_000 }, failures, random);
    const whole = Math.min(30_000, 3_000 * 2 ** (failures - 1));
    expect(wait).toBeLessThanOrEqual(whole);
    expect(wait).toBeGreaterThanOrEqual(Math.floor(whole * 0.75));
  },
);

test('PUSH-15: the jitter is a fraction from random bytes, never one', () => {
  const from = (byte: number) =>
    randomFraction({ randomBytes: (length) => new Uint8Array(length).fill(byte) });
  expect(from(0)).toBe(0);
  expect(from(255)).toBeLessThan(1);
  expect(from(128)).toBeCloseTo(0.5, 2);
});
