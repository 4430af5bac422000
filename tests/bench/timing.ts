/** What the pages of all figures share. */

/** A relay that cannot be reached: what is measured then is the device alone. */
export const nowhere = 'http://localhost:9';

export const worker = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
