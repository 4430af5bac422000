/**
 * The rows that people see: those that are live and whose required references lead to rows that are (DESIGN §4), read by
 * id or by query. Two sources answer alike: the store as it stands, and a transaction's own writes laid over it.
 */
import { Attachment } from '../model/attachment.ts';
import type { RowKey, RowState } from '../model/row.ts';
import { decodeRow, type Schema, tableOf } from '../model/schema.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import { deletedRows } from './deleted-rows.ts';
import type { Read, ReadAnswer, RowView } from './protocol.ts';
import { QueryPlan } from './query-plan.ts';

export interface ShownRows {
  readonly schema: Schema;
  /** The row's state, shown or not. */
  get(table: string, id: string): RowState | undefined;
  isShown(table: string, id: string): boolean;
  /** Ids of a table in ascending order; all that are shown are among them. */
  ids(table: string): Iterable<string>;
}

/** The shown rows of a store, kept current by `changed`. */
export class StoreRows implements ShownRows {
  readonly schema: Schema;
  readonly #rows: MemoryTable;
  readonly #attachment: Attachment;

  constructor(schema: Schema, rows: MemoryTable) {
    this.schema = schema;
    this.#rows = rows;
    this.#attachment = new Attachment(schema, rows);
    for (const table of Object.keys(schema.tables)) this.#attachment.update(keysOf(table, rows.ids(table)));
  }

  /** To be told which rows changed; gives these and every other row that began or ceased to be shown by it. */
  changed(keys: readonly RowKey[]): readonly RowKey[] {
    const flipped = this.#attachment.update(keys);
    return flipped.length === 0 ? keys : [...keys, ...flipped];
  }

  get(table: string, id: string): RowState | undefined {
    return this.#rows.get(table, id);
  }

  isShown(table: string, id: string): boolean {
    return this.#attachment.isShown(table, id);
  }

  ids(table: string): readonly string[] {
    return this.#rows.ids(table);
  }

  /** Ids of the rows that are shown, in no order of meaning. */
  shown(table: string): ReadonlySet<string> {
    return this.#attachment.shown(table);
  }

  get counts(): { readonly shown: number; readonly hidden: number } {
    return this.#attachment.counts;
  }
}

/** The answer to a read. @throws value-invalid, schema-invalid */
export function answer(rows: ShownRows, read: Read): ReadAnswer {
  switch (read.kind) {
    case 'get':
      return rowAt(rows, read.table, read.id);
    case 'query':
      return rowsOf(rows, new QueryPlan(rows.schema, read.table, read.query));
    case 'count':
      return countOf(rows, new QueryPlan(rows.schema, read.table, read.query));
    case 'deleted':
      return deletedRows(rows, read.table, read.limit);
  }
}

export function rowAt(rows: ShownRows, table: string, id: string): RowView | null {
  const columns = tableOf(rows.schema, table);
  const row = rows.get(table, id);
  return row !== undefined && rows.isShown(table, id) ? decodeRow(columns, id, row) : null;
}

/** The first rows of a plan's order, at most `limit` of them. */
export function rowsOf(rows: ShownRows, plan: QueryPlan, limit: number = plan.limit): RowView[] {
  const found: RowView[] = [];
  if (limit > 0) {
    for (const seen of glimpses(rows, plan)) {
      found.push(seen);
      if (plan.byId && found.length >= limit) break;
    }
  }
  if (!plan.byId) found.sort(plan.compare);
  if (found.length > limit) found.length = limit;
  return found.flatMap(({ id }) => {
    const row = rows.get(plan.table, id);
    return row === undefined ? [] : [plan.view(id, row)];
  });
}

function countOf(rows: ShownRows, plan: QueryPlan): number {
  let count = 0;
  for (const _ of glimpses(rows, plan)) {
    if (count >= plan.limit) break;
    count += 1;
  }
  return count;
}

function* glimpses(rows: ShownRows, plan: QueryPlan): Generator<RowView> {
  for (const id of rows.ids(plan.table)) {
    const row = rows.get(plan.table, id);
    if (row === undefined || !rows.isShown(plan.table, id)) continue;
    const seen = plan.glimpse(id, row);
    if (seen !== null) yield seen;
  }
}

/** Every row of a store, shown or not, known to the schema or not. */
export function* allRows(rows: MemoryTable): Generator<readonly [table: string, id: string, row: RowState]> {
  for (const table of rows.tables()) for (const [id, row] of rows.scan(table)) yield [table, id, row];
}

function* keysOf(table: string, ids: readonly string[]): Generator<RowKey> {
  for (const id of ids) yield [table, id];
}
