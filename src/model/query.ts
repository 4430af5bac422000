import { CairnError } from '../errors.ts';
import { compareText } from '../format/bytes.ts';
import type { Column } from './column.ts';
import type { Schema } from './schema.ts';
import { tableOf } from './schema.ts';
import { encodeValue } from './value.ts';

/**
 * Queries as plain data: they cross the worker boundary as they are, and two that look alike are alike.
 *
 *   { where: { list: id, done: false, priority: { gte: 2 } }, orderBy: [['due', 'asc', 'nulls-last'], 'title'], limit: 50 }
 *
 * 1. `where` holds when every named column fits. A bare value means `eq`. Ranges, `prefix` and `contains` never fit null.
 * 2. The order is total: null first (last with `nulls-last`, whatever the direction), false before true, numbers by size, text by its UTF-8 bytes; equal rows
 *    by id. Without `orderBy` it is the order of ids, which for ids made here is the order of creation.
 * 3. `contains` is for people who search: case, accents and ways to write a letter do not count (`searchForm`).
 * 4. `after` is the last row of the page before (its id and the columns of `orderBy` are enough); the next page
 *    starts behind it, whether that row is still there or not.
 */
export interface Query<R extends AnyRow = AnyRow> {
  readonly where?: Where<R>;
  readonly orderBy?: OrderBy<R>;
  readonly limit?: number;
  readonly after?: Partial<R> & { readonly id: string };
}

export interface AnyRow {
  readonly id: string;
}

/** Columns that can be compared: all but JSON. */
export type Comparable = string | number | boolean | null;
export type ComparableColumn<R> = {
  [C in keyof R & string]: R[C] extends Comparable ? C : never;
}[keyof R & string];

export type Where<R> = { readonly [C in ComparableColumn<R>]?: R[C] | Condition<R[C]> };

/** All that are given must hold. */
export interface Condition<V> {
  readonly eq?: V;
  readonly in?: readonly V[];
  readonly gt?: NonNullable<V>;
  readonly gte?: NonNullable<V>;
  readonly lt?: NonNullable<V>;
  readonly lte?: NonNullable<V>;
  /** For text: starts with. */
  readonly prefix?: NonNullable<V> extends string ? string : never;
  /** For text: this stands somewhere in it, as people search; '' stands in every text. */
  readonly contains?: NonNullable<V> extends string ? string : never;
}

export interface AnyCondition {
  readonly eq?: Comparable;
  readonly in?: readonly Comparable[];
  readonly gt?: Comparable;
  readonly gte?: Comparable;
  readonly lt?: Comparable;
  readonly lte?: Comparable;
  readonly prefix?: string;
  readonly contains?: string;
}

export type Direction = 'asc' | 'desc';

/** A column with its direction; with `nulls-last` rows without a value stand behind all others. */
export type ColumnOrder<Column extends string = string> =
  | readonly [column: Column, direction: Direction]
  | readonly [column: Column, direction: Direction, nulls: 'nulls-last'];

/** One column, or several with the first the most important; ascending unless told otherwise. */
export type OrderBy<R> =
  | ComparableColumn<R>
  | readonly (ComparableColumn<R> | ColumnOrder<ComparableColumn<R>>)[];

/** True when the row fits. For many rows, make the test once with `matcher`. */
export function matches<R extends AnyRow>(row: R, where: Where<R> | undefined): boolean {
  return matcher<R>(where)(row);
}

/** The test that `where` stands for. */
export function matcher<R extends AnyRow>(where: Where<R> | undefined): (row: R) => boolean {
  const tests = Object.entries<unknown>(where ?? {}).flatMap(([column, condition]) =>
    condition === undefined ? [] : [{ column, holds: conditionTest(condition) }],
  );
  return (row) => tests.every(({ column, holds }) => holds(comparableAt(row, column)));
}

/** The test that one column's condition, or bare value, stands for. */
export function conditionTest(condition: unknown): (value: Comparable) => boolean {
  if (!isCondition(condition)) return (value) => value === condition;
  const parts: ((value: Comparable) => boolean)[] = [];
  const { eq, gt, gte, lt, lte, prefix, contains } = condition;
  if (eq !== undefined) parts.push((value) => value === eq);
  if (condition.in !== undefined) {
    const set = new Set(condition.in);
    parts.push((value) => set.has(value));
  }
  const range = (bound: Comparable | undefined, fits: (order: number) => boolean): void => {
    if (bound === undefined) return;
    parts.push(
      (value) => value !== null && typeof value === typeof bound && fits(compareValues(value, bound)),
    );
  };
  range(gt, (order) => order > 0);
  range(gte, (order) => order >= 0);
  range(lt, (order) => order < 0);
  range(lte, (order) => order <= 0);
  if (prefix !== undefined) parts.push((value) => typeof value === 'string' && value.startsWith(prefix));
  if (contains !== undefined) {
    const sought = searchForm(contains);
    parts.push((value) => typeof value === 'string' && searchForm(value).includes(sought));
  }
  return (value) => parts.every((part) => part(value));
}

