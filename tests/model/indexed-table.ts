import { expect } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { type Access, groupIn } from '../../src/model/access.ts';
import { idOf } from '../../src/model/index-key.ts';
import { type AnyRow, compareRows, matcher, type Query } from '../../src/model/query.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import { decodeRow, isWellFormed, type Schema, tableOf } from '../../src/model/schema.ts';
import { type Index, indexKeyOf } from '../../src/model/table-index.ts';
import type { TextRange } from '../../src/model/text-range.ts';

const version = { stamp: asStamp(1), device: asDeviceNumber(1) };

export function rowOf(values: Readonly<Record<string, CborValue>>): RowState {
  const row = emptyRow();
  for (const [column, value] of Object.entries(values)) row.cells.set(column, { value, version });
  return row;
}

type Rows = ReadonlyMap<string, RowState>;

/** A table with its indexes, as a store that is current has them. */
export class Table {
  readonly schema: Schema;
  readonly rows: Rows;
  readonly ids: readonly string[];
  readonly #keys = new Map<string, readonly string[]>();
  readonly #views: ReadonlyMap<string, AnyRow>;

  constructor(schema: Schema, rows: Rows) {
    this.schema = schema;
    this.rows = rows;
    this.ids = [...rows.keys()].sort(compareText);
    const columns = tableOf(schema, 'things');
    this.#views = new Map([...rows].map(([id, row]) => [id, decodeRow(columns, id, row)]));
  }

  keys(index: Index): readonly string[] {
    const known = this.#keys.get(index.identity);
    if (known !== undefined) return known;
    const keys = [...this.rows].flatMap(([id, row]) => indexKeyOf(index, id, row) ?? []).sort(compareText);
    this.#keys.set(index.identity, keys);
    return keys;
  }

  view(id: string): AnyRow {
    return this.#views.get(id) ?? { id };
  }

  /** What the query means: the rows' ids. */
  answer({ where, orderBy, after, limit }: Query): string[] {
    const order = compareRows<AnyRow>(orderBy);
    return [...this.#views.values()]
      .filter(matcher<AnyRow>(where))
      .filter((row) => after === undefined || order(row, after) > 0)
      .sort(order)
      .slice(0, limit)
      .map(({ id }) => id);
  }
}

const isIn = (range: TextRange, text: string): boolean =>
  compareText(range.from, text) <= 0 && (range.to === null || compareText(text, range.to) < 0);

/** The texts of the ranges, in the order in which they are read. */
export function read(
  ranges: readonly TextRange[],
  texts: readonly string[],
  direction: 'asc' | 'desc',
): string[] {
  return ranges.flatMap((range) => {
    // It may hold something, and a tree can look for where it begins and ends: both have a UTF-8 form.
    expect(range.to === null || compareText(range.from, range.to) < 0).toBe(true);
    expect(isWellFormed(range.from + (range.to ?? ''))).toBe(true);
    const found = texts.filter((text) => isIn(range, text));
    return direction === 'asc' ? found : found.reverse();
  });
}

/** Reads as an access tells: group by group, each sorted, no further than the limit. */
export function follow(access: Access, table: Table, query: Query): { ids: string[]; looked: string[] } {
  const compare = compareRows<AnyRow>(query.orderBy);
  const fits = matcher<AnyRow>(query.where);
  const { after, limit = Number.POSITIVE_INFINITY } = query;
  const rows: AnyRow[] = [];
  const looked: string[] = [];
  let group: AnyRow[] = [];
  let last: string | null = null;
  for (const [name, id] of candidates(access, table)) {
    if (name !== last) {
      rows.push(...group.sort(compare));
      group = [];
      if (name !== null && rows.length >= limit) break;
      last = name;
    }
    looked.push(id);
    const row = table.view(id);
    if (table.rows.has(id) && fits(row) && (after === undefined || compare(row, after) > 0)) group.push(row);
  }
  rows.push(...group.sort(compare));
  return { ids: rows.slice(0, limit).map(({ id }) => id), looked };
}

/** Ids in the order in which they are read, each with its group. */
function candidates(access: Access, table: Table): (readonly [group: string | null, id: string])[] {
  switch (access.kind) {
    case 'ids':
      return access.ids.map((id) => [null, id]);
    case 'scan': {
      const found = read([access], table.ids, access.direction);
      return found.map((id) => [access.isOrdered ? id : null, id]);
    }
    case 'index': {
      const keys = read(access.ranges, table.keys(access.index), access.direction);
      return keys.map((key) => [groupIn(access, key), idOf(key)]);
    }
  }
}
