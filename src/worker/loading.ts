import { loadPart } from '../load-part.ts';

export type BeyondRows = typeof import('./beyond-rows.ts');

/**
 * Loads what a space does beyond its rows (`beyond-rows`).
 * @throws unavailable if that code cannot be had: no network, and no service worker that keeps it
 */
export function loadBeyondRows(): Promise<BeyondRows> {
  return loadPart(() => import('./beyond-rows.ts'));
}

/** Writing rows. @throws unavailable, as above */
export function loadRowWriting(): Promise<typeof import('./row-writing.ts')> {
  return loadPart(() => import('./row-writing.ts'));
}
