import { vi } from 'vitest';
import type { Observable } from '../../src/client/index.ts';

/** The first value for which `holds`; the test's own time limit ends a wait for what never comes. */
export function until<T>(observable: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null;
    let found = false;
    stop = observable.subscribe((value) => {
      if (found || !holds(value)) return;
      found = true;
      stop?.();
      resolve(value);
    });
    if (found) stop();
  });
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it should have been refused');
}

/** Looks again and again until nothing is thrown; far longer than anything takes, for a machine may stop for a while. */
export function comesTrue(look: () => unknown): Promise<unknown> {
  return vi.waitFor(look, { timeout: 30_000, interval: 5 });
}
