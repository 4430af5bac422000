import { CairnError } from '../errors.ts';
import type { Deflate } from '../store/local-write.ts';

export type BeyondRows = typeof import('./beyond-rows.ts');

/**
 * Loads what a space does beyond its rows (`beyond-rows`).
 * @throws unavailable if that code cannot be had: no network, and no service worker that keeps it
 */
export function loadBeyondRows(): Promise<BeyondRows> {
  return loaded(() => import('./beyond-rows.ts'));
}

/** The running of transactions. @throws unavailable, as above */
export function loadTransactions(): Promise<typeof import('./transactions.ts')> {
  return loaded(() => import('./transactions.ts'));
}

/** The compressor. @throws unavailable, as above */
export async function loadDeflate(): Promise<Deflate> {
  const { deflate } = await loaded(() => import('../crypto/deflate.ts'));
  return deflate;
}

async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    throw new CairnError('unavailable', `a part of the app cannot be loaded: ${String(thrown)}`);
  }
}
