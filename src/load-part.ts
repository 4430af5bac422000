import { CairnError } from './errors.ts';

/**
 * A part of the app that is loaded when it is first needed: `loadPart(() => import('./part.ts'))`.
 * @throws unavailable if that code cannot be had: no network, and no service worker that keeps it
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    throw new CairnError('unavailable', `a part of the app cannot be loaded: ${String(thrown)}`);
  }
}
