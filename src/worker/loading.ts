import { loadPart } from '../load-part.ts';

export type BeyondRows = typeof import('./beyond-rows.ts');

/**
 * Loads what a space does beyond its rows (`beyond-rows`).
 * @throws unavailable if that code cannot be had: no network, and no service worker that keeps it
 */
export function loadBeyondRows(): Promise<BeyondRows> {
  return loadPart(() => import('./beyond-rows.ts'));
}

export type RowCalls = typeof import('./row-calls.ts');

/** Reads that are answered once, and writes (`row-calls`). @throws unavailable, as above */
export function loadRowCalls(): Promise<RowCalls> {
  return loadPart(() => import('./row-calls.ts'));
}
