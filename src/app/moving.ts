/** Rows that are put in order by hand. */
import { keysForMove, type Ordered } from './hand-order.ts';
import { rowsPerTransaction } from './row-writing.ts';
import type { AppSpace } from './schema.ts';

/** Moves row `from` of `rows`, which are in order, so that it becomes row `to`. Resolves to whether there was a move to make; rejects if it was not written. */
export async function move(
  space: AppSpace,
  table: 'lists' | 'items',
  rows: readonly Ordered[],
  from: number,
  to: number,
): Promise<boolean> {
  const moved = rows[from];
  if (moved === undefined || from === to || to < 0 || to >= rows.length) return false;
  const others = rows.filter((row) => row !== moved);
  const keys = keysForMove(others, to, moved);
  for (let at = 0; at < keys.length; at += rowsPerTransaction) {
    await space.transaction((tx) => {
      for (const { id, order } of keys.slice(at, at + rowsPerTransaction))
        tx.tables[table].patch(id, { order });
    });
  }
  return true;
}