/**
 * A text as `contains` compares it, the same on every device whatever its language:
 *
 * - NFKD, so that it does not matter how a letter was encoded; full-width letters and ligatures are their plain ones;
 * - without the accents of Latin, Greek and Cyrillic (U+0300 to U+036F): "cafe" finds "café", "istanbul" finds "İstanbul";
 * - in capitals, which unlike small letters know no final sigma and write ß as SS: "strasse" finds "Straße".
 */
export function searchForm(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toUpperCase();
}

/** The order of two rows under `orderBy`; never 0 for rows of different ids. */
export function compareRows<R extends AnyRow>(orderBy: OrderBy<R> | undefined): (a: R, b: R) => number {
  const columns = orderColumns(orderBy);
  return (a, b) => {
    for (const { column, sign, nullsLast } of columns) {
      const [x, y] = [comparableAt(a, column), comparableAt(b, column)];
      if (nullsLast && (x === null) !== (y === null)) return x === null ? 1 : -1;
      const order = compareValues(x, y);
      if (order !== 0) return sign * order;
    }
    return compareText(a.id, b.id);
  };
}

export interface OrderColumn {
  readonly column: string;
  readonly sign: 1 | -1;
  readonly nullsLast: boolean;
}

/** The columns of an order with their directions, written out. */
export function orderColumns<R>(orderBy: OrderBy<R> | undefined): readonly OrderColumn[] {
  // The union's first member is a string, which the generic hides from `typeof`.
  const given = orderBy as string | readonly (string | ColumnOrder)[] | undefined;
  const list = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  return list.map((item) =>
    typeof item === 'string'
      ? { column: item, sign: 1, nullsLast: false }
      : { column: item[0], sign: item[1] === 'desc' ? -1 : 1, nullsLast: item[2] === 'nulls-last' },
  );
}

/** The order of two values: null, false, true, numbers, text. */
export function compareValues(a: Comparable, b: Comparable): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return rank(a) - rank(b);
}

function rank(value: Comparable): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 2 : 1;
  return typeof value === 'number' ? 3 : 4;
}

/**
 * Throws `value-invalid` unless the query fits the schema: known columns, comparable ones, values of their types,
 * `after` complete. Types say the same at compile time; this is for queries that came from elsewhere.
 */
export function checkQuery(schema: Schema, table: string, query: Query): void {
  const columns = tableOf(schema, table);
  const columnOf = (name: string): Column => {
    if (name === 'id') return { type: 'text' };
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined) throw invalid(`there is no column ${name}`, name);
    if (column.type === 'json') throw invalid(`column ${name} is JSON, which can't be compared`, name);
    return column;
  };
  for (const [name, condition] of Object.entries<unknown>(query.where ?? {})) {
    if (condition !== undefined) checkCondition(name, columnOf(name), condition);
  }
  const order = orderColumns(query.orderBy);
  for (const { column } of order) columnOf(column);
  const { limit, after } = query;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
    throw invalid('limit is a whole number');
  if (after !== undefined) {
    for (const { column } of [...order, { column: 'id' }]) {
      if (!Object.hasOwn(after, column)) throw invalid(`after lacks ${column}`, column);
    }
  }
}

function checkCondition(name: string, column: Column, condition: unknown): void {
  if (!isCondition(condition)) {
    checkComparable(name, column, condition, true);
    return;
  }
  for (const [operator, value] of Object.entries(condition) as [string, unknown][]) {
    if (value === undefined) continue;
    switch (operator) {
      case 'eq':
        checkComparable(name, column, value, true);
        break;
      case 'in':
        if (!Array.isArray(value)) throw invalid(`column ${name}: in takes a list`, name);
        for (const item of value) checkComparable(name, column, item, true);
        break;
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        checkComparable(name, column, value, false);
        break;
      case 'prefix':
        if (typeof value !== 'string' || (column.type !== 'text' && column.type !== 'ref')) {
          throw invalid(`column ${name}: prefix is for text`, name);
        }
        break;
      case 'contains':
        if (typeof value !== 'string' || column.type !== 'text') {
          throw invalid(`column ${name}: contains is for text`, name);
        }
        break;
      default:
        throw invalid(`column ${name}: there is no operator ${operator}`, name);
    }
  }
}

function checkComparable(name: string, column: Column, value: unknown, nullable: boolean): void {
  if (value === null && nullable) return;
  try {
    encodeValue(column, value === null ? undefined : value);
  } catch {
    throw invalid(`column ${name} is never compared with ${String(value)}`, name);
  }
}

export function isCondition(condition: unknown): condition is AnyCondition {
  return typeof condition === 'object' && condition !== null;
}

export function comparableAt(row: AnyRow, column: string): Comparable {
  return asComparable((row as unknown as Readonly<Record<string, unknown>>)[column]);
}

/** Comparable columns hold comparable values; what else lies there (JSON) is like null to a query. */
export function asComparable(value: unknown): Comparable {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function invalid(message: string, column: string | null = null): CairnError {
  return new CairnError('value-invalid', message, { column });
}
