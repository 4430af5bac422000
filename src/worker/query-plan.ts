/**
 * A query made ready to run: checked against the schema, with its tests and its order at hand. A scan decodes only the
 * columns that the query looks at; whole rows are decoded only for the answer.
 */
import { compareText } from '../format/bytes.ts';
import { loadPart } from '../load-part.ts';
import { checkQuery, compareRows, matcher, orderColumns, type Query } from '../model/query.ts';
import type { RowState } from '../model/row.ts';
import {
  type Column,
  decodeRow,
  decodeValue,
  type Schema,
  type TableSchema,
  tableOf,
} from '../model/schema.ts';
import type { Base, BaseReader } from '../store/base.ts';
import type { PlainQuery, RowView } from './protocol.ts';
import type { Candidate } from './scan.ts';

export class QueryPlan {
  readonly table: string;
  readonly limit: number;
  /** The ids that `where` names, ascending and each once; null if it names none. */
  readonly ids: readonly string[] | null;
  /** True when the order is that of ids alone, so that a scan in that order may stop at the limit. */
  readonly byId: boolean;
  readonly compare: (a: RowView, b: RowView) => number;
  readonly #schema: Schema;
  readonly #query: Query<RowView>;
  readonly #columns: TableSchema;
  readonly #looked: readonly (readonly [name: string, column: Column])[];
  readonly #matches: (row: RowView) => boolean;
  readonly #after: RowView | null;

  /** @throws value-invalid for a query that does not fit the schema, schema-invalid for a table it has not */
  constructor(schema: Schema, table: string, plain: PlainQuery) {
    // Checked in the next line; nothing of it is believed before.
    const query = plain as Query<RowView>;
    checkQuery(schema, table, query);
    this.table = table;
    this.#schema = schema;
    this.#query = query;
    this.limit = query.limit ?? Number.POSITIVE_INFINITY;
    this.ids = idsIn(plain.where?.id);
    const order = orderColumns(query.orderBy);
    this.byId = order.length === 0;
    this.compare = compareRows<RowView>(query.orderBy);
    this.#columns = tableOf(schema, table);
    const names = new Set([...Object.keys(query.where ?? {}), ...order.map(({ column }) => column)]);
    this.#looked = Object.entries(this.#columns).filter(([name]) => names.has(name));
    this.#matches = matcher<RowView>(query.where);
    // Complete as far as the order looks at it: `checkQuery` saw to that.
    this.#after = (query.after as RowView | undefined) ?? null;
  }

  /** The rows of a base that may be among those of the query. @throws unavailable, storage-… */
  async *candidates(base: Base, reader: BaseReader, wanted: number): AsyncGenerator<readonly Candidate[]> {
    const { candidatesOf } = await loadPart(() => import('./candidates.ts'));
    yield* candidatesOf(this.#schema, this.table, this.#query, base, reader, wanted);
  }

  /** What the query looks at of a row, or null if the row does not fit. */
  glimpse(id: string, row: RowState): RowView | null {
    const seen: { id: string; [column: string]: unknown } = { id };
    for (const [name, column] of this.#looked) seen[name] = decodeValue(column, row.cells.get(name)?.value);
    if (!this.#matches(seen)) return null;
    return this.#after === null || this.compare(seen, this.#after) > 0 ? seen : null;
  }

  view(id: string, row: RowState): RowView {
    return decodeRow(this.#columns, id, row);
  }
}

/** Of a condition that was checked. */
function idsIn(condition: unknown): readonly string[] | null {
  if (typeof condition === 'string') return [condition];
  if (typeof condition !== 'object' || condition === null) return null;
  const { eq, in: some } = condition as { readonly eq?: unknown; readonly in?: readonly unknown[] }; // `checkQuery` saw to their types
  if (typeof eq === 'string') return [eq];
  if (some === undefined) return null;
  return [...new Set(some.filter((id) => typeof id === 'string'))].sort(compareText);
}
