/** Deleted rows as they were, whoever deleted them: what can be restored. */
import { CairnError } from '../errors.ts';
import { stampMs, type Version } from '../format/stamp.ts';
import { isLater, isLive, type RowState } from '../model/row.ts';
import { decodeRow, requiredRefs, type Schema, tableOf } from '../model/schema.ts';
import type { Rows } from '../store/rows.ts';
import type { DeletedView } from './protocol.ts';

interface Deleted {
  readonly id: string;
  readonly row: RowState;
  readonly tombstone: Version;
}

/** The rows of a table that were deleted last, newest first. @throws value-invalid, schema-invalid, storage-… */
export async function deletedRows(
  schema: Schema,
  rows: Rows,
  table: string,
  limit: number,
): Promise<DeletedView[]> {
  const columns = tableOf(schema, table);
  if (!(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new CairnError('value-invalid', 'limit is a whole number', { column: null });
  }
  const found: Deleted[] = [];
  const referrers = referrersOf(schema, table);
  const hidden = new Map<string, number>();
  for await (const [name, id, row] of rows.all([table, ...referrers.map(([other]) => other)])) {
    if (name === table && row.tombstone !== null && !isLive(row)) {
      found.push({ id, row, tombstone: row.tombstone });
    }
    if (!isLive(row)) continue;
    for (const [other, column] of referrers) {
      const target = row.cells.get(column)?.value;
      if (other === name && typeof target === 'string') hidden.set(target, (hidden.get(target) ?? 0) + 1);
    }
  }
  found.sort((a, b) => (isLater(a.tombstone, b.tombstone) ? -1 : isLater(b.tombstone, a.tombstone) ? 1 : 0));
  return found.slice(0, limit).map(({ id, row, tombstone }) => ({
    row: decodeRow(columns, id, row),
    at: stampMs(tombstone.stamp),
    device: tombstone.device,
    hides: hidden.get(id) ?? 0,
  }));
}

/** The columns of other tables that must refer to rows of this one. */
function referrersOf(schema: Schema, table: string): readonly (readonly [table: string, column: string])[] {
  return Object.entries(schema.tables).flatMap(([other, columns]) =>
    requiredRefs(columns).flatMap(({ column, target }) =>
      target === table ? [[other, column] as const] : [],
    ),
  );
}
