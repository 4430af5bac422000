/**
 * What one index can do for a query: which ranges of its keys hold the rows that fit, and how far they come in the query's order.
 *
 * - Leading columns that the query gives values (eq, in) make the ranges' beginnings, one for each tuple of values, up to `mostRanges`. The
 *   column behind them may narrow each to a range or prefix, or to what lies between the least and the greatest of too many values.
 * - The order fits as far as the index's columns, without those that are the same in all rows that fit, are the order's, all in one
 *   direction. Ascending with nulls last fits where nulls lie in a range of their own, which is read last.
 * - Where the order fits, what stands before `after` in it is left out.
 */
import type { IndexAccess, IndexUse } from './access.ts';
import { groupsOfPrefix, groupWith, isCut, keyIn } from './index-key.ts';
import {
  type AnyCondition,
  type AnyRow,
  type Comparable,
  comparableAt,
  compareValues,
  conditionTest,
  type Direction,
  type OrderColumn,
} from './query.ts';
import { fixedValue, isRange, type QueryParts } from './query-parts.ts';
import type { Index, IndexColumn } from './table-index.ts';
import { behind, endOf, meet, startingWith, type TextRange, wellFormedStart } from './text-range.ts';

/** So many ranges at most from the values of `in`. */
const mostRanges = 64;

type Order = Pick<IndexAccess, 'direction' | 'isOrdered' | 'groupColumns' | 'idOrder'>;

export function indexAccess(index: Index, parts: QueryParts): IndexAccess {
  const uses: IndexUse[] = [];
  let groups = [''];
  for (const { name } of index.columns) {
    const values = parts.points.get(name);
    if (values === undefined || groups.length * values.length > mostRanges) break;
    // Values that are cut may be alike.
    groups = [...new Set(groups.flatMap((group) => values.map((value) => groupWith(group, value))))];
    uses.push(values.length === 1 ? 'eq' : 'in');
  }
  const next = index.columns[uses.length];
  // Nulls can be read last behind one group alone.
  const [only = '', ...others] = groups;
  const { nullsApart, ...order } = orderOf(index, parts, others.length === 0 ? next : undefined);

  let ranges = groups.map(startingWith);
  const condition = next && parts.conditions.get(next.name);
  if (condition !== undefined && (isRange(condition) || condition.in !== undefined)) {
    uses.push(condition.prefix ? 'prefix' : 'range');
    ranges = groups.flatMap((group) => boundsIn(group, condition).reduce(within, [startingWith(group)]));
  }
  if (order.direction === 'desc') ranges.reverse();
  const nulls = groupWith(only, null);
  let stretches = nullsApart
    ? [within(ranges, { from: endOf(nulls) ?? '', to: null }), within(ranges, startingWith(nulls))]
    : [ranges];
  if (order.isOrdered && parts.after !== null) {
    const rest = restBehind(parts.after, index, parts, order);
    if (nullsApart && comparableAt(parts.after, next?.name ?? '') === null) stretches = stretches.slice(1);
    stretches = stretches.map((all, at) => (at > 0 ? all : rest.flatMap((piece) => within(all, piece))));
  }
  return { kind: 'index', index, uses, ranges: stretches.flat(), ...order };
}

/** What of the ranges lies in one more. */
function within(ranges: readonly TextRange[], bound: TextRange): TextRange[] {
  return ranges.flatMap((range) => meet(range, bound) ?? []);
}

/** In which ranges of keys behind these values the next column's condition may hold. */
function boundsIn(group: string, condition: AnyCondition): TextRange[] {
  if (isCut(group)) return [];
  const bounds: TextRange[] = [];
  const from = (value: Comparable | undefined, isIn: boolean): void => {
    if (value === undefined) return;
    const at = groupWith(group, value);
    bounds.push({ from: isIn || isCut(at) ? at : (endOf(at) ?? at), to: null });
  };
  const to = (value: Comparable | undefined, isIn: boolean): void => {
    if (value === undefined) return;
    const at = groupWith(group, value);
    bounds.push({ from: '', to: isIn || isCut(at) ? endOf(at) : at });
  };
  const { gt, gte, lt, lte, prefix } = condition;
  from(gt, false);
  from(gte, true);
  to(lt, false);
  to(lte, true);
  if (prefix) bounds.push(startingWith(groupsOfPrefix(group, wellFormedStart(prefix))));
  if (isRange(condition)) from(null, false);
  const values = condition.in?.toSorted(compareValues);
  from(values?.[0], true);
  to(values?.at(-1), true);
  return bounds;
}

/** How far the index's order is the query's. @param apart the column whose nulls can be read last, if any */
function orderOf(
  { columns }: Index,
  parts: QueryParts,
  apart: IndexColumn | undefined,
): Order & { readonly nullsApart: boolean } {
  const { order } = parts;
  const direction = directionOf(order[0]);
  let nullsApart = false;
  let matched = 0;
  let groupColumns = 0;
  for (const column of columns) {
    if (fixedValue(parts, column.name) === undefined) {
      const wanted = order[matched];
      if (wanted?.column !== column.name || directionOf(wanted) !== direction) break;
      if (wanted.nullsLast && direction === 'asc' && canBeNull(column, parts)) {
        if (column !== apart) break;
        nullsApart = true;
      }
      matched += 1;
    }
    groupColumns += 1;
  }
  const next = order[matched];
  const isToTheId = groupColumns === columns.length && (next === undefined || next.column === 'id');
  if (matched === 0 && !isToTheId) {
    return { direction: 'asc', isOrdered: false, groupColumns: 0, idOrder: null, nullsApart: false };
  }
  return {
    direction,
    isOrdered: true,
    groupColumns,
    idOrder: isToTheId ? directionOf(next) : null,
    nullsApart,
  };
}

function directionOf(order: OrderColumn | undefined): Direction {
  return order?.sign === -1 ? 'desc' : 'asc';
}

/** True when a row that fits may have no value in this column. */
function canBeNull({ name, column }: IndexColumn, { conditions }: QueryParts): boolean {
  return column.optional === true && conditionTest(conditions.get(name) ?? {})(null);
}

/** Of the keys, those behind `after` in this order: first what is left of its group, then the groups behind. */
function restBehind(after: AnyRow, { columns }: Index, parts: QueryParts, order: Order): TextRange[] {
  const group = columns
    .slice(0, order.groupColumns)
    .map(({ name }) => {
      const fixed = fixedValue(parts, name);
      return fixed === undefined ? comparableAt(after, name) : fixed;
    })
    .reduce(groupWith, '');
  const same = startingWith(group);
  const end = same.to ?? '';
  const behindGroup = order.direction === 'asc' ? { from: end, to: null } : { from: '', to: group };
  if (order.idOrder === null || isCut(group)) return [same, behindGroup];
  const key = keyIn(group, after.id);
  const left = order.idOrder === 'asc' ? { from: behind(key), to: end } : { from: group, to: key };
  return [left, behindGroup];
}
