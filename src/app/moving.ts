/** Rows that are put in order by hand. */
import { keysForMove, type Ordered } from './hand-order.ts';
import { writeRows } from './row-writing.ts';
import type { AppSpace } from './schema.ts';

/**
 * Moves row `from` of `rows`, which are in order, so that it becomes row `to`. Resolves to how many rows have another place in the order now,
 * that one among them: none if there was no move to make, or if it is gone meanwhile. Rejects if it was not written.
 */
export async function move(
  space: AppSpace,
  table: 'lists' | 'items',
  rows: readonly Ordered[],
  from: number,
  to: number,
): Promise<number> {
  const moved = rows[from];
  if (moved === undefined || from === to || to < 0 || to >= rows.length) return 0;
  const others = rows.filter((row) => row !== moved);
  const keys = keysForMove(others, to, moved);
  const written = new Set<string>();
  await writeRows(
    space,
    table,
    keys.map(({ id, order }) => ({ kind: 'patch', id, cells: { order } })),
    (done) => {
      for (const { id } of done) written.add(id);
    },
  );
  return written.has(moved.id) ? written.size : 0;
}
