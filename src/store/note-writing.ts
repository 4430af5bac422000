import type { Bytes } from '../format/bytes.ts';
import { type Notes, noteKey } from './notes.ts';
import { writeSavedBytes } from './opening.ts';

/** Takes the place of the note of that name. */
export function writeNote(notes: Notes, name: string, bytes: Bytes): Promise<void> {
  return writeSavedBytes(notes.database, noteKey(name), bytes);
}

/**
 * Makes a note of the one that is there, in one transaction: no other tab comes in between. `next` may be called again if the
 * connection drops; `null` leaves the note as it is.
 */
export function updateNote(
  notes: Notes,
  name: string,
  next: (before: Bytes | null) => Bytes | null,
): Promise<void> {
  return notes.database.write(['saved'], 'relaxed', async (transaction) => {
    const saved = transaction.objectStore('saved');
    const before: unknown = await saved.get(noteKey(name));
    const bytes = next(before instanceof Uint8Array ? before.slice() : null);
    if (bytes !== null) await saved.put(bytes, noteKey(name));
  });
}
