/** Deleting a row with the way back at hand, and restoring what was deleted. */
import { attempt, notify } from './notices.ts';
import type { AppSpace } from './schema.ts';

/** Characters of a title in a message. */
const namedAtMost = 40;

export interface DeletedPlace {
  readonly table: 'lists' | 'items';
  readonly id: string;
}

/** Deletes a row and offers the way back. Rejects if it was not deleted. */
export async function deleteRow(space: AppSpace, { table, id }: DeletedPlace, title: string): Promise<void> {
  await space.tables[table].delete(id);
  const name = title.length > namedAtMost ? `${title.slice(0, namedAtMost)}…` : title;
  notify(
    table === 'lists' ? `The list “${name}” was deleted, with all that is in it.` : `“${name}” was deleted.`,
    {
      label: 'Undo',
      run: async () => void (await restoreRow(space, { table, id })),
    },
  );
}

/** Brings a row back as it was: a list with all that is in it, an item with its list if that was deleted. True when it is back. */
export function restoreRow(space: AppSpace, { table, id }: DeletedPlace, list?: string): Promise<boolean> {
  return attempt(async () => {
    const isListHere = list === undefined || (await space.tables.lists.get(list)) !== null;
    await space.transaction((tx) => {
      if (!isListHere) tx.tables.lists.restore(list);
      tx.tables[table].restore(id);
    });
  });
}
