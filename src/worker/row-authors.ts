/** Who wrote each value of a row, and who has it: gathered from the store and from what other devices have said. */
import type { DeviceNumber, Stamp } from '../format/stamp.ts';
import { type CellAuthor, cellAuthors } from '../model/cell-author.ts';
import { changesetOf } from '../store/decoded.ts';
import type { Store } from '../store/store.ts';
import type { Heard } from '../sync/presence.ts';

/** Everything of ours is below it. */
const everything = Number.POSITIVE_INFINITY;

/** Nothing of a row that never was. @throws storage-… */
export async function rowAuthors(
  store: Store,
  heard: readonly Heard[],
  table: string,
  id: string,
): Promise<readonly CellAuthor[]> {
  await store.refresh();
  const { standing, rows } = store;
  const row = rows.get(table, id);
  if (row === undefined) return [];
  const { device: self, outbox, sealed, holds, ownLog } = standing;
  const unsent = new Set([...outbox, ...sealed.flatMap(({ locals }) => locals)].map(({ stamp }) => stamp));
  const doubtful = new Set(
    [...holds.values()].filter(({ reason }) => reason === 'rollback').map(({ log }) => log),
  );
  const haveUpTo = new Map<DeviceNumber, number>();
  for (const { device, hasOurs } of heard) {
    if (hasOurs === null || hasOurs === 0) continue;
    const isAll = hasOurs >= ownLog.acknowledged;
    haveUpTo.set(device, isAll ? everything : await ownStampAt(store, hasOurs));
  }
  return cellAuthors(row, { self, unsent, doubtful, haveUpTo });
}

/**
 * The greatest stamp in our log up to that entry: stamps rise along it. 0 where the journal does not say, as with entries that came
 * back to us from an earlier life.
 */
async function ownStampAt(store: Store, size: number): Promise<number> {
  const locals = new Map<number, Stamp>();
  let position = 0;
  let found = 0;
  for await (const record of store.records()) {
    position += 1;
    if (record.kind === 'local') locals.set(position, changesetOf(record).stamp);
    // An entry that was never sent may have been sealed again: the last one stands.
    if (record.kind === 'sealed' && record.from <= size) {
      const through = record.entries[size - record.from]?.through;
      if (through !== undefined) found = locals.get(through) ?? 0;
    }
  }
  return found;
}
