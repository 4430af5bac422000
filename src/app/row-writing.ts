/**
 * Writes to many rows of a table, so many a transaction. A row that is gone meanwhile is passed over: the others are written. Rejects with
 * the first failure; what was written before it stays.
 */
import { CairnError, type Patch } from '../client/index.ts';
import { counted } from './counted.ts';
import { untilDone } from './half-done.ts';
import type { AppSpace, schema } from './schema.ts';

export type TableName = keyof AppSpace['tables'];

/** What to do with one row: new values for some cells, away with it, or back. */
export type RowWrite<T extends TableName> =
  | { readonly kind: 'patch'; readonly id: string; readonly cells: Patch<typeof schema, T> }
  | { readonly kind: 'delete' | 'restore'; readonly id: string };

export const rowsPerTransaction = 500;

const nouns = { lists: 'list', items: 'item' } as const;

/** `onWritten` hears after each transaction which of the writes are done. */
export async function writeRows<T extends TableName>(
  space: AppSpace,
  table: T,
  writes: readonly RowWrite<T>[],
  onWritten: (done: readonly RowWrite<T>[]) => void = () => undefined,
): Promise<void> {
  const writeAll = async (): Promise<void> => {
    for (let from = 0; from < writes.length; from += rowsPerTransaction)
      onWritten(await writeAtOnce(space, table, writes.slice(from, from + rowsPerTransaction)));
  };
  // What is one transaction is written whole or not at all.
  if (writes.length <= rowsPerTransaction) await writeAll();
  else await untilDone(`A change to ${counted(writes.length, nouns[table])}`, writeAll);
}

/** Gives those that it wrote. */
async function writeAtOnce<T extends TableName>(
  space: AppSpace,
  table: T,
  writes: readonly RowWrite<T>[],
): Promise<readonly RowWrite<T>[]> {
  try {
    await space.transaction((tx) => {
      for (const write of writes) apply(tx.tables[table], write);
    });
    return writes;
  } catch (thrown) {
    if (!(thrown instanceof CairnError) || thrown.code !== 'not-found') throw thrown;
    return space.transaction(async (tx) => {
      const query = { where: { id: { in: writes.map(({ id }) => id) } } };
      const found = await (table === 'lists' ? tx.tables.lists.query(query) : tx.tables.items.query(query));
      const here = new Set(found.map(({ id }) => id));
      const possible = writes.filter(({ kind, id }) => kind !== 'patch' || here.has(id));
      for (const write of possible) apply(tx.tables[table], write);
      return possible;
    });
  }
}

interface WritableTable<T extends TableName> {
  patch(id: string, cells: Patch<typeof schema, T>): void;
  delete(id: string): void;
  restore(id: string): void;
}

function apply<T extends TableName>(rows: WritableTable<T>, write: RowWrite<T>): void {
  if (write.kind === 'patch') rows.patch(write.id, write.cells);
  else rows[write.kind](write.id);
}
