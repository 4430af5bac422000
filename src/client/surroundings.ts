import { CairnError } from '../errors.ts';

/** Refuses surroundings in which something would fail later (APP-5). @throws not-secure, naming what is missing */
export function checkSurroundings(): void {
  const missing = missingSurroundings();
  if (missing === null) return;
  throw new CairnError('not-secure', `this page has no ${missing}: open it over https or on localhost`, {
    missing,
  });
}

function missingSurroundings(): string | null {
  if (!globalThis.isSecureContext) return 'secure context';
  if (globalThis.crypto?.subtle === undefined) return 'WebCrypto';
  if (globalThis.navigator?.locks === undefined) return 'Web Locks';
  if (globalThis.indexedDB === undefined) return 'IndexedDB';
  return null;
}
