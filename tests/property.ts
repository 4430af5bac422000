/**
 * Randomised tests. Every one starts from the run's seed, which `vite.config.ts` prints once and a failure prints
 * again; the same seed gives the same run, step by step.
 *
 *   SEED=… npx vitest run -t "name"                  the same run again
 *   SEED=… SHRUNK=3:1:0 npx vitest run -t "name"     only the shrunk example that the failure printed as its path
 *   RUNS=200 npx vitest run …                        at most so many runs each, for a quick look (never in CI)
 */
import * as fc from 'fast-check';
import { inject, test } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** What every random test starts from. */
    seed: number;
    /** fast-check's path to one shrunk example, or empty. */
    shrunk: string;
    /** The most runs a property may take. */
    maxRuns: number;
  }
}

export interface PropertyOptions {
  /** How many random examples are tried. */
  readonly runs: number;
  /** A seed of its own instead of the run's: for a case that once failed. Prefer a plain example test. */
  readonly seed?: number;
  /** Milliseconds; 120,000 unless told otherwise. */
  readonly timeout?: number;
}

/** The seed of this run, for tests that are random without fast-check. */
export function runSeed(): number {
  return inject('seed');
}

/**
 * Registers a test: `predicate` holds (returns nothing or true, throws nothing) for `runs` random values of the
 * arbitraries. On failure the message gives the seed, the path and the shrunk example.
 */
export function property<Values extends [unknown, ...unknown[]]>(
  name: string,
  options: PropertyOptions | number,
  ...rest: [
    ...arbitraries: { [I in keyof Values]: fc.Arbitrary<Values[I]> },
    // biome-ignore lint/suspicious/noConfusingVoidType: a predicate of assertions returns nothing
    predicate: (...values: Values) => boolean | void | Promise<boolean | void>,
  ]
): void {
  const { runs, seed, timeout } = typeof options === 'number' ? { runs: options } : options;
  test(name, { timeout: timeout ?? 120_000 }, async () => {
    const path = inject('shrunk');
    const predicate = rest[rest.length - 1] as (...values: Values) => boolean | undefined;
    const arbitraries = rest.slice(0, -1) as [fc.Arbitrary<unknown>, ...fc.Arbitrary<unknown>[]];
    // The casts above undo the rest tuple, which TypeScript cannot split at its end.
    const checked = fc.asyncProperty(...arbitraries, async (...values) => predicate(...(values as Values)));
    await fc.assert(checked, {
      numRuns: Math.min(runs, inject('maxRuns')),
      seed: seed ?? runSeed(),
      ...(path === '' ? {} : { path, endOnFailure: true }),
    });
  });
}
