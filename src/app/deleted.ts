/** Deleting a row with the way back at hand, and restoring what was deleted. */
import { attempt, dismiss, notices, notify } from './notices.ts';
import type { AppSpace, Item } from './schema.ts';

/** Characters of a title in a message. */
const namedAtMost = 40;

export interface DeletedPlace {
  readonly table: 'lists' | 'items';
  readonly id: string;
}

/** Deletes a row and offers the way back, as long as it is not back already. Rejects if it was not deleted. */
export async function deleteRow(space: AppSpace, place: DeletedPlace, title: string): Promise<void> {
  const { table, id } = place;
  await space.tables[table].delete(id);
  const name = title.length > namedAtMost ? `${title.slice(0, namedAtMost)}…` : title;
  const text =
    table === 'lists' ? `The list “${name}” was deleted, with all that is in it.` : `“${name}” was deleted.`;
  const run = async (): Promise<void> => void (await attempt(() => space.tables[table].restore(id)));
  dismissWhenBack(space, place, notify(text, { label: 'Undo', run }));
}

/** Another device may bring it back, or another part of this page. */
function dismissWhenBack(space: AppSpace, { table, id }: DeletedPlace, notice: number): void {
  const live = space.tables[table].live({ where: { id } });
  const stop = notices.subscribe((all) => {
    // It is there at first.
    if (all.some(({ number }) => number === notice)) return;
    live.close();
    stop();
  });
  live.subscribe(({ rows }) => {
    if (rows.length > 0) dismiss(notice);
  });
}

/** Brings an item back as it was, with its list if that was deleted, and with what was typed into it meanwhile. True when it is back. */
export function restoreItem(
  space: AppSpace,
  { id, list }: Pick<Item, 'id' | 'list'>,
  typed: Partial<Pick<Item, 'title' | 'note'>> = {},
): Promise<boolean> {
  return attempt(async () => {
    // An item shows only in a list that is there.
    const isListHere = (await space.tables.lists.get(list)) !== null;
    await space.transaction((tx) => {
      if (!isListHere) tx.tables.lists.restore(list);
      tx.tables.items.restore(id);
      tx.tables.items.patch(id, typed);
    });
  });
}
