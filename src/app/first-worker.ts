/**
 * The workers that host spaces. When there is a space to open, its worker is made before the rest of the page runs: starting one takes as
 * long as drawing the first screen, and they need not wait for each other.
 */
import { readRemembered } from './remembered.ts';

const make = (): Worker => new Worker(new URL('./cairn-worker.ts', import.meta.url), { type: 'module' });

let early: Worker | null = null;
// Outside a page, as in a test of what stands on this, there is no such name.
if (globalThis.isSecureContext && readRemembered().chosen !== null) {
  early = make();
  // One that does not even load is told of before anybody listens: then the next one is made in its place.
  early.addEventListener('error', () => {
    early = null;
  });
}

/** A worker for a space: the early one for whoever asks first. */
export function worker(): Worker {
  const made = early ?? make();
  early = null;
  return made;
}
