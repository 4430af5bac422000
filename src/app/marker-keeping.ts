/**
 * Sets and ends the marker of a space. Only a server's cookie outlives what browsers evict, so the app's own server sets it, at
 * each opening and as soon as there is a network. Where the app is served by something else there is no marker, and nothing else changes.
 * It ends without a network, so that what a person erased is never called lost.
 */
import { noteUnsent } from './unsent-notes.ts';

const asking = new Map<string, AbortController>();

export function keepMarker(id: string): void {
  if (asking.has(id)) return;
  const until = new AbortController();
  asking.set(id, until);
  void ask(id, until.signal);
}

export function dropMarker(id: string): void {
  asking.get(id)?.abort();
  asking.delete(id);
  noteUnsent(id, 0);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `cairn-space-${id}=; Path=/; Max-Age=0; SameSite=Strict`;
}

async function ask(id: string, signal: AbortSignal): Promise<void> {
  try {
    await fetch(`/v1/marker/${id}`, { method: 'PUT', signal });
    asking.delete(id);
  } catch {
    // No network: once more when there is one.
    if (!signal.aborted) addEventListener('online', () => void ask(id, signal), { once: true, signal });
  }
}
