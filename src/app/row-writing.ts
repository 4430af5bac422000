/**
 * Writes to many rows, so many a transaction. A row that is gone meanwhile is passed over: the others are written. Rejects with the first
 * failure; what was written before it stays.
 */
import { CairnError } from '../client/index.ts';
import type { AppSpace, Item } from './schema.ts';

export type ItemCells = Partial<Omit<Item, 'id'>>;

/** What to do with one item: new values for some cells, away with it, or back. */
export type ItemWrite =
  | { readonly kind: 'patch'; readonly id: string; readonly cells: ItemCells }
  | { readonly kind: 'delete' | 'restore'; readonly id: string };

export const rowsPerTransaction = 500;

/** `onWritten` hears after each transaction how many of the writes are done. */
export async function writeItems(
  space: AppSpace,
  writes: readonly ItemWrite[],
  onWritten: (count: number) => void = () => undefined,
): Promise<void> {
  for (let from = 0; from < writes.length; from += rowsPerTransaction) {
    const next = writes.slice(from, from + rowsPerTransaction);
    await writeAtOnce(space, next);
    onWritten(from + next.length);
  }
}

async function writeAtOnce(space: AppSpace, writes: readonly ItemWrite[]): Promise<void> {
  try {
    await space.transaction((tx) => {
      for (const write of writes) apply(tx.tables.items, write);
    });
  } catch (thrown) {
    if (!(thrown instanceof CairnError) || thrown.code !== 'not-found') throw thrown;
    await space.transaction(async (tx) => {
      const ids = writes.map(({ id }) => id);
      const found = await tx.tables.items.query({ where: { id: { in: ids } } });
      const here = new Set(found.map(({ id }) => id));
      for (const write of writes)
        if (write.kind !== 'patch' || here.has(write.id)) apply(tx.tables.items, write);
    });
  }
}

interface ItemTable {
  patch(id: string, cells: ItemCells): void;
  delete(id: string): void;
  restore(id: string): void;
}

function apply(items: ItemTable, write: ItemWrite): void {
  if (write.kind === 'patch') items.patch(write.id, write.cells);
  else items[write.kind](write.id);
}
