import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { property, runSeed } from './property.ts';

describe('random tests', () => {
  const drawn: number[][] = [];
  for (const half of [0, 1]) {
    property(
      `TEST-1: a property draws from the run's seed (pass ${half + 1} of 2)`,
      50,
      fc.integer(),
      (n) => {
        const seen = drawn[half] ?? [];
        drawn[half] = seen;
        seen.push(n);
      },
    );
  }

  test('TEST-1: the same seed gives the same run, step by step', () => {
    expect(Number.isSafeInteger(runSeed())).toBe(true);
    expect(drawn[0]?.length).toBeGreaterThan(0);
    expect(drawn[1]).toEqual(drawn[0]);
  });

  test('TEST-1: a failure names its seed and the path to the shrunk example', async () => {
    const failing = fc.asyncProperty(fc.nat(), async (n) => n < 10);
    await expect(fc.assert(failing, { seed: 7, numRuns: 1000 })).rejects.toThrow(/seed: 7, path: "[\d:]+"/);
  });
});
