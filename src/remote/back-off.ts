import type { Runtime } from '../runtime.ts';

/** How waits grow: `first` after the first failure, twice as long after each further one, `most` at most. Milliseconds. */
export interface BackOff {
  readonly first: number;
  readonly most: number;
}

/**
 * The wait after `failures` failures in a row (at least 1), shortened by up to a quarter: many who failed together do
 * not come back together. `random` lies in [0, 1).
 */
export function backOffMs({ first, most }: BackOff, failures: number, random: number): number {
  const whole = Math.min(most, first * 2 ** Math.min(failures - 1, 32));
  return Math.round(whole * (1 - random / 4));
}

/** A random number in [0, 1). */
export function randomFraction(runtime: Pick<Runtime, 'randomBytes'>): number {
  const bytes = runtime.randomBytes(4);
  return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
}
