/**
 * How to find the rows that may answer a query, without looking at them: by id, by an index, or by a scan in the order of ids.
 *
 * Which way is chosen follows from the query and the indexes alone, and from no statistics, so that it can be foretold:
 *
 *     1. `where.id` with eq or in: these rows.
 *     2. Else the index with most leading columns that the query gives values (eq or in), not counting booleans, which tell too few
 *        rows apart.
 *     3. Among those that are alike in this, one whose next column has a range or prefix; a scan with a range of ids is as good.
 *     4. Then one that gives the query's order, if the query has a limit; a scan does so where rows are ordered by id.
 *     5. Then most leading columns with values, booleans too; then one in order without a limit; then the one that is declared first.
 *
 * What has none of all this is a scan.
 *
 * 1. Every row that fits and is in the index has its key in one of the ranges, and no range meets another. Other keys may be in
 *    them too: the reader tests the whole `where`, and `after`, on each row.
 * 2. With `isOrdered`, rows that fit come in the query's order group by group, all ranges read as one: a group is what `groupIn` says, and
 *    may go on in the next range. The reader sorts the rows of one group. So when the limit is reached and the group is over, nothing
 *    is missing.
 */
import { indexAccess } from './index-access.ts';
import { groupOf, isCut } from './index-key.ts';
import type { Direction, Query } from './query.ts';
import { isById, isRange, partsOf, type QueryParts } from './query-parts.ts';
import type { Schema } from './schema.ts';
import { type Index, indexesOf } from './table-index.ts';
import { behind, meet, startingWith, type TextRange, wellFormedStart } from './text-range.ts';

export type Access = IdAccess | IndexAccess | ScanAccess;

/** Ascending, none twice. */
export interface IdAccess {
  readonly kind: 'ids';
  readonly ids: readonly string[];
}

export interface IndexAccess {
  readonly kind: 'index';
  readonly index: Index;
  /** What is used of the index's columns, the first first: values, then perhaps one range. */
  readonly uses: readonly IndexUse[];
  /** In the order in which they are to be read. */
  readonly ranges: readonly TextRange[];
  readonly direction: Direction;
  readonly isOrdered: boolean;
  /** Rows that have the same values in so many columns make a group; 0 if not ordered: then all rows are one. */
  readonly groupColumns: number;
  /** Rows of a whole group, one that is not cut, stand in this order of ids; null where they are to be looked at first. */
  readonly idOrder: Direction | null;
}

export type IndexUse = 'eq' | 'in' | 'range' | 'prefix';

/** Ids from `from` on and before `to`. With `isOrdered`, they come in the query's order. */
export interface ScanAccess extends TextRange {
  readonly kind: 'scan';
  readonly direction: Direction;
  readonly isOrdered: boolean;
}

/**
 * @param query one that `checkQuery` took
 * @param isUsable whether the index holds every row of the table now
 */
export function accessFor(
  schema: Schema,
  table: string,
  query: Query,
  isUsable: (index: Index) => boolean,
): Access {
  const parts = partsOf(query);
  const none: Access = { kind: 'ids', ids: [] };
  for (const values of parts.points.values()) if (values.length === 0) return none;
  const ids = parts.points.get('id');
  if (ids !== undefined) return { kind: 'ids', ids: ids.filter((id) => typeof id === 'string') };
  const scan = scanAccess(parts);
  if (scan === null) return none;
  let best: IndexAccess | ScanAccess = scan;
  for (const index of indexesOf(schema, table)) {
    if (!isUsable(index)) continue;
    const access = indexAccess(index, parts);
    if (worth(access, parts) > worth(best, parts)) best = access;
  }
  return best;
}

/**
 * What stands together: rows of different groups come in the query's order, rows of one in any. Where keys are read in the order in
 * which the query has the ids of equal rows, each is a group of its own. Null where no order is known.
 */
export function groupIn(access: IndexAccess, key: string): string | null {
  if (!access.isOrdered) return null;
  const isSorted = access.idOrder === access.direction && !isCut(groupOf(key));
  return isSorted ? key : groupOf(key, access.groupColumns);
}

/** Rules 2 to 5 as a number: each outweighs those behind it, as an index has four columns at most. */
function worth(access: IndexAccess | ScanAccess, { conditions, isLimited }: QueryParts): number {
  const ordered = access.isOrdered && isLimited ? 100 : 0;
  if (access.kind === 'scan') {
    const condition = conditions.get('id');
    return (condition !== undefined && isRange(condition) ? 1000 : 0) + ordered;
  }
  const { index, uses, isOrdered } = access;
  const given = index.columns.filter((_, at) => uses[at] === 'eq' || uses[at] === 'in');
  const telling = given.filter(({ column }) => column.type !== 'boolean');
  const worth =
    telling.length * 10_000 + (uses.length > given.length ? 1000 : 0) + ordered + given.length * 10;
  return worth === 0 ? 0 : worth + (isOrdered ? 1 : 0);
}

/** Null when no id fits. */
function scanAccess(parts: QueryParts): ScanAccess | null {
  const { gt, gte, lt, lte, prefix } = parts.conditions.get('id') ?? {};
  const isOrdered = isById(parts);
  const direction = parts.order[0]?.sign === -1 && isOrdered ? 'desc' : 'asc';
  const bounds: TextRange[] = [];
  const from = (text: string): unknown => bounds.push({ from: text, to: null });
  const to = (text: string): unknown => bounds.push({ from: '', to: text });
  if (typeof gt === 'string') from(behind(gt));
  if (typeof gte === 'string') from(gte);
  if (typeof lt === 'string') to(lt);
  if (typeof lte === 'string') to(behind(lte));
  if (prefix !== undefined) bounds.push(startingWith(wellFormedStart(prefix)));
  if (isOrdered && parts.after !== null) {
    const { id } = parts.after;
    if (direction === 'desc') to(id);
    else from(behind(id));
  }
  const range = bounds.reduce<TextRange | null>((all, bound) => all && meet(all, bound), {
    from: '',
    to: null,
  });
  return range && { kind: 'scan', ...range, direction, isOrdered };
}
