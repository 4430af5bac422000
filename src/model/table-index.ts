/**
 * The indexes of a table: those its schema declares, and one for every required reference, so that the rows that refer to
 * one are found without a scan (DESIGN §7).
 *
 * 1. A live row has one key in each index of its table, whether it is attached or not; any other row has none.
 * 2. Keys follow from the row's cells and from what `identity` says, and from nothing else. So an index that was built stays right for
 *    as long as the schema has one of the same identity; one of another identity is to be built anew.
 */
import { indexKey, indexKeyFormat } from './index-key.ts';
import { asComparable } from './query.ts';
import { isLive, type RowState } from './row.ts';
import { type Column, decodeValue, requiredRefs, type Schema, tableOf } from './schema.ts';

export interface Index {
  readonly identity: string;
  readonly table: string;
  readonly columns: readonly IndexColumn[];
}

export interface IndexColumn {
  readonly name: string;
  readonly column: Column;
}

/** Declared ones first, in the schema's order. @throws schema-invalid for a table that the schema has not */
export function indexesOf(schema: Schema, table: string): readonly Index[] {
  const columns = tableOf(schema, table);
  const { indexes = {} } = schema;
  const declared = Object.hasOwn(indexes, table) ? (indexes[table] ?? []) : [];
  const referring = requiredRefs(columns)
    .filter(({ column }) => declared.every(([first]) => first !== column))
    .map(({ column }) => [column]);
  return [...declared, ...referring].map((names) => {
    const found = names.flatMap((name) => {
      const column = columns[name];
      return column === undefined ? [] : [{ name, column }];
    });
    return { identity: identityOf(table, found), table, columns: found };
  });
}

function identityOf(table: string, columns: readonly IndexColumn[]): string {
  const written = columns.map(({ name, column }) => [
    name,
    column.type,
    column.optional === true,
    'default' in column ? column.default : null,
  ]);
  return JSON.stringify([indexKeyFormat, table, ...written]);
}

/** The key that a row has in an index; null if it has none. */
export function indexKeyOf(index: Index, id: string, row: RowState): string | null {
  if (!isLive(row)) return null;
  const values = index.columns.map(({ name, column }) =>
    asComparable(decodeValue(column, row.cells.get(name)?.value)),
  );
  return indexKey(values, id);
}
