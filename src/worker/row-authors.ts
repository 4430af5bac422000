/** Who wrote each value of a row, and who has it: gathered from the store and from what other devices have said. */
import type { DeviceNumber, Stamp } from '../format/stamp.ts';
import { type CellAuthor, cellAuthors } from '../model/cell-author.ts';
import { changesetOf } from '../store/decoded.ts';
import type { Store } from '../store/store.ts';
import type { Heard } from '../sync/presence.ts';

/** Everything of ours is below it. */
const everything = Number.POSITIVE_INFINITY;

/**
 * Nothing of a row that never was. What has to be read comes first, so that the row and what is known of it are of one moment: a
 * write that is made meanwhile is not taken for one that others have.
 * @throws storage-…
 */
export async function rowAuthors(
  store: Store,
  heard: readonly Heard[],
  table: string,
  id: string,
): Promise<readonly CellAuthor[]> {
  await store.refresh();
  const stamps = await ownStampsAt(store, new Set(heard.flatMap(({ hasOurs }) => hasOurs ?? [])));
  return store.rows.read(() => {
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
      haveUpTo.set(device, hasOurs >= ownLog.acknowledged ? everything : (stamps.get(hasOurs) ?? 0));
    }
    return cellAuthors(row, { self, unsent, doubtful, haveUpTo });
  });
}

/**
 * The greatest stamp in our log up to each of these entries: stamps rise along it. One is absent where the journal does not say, as with
 * entries that came back to us from an earlier life.
 */
async function ownStampsAt(store: Store, sizes: ReadonlySet<number>): Promise<ReadonlyMap<number, Stamp>> {
  const found = new Map<number, Stamp>();
  if (sizes.size === 0) return found;
  const locals = new Map<number, Stamp>();
  let position = 0;
  for await (const record of store.records()) {
    position += 1;
    if (record.kind === 'local') locals.set(position, changesetOf(record).stamp);
    if (record.kind !== 'sealed') continue;
    // An entry that was never sent may have been sealed again: the last one stands.
    for (const size of sizes) {
      const through = record.entries[size - record.from]?.through;
      const stamp = through === undefined ? undefined : locals.get(through);
      if (stamp !== undefined) found.set(size, stamp);
    }
  }
  return found;
}
