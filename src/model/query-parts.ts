/**
 * A query as a planner looks at it: which values a column may have, and what is left to decide the order of rows that fit.
 */
import {
  type AnyCondition,
  type AnyRow,
  type Comparable,
  comparableAt,
  compareValues,
  isCondition,
  type OrderColumn,
  orderColumns,
  type Query,
} from './query.ts';
import { isWellFormed } from './schema.ts';

export interface QueryParts {
  /** By column; a bare value is an `eq`. */
  readonly conditions: ReadonlyMap<string, AnyCondition>;
  /** By column, the only values that fit (`eq`, `in`): ascending, none twice. */
  readonly points: ReadonlyMap<string, readonly Comparable[]>;
  /** Without columns that are the same in all rows that fit, none twice, and nothing behind the id. */
  readonly order: readonly OrderColumn[];
  /** Where the answer starts; null also where that can't be said by keys, and the reader's own test must do. */
  readonly after: AnyRow | null;
  readonly isLimited: boolean;
}

/** @param query one that `checkQuery` took */
export function partsOf(query: Query): QueryParts {
  const conditions = new Map<string, AnyCondition>();
  const points = new Map<string, readonly Comparable[]>();
  for (const [column, given] of Object.entries<unknown>(query.where ?? {})) {
    if (given === undefined) continue;
    // What is no condition is a value of the column: `checkQuery` saw to that.
    const condition = isCondition(given) ? given : { eq: given as Comparable };
    conditions.set(column, condition);
    const values = condition.eq === undefined ? condition.in : [condition.eq];
    if (values !== undefined) points.set(column, [...new Set(values)].sort(compareValues));
  }
  const order: OrderColumn[] = [];
  let after: AnyRow | null = query.after ?? null;
  for (const one of orderColumns(query.orderBy)) {
    if (order.at(-1)?.column === 'id') {
      // No two rows are told apart by it, but the row of `after` and what it is by now are.
      after = null;
      break;
    }
    const [fixed, ...others] = points.get(one.column) ?? [];
    if (fixed !== undefined && others.length === 0) {
      if (after !== null && compareValues(comparableAt(after, one.column), fixed) !== 0) after = null;
    } else if (order.every(({ column }) => column !== one.column)) {
      order.push(one);
    }
  }
  return {
    conditions,
    points,
    order,
    after: isKeyable(after, order) ? after : null,
    isLimited: query.limit !== undefined,
  };
}

/** `checkQuery` lets any value stand in `after`, also what has no place among keys: text without a UTF-8 form, and what is no number. */
function isKeyable(after: AnyRow | null, order: readonly OrderColumn[]): boolean {
  if (after === null || typeof after.id !== 'string') return false;
  const values = [after.id, ...order.map(({ column }) => comparableAt(after, column))];
  return values.every((value) => (typeof value === 'string' ? isWellFormed(value) : !Number.isNaN(value)));
}

/** The value that a column has in all rows that fit; undefined if there is no such. */
export function fixedValue({ points }: QueryParts, column: string): Comparable | undefined {
  const values = points.get(column);
  return values?.length === 1 ? values[0] : undefined;
}

/** True when the rows that fit are ordered by nothing but their ids. */
export function isById({ order: [first] }: QueryParts): boolean {
  return first === undefined || first.column === 'id';
}

/** True for a condition that is a stretch of values, so that null does not fit it. A prefix of '' says next to nothing. */
export function isRange({ gt, gte, lt, lte, prefix = '' }: AnyCondition): boolean {
  return [gt, gte, lt, lte].some((bound) => bound !== undefined) || prefix !== '';
}
