/**
 * Folds the journal again from its beginning (DESIGN §7): what mends pages that were lost or damaged, for the journal has all that they
 * held, and what shows that they are right, for pages follow from rows alone (STORE-6).
 *
 * 1. Until the record of a repair is in the journal nothing points to its pages: stopped anywhere, the store is as it was.
 * 2. Memory holds one stretch of the journal at a time.
 */
import { type Base, emptyBase } from './base.ts';
import { BaseFold, type CompactionOptions } from './compaction.ts';
import { changesetsIn } from './decoded.ts';
import { ChangedRows } from './memory-table.ts';
import { Rows } from './rows.ts';
import type { Store } from './store.ts';

/** So many rows are folded at once. */
const rowsAtOnce = 100_000;

/** Puts a base that was made anew in place of the one of now. True if it did. @throws storage-…, closed */
export async function repair(store: Store, options: CompactionOptions): Promise<boolean> {
  const { base, position } = store.standing;
  const anew = await baseAt(store, position, options);
  const added = await store.append(
    (standing) => (standing.base === base ? { kind: 'folded', follows: base.boundary, base: anew } : null),
    'strict',
  );
  if (added === null) return false;
  await store.saveFold();
  return true;
}

/** The base that the journal comes to at a boundary; its pages are on disk. @throws storage-… */
export async function baseAt(store: Store, boundary: number, options: CompactionOptions): Promise<Base> {
  let base = emptyBase;
  let stretch = new Rows();
  let read = 0;
  const fold = async (): Promise<void> => {
    base = await new BaseFold(store.pages, base, options).fold(stretch.above.snapshot(), read);
    stretch = new Rows();
  };
  for await (const record of store.records()) {
    if (read >= boundary) break;
    read += 1;
    const changed = new ChangedRows();
    for (const { changeset, device } of changesetsIn(record)) {
      stretch.apply(changeset, device, read, changed);
    }
    if (stretch.above.size >= rowsAtOnce) await fold();
  }
  await fold();
  return base;
}
