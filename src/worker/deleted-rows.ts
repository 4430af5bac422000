/** Deleted rows as they were, whoever deleted them: what can be restored. */
import { CairnError } from '../errors.ts';
import { stampMs } from '../format/stamp.ts';
import { isLater, isLive, type RowState } from '../model/row.ts';
import { decodeRow, requiredRefs, type Schema, tableOf } from '../model/schema.ts';
import type { DeletedView } from './protocol.ts';
import type { ShownRows } from './shown-rows.ts';

/** The rows of a table that were deleted last, newest first. @throws value-invalid, schema-invalid */
export function deletedRows(rows: ShownRows, table: string, limit: number): DeletedView[] {
  const columns = tableOf(rows.schema, table);
  if (!(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new CairnError('value-invalid', 'limit is a whole number', { column: null });
  }
  const found: { readonly id: string; readonly row: RowState }[] = [];
  for (const id of rows.ids(table)) {
    const row = rows.get(table, id);
    if (row !== undefined && row.tombstone !== null && !isLive(row)) found.push({ id, row });
  }
  found.sort(({ row: { tombstone: a } }, { row: { tombstone: b } }) =>
    a === null || b === null ? 0 : isLater(a, b) ? -1 : 1,
  );
  if (found.length > limit) found.length = limit;
  const hidden = found.length === 0 ? new Map<string, number>() : hiddenBy(rows, table);
  return found.flatMap(({ id, row }) =>
    row.tombstone === null
      ? []
      : [
          {
            row: decodeRow(columns, id, row),
            at: stampMs(row.tombstone.stamp),
            device: row.tombstone.device,
            hides: hidden.get(id) ?? 0,
          },
        ],
  );
}

/** How many live rows refer to each row of a table, by references that are required. */
function hiddenBy(rows: ShownRows, table: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [other, column] of referrers(rows.schema, table)) {
    for (const id of rows.ids(other)) {
      const row = rows.get(other, id);
      const target = row?.cells.get(column)?.value;
      if (row === undefined || typeof target !== 'string' || !isLive(row)) continue;
      counts.set(target, (counts.get(target) ?? 0) + 1);
    }
  }
  return counts;
}

function* referrers(schema: Schema, table: string): Generator<readonly [table: string, column: string]> {
  for (const [other, columns] of Object.entries(schema.tables)) {
    for (const { column, target } of requiredRefs(columns)) if (target === table) yield [other, column];
  }
}
