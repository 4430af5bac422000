/**
 * Which changesets travel together: a function of their sizes alone, so the same outbox is packed alike each time.
 *
 * 1. Order is kept, and every changeset is in exactly one entry (PUSH-11).
 * 2. An entry fits its limit even if its body does not deflate. A changeset too large for that travels alone; it was
 *    checked to fit when it was written.
 * 3. A batch, entries and head together, fits one request even if nothing deflates (PUSH-5).
 */
import { limits } from '../limits.ts';

/** Header, nonce, tag and framing of an entry, and the array's head of its body: more than they can take. */
const entryOverhead = 512;
export const packedBodyBytes: number = limits.entryBytes - entryOverhead;
/** Leaves a quarter of a request for head, framing and all entries' headers. */
export const batchBytes: number = (limits.httpBodyBytes / 4) * 3;
/** Beyond so many entries the headers alone would count. */
const batchEntries = 512;

interface Sized {
  readonly bytes: number;
}

/** Groups of items, one an entry, for the next batch; `rest` begins the one after it. */
export interface Packing<T> {
  readonly entries: readonly (readonly T[])[];
  readonly rest: number;
}

export function packBatch<T extends Sized>(items: readonly T[]): Packing<T> {
  const entries: T[][] = [];
  let inEntry = 0;
  let inBatch = 0;
  let taken = 0;
  for (const item of items) {
    const last = entries.at(-1);
    const fits = last !== undefined && inEntry + item.bytes <= packedBodyBytes;
    if (taken > 0 && inBatch + item.bytes > batchBytes) break;
    if (!fits && entries.length === batchEntries) break;
    if (fits) last.push(item);
    else entries.push([item]);
    inEntry = fits ? inEntry + item.bytes : item.bytes;
    inBatch += item.bytes;
    taken += 1;
  }
  return { entries, rest: taken };
}
