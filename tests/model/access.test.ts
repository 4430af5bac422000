import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { type Access, accessFor, type IndexAccess } from '../../src/model/access.ts';
import { indexAccess } from '../../src/model/index-access.ts';
import { groupOf, idOf, isCut } from '../../src/model/index-key.ts';
import {
  type AnyRow,
  type Comparable,
  checkQuery,
  compareRows,
  conditionTest,
  matcher,
  type Query,
} from '../../src/model/query.ts';
import { partsOf } from '../../src/model/query-parts.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import {
  boolean,
  type Column,
  checkSchema,
  date,
  decodeRow,
  integer,
  json,
  number,
  ref,
  type Schema,
  tableOf,
  text,
} from '../../src/model/schema.ts';
import { type Index, indexesOf, indexKeyOf } from '../../src/model/table-index.ts';
import type { TextRange } from '../../src/model/text-range.ts';
import { Draw } from '../format/arbitrary.ts';
import { property, runSeed } from '../property.ts';
import { nastyIds, nastyNumbers, nastyTexts } from './nasty-values.ts';

const version = { stamp: asStamp(1), device: asDeviceNumber(1) };

function rowOf(values: Readonly<Record<string, CborValue>>): RowState {
  const row = emptyRow();
  for (const [column, value] of Object.entries(values)) row.cells.set(column, { value, version });
  return row;
}

type Rows = ReadonlyMap<string, RowState>;

/** A table with its indexes, as a store that is current has them. */
class Table {
  readonly schema: Schema;
  readonly rows: Rows;
  readonly ids: readonly string[];
  readonly #views: ReadonlyMap<string, AnyRow>;

  constructor(schema: Schema, rows: Rows) {
    this.schema = schema;
    this.rows = rows;
    this.ids = [...rows.keys()].sort(compareText);
    const columns = tableOf(schema, 'things');
    this.#views = new Map([...rows].map(([id, row]) => [id, decodeRow(columns, id, row)]));
  }

  keys(index: Index): readonly string[] {
    return [...this.rows].flatMap(([id, row]) => indexKeyOf(index, id, row) ?? []).sort(compareText);
  }

  view(id: string): AnyRow {
    return this.#views.get(id) ?? { id };
  }

  /** What the query means. */
  answer({ where, orderBy, after, limit }: Query): AnyRow[] {
    const order = compareRows<AnyRow>(orderBy);
    return [...this.#views.values()]
      .filter(matcher<AnyRow>(where))
      .filter((row) => after === undefined || order(row, after) > 0)
      .sort(order)
      .slice(0, limit);
  }
}

const isIn = (range: TextRange, text: string): boolean =>
  compareText(range.from, text) <= 0 && (range.to === null || compareText(text, range.to) < 0);

/** The texts of the ranges, in the order in which they are read. */
function read(ranges: readonly TextRange[], texts: readonly string[], direction: 'asc' | 'desc'): string[] {
  return ranges.flatMap((range) => {
    const found = texts.filter((text) => isIn(range, text));
    return direction === 'asc' ? found : found.reverse();
  });
}

/** Reads as an access tells: group by group, each sorted, no further than the limit. */
function follow(access: Access, table: Table, query: Query): { rows: AnyRow[]; looked: string[] } {
  const compare = compareRows<AnyRow>(query.orderBy);
  const fits = matcher<AnyRow>(query.where);
  const { after, limit = Number.POSITIVE_INFINITY } = query;
  const rows: AnyRow[] = [];
  const looked: string[] = [];
  let group: AnyRow[] = [];
  let groupName = '';
  const flush = (): void => {
    if (access.kind === 'index' && access.idOrder !== null && !isCut(groupName)) {
      const sign = access.idOrder === 'asc' ? 1 : -1;
      group.sort((a, b) => sign * compareText(a.id, b.id));
    } else if (access.kind !== 'scan' || !access.isOrdered) group.sort(compare);
    rows.push(...group);
    group = [];
  };
  const entries =
    access.kind === 'ids'
      ? access.ids.map((id) => ['', id] as const)
      : access.kind === 'scan'
        ? read([access], table.ids, access.direction).map((id) => ['', id] as const)
        : read(access.ranges, table.keys(access.index), access.direction).map(
            (key) => [groupOf(key, access.groupColumns), idOf(key)] as const,
          );
  for (const [name, id] of entries) {
    if (name !== groupName) {
      flush();
      if (rows.length >= limit) break;
      groupName = name;
    }
    looked.push(id);
    const row = table.view(id);
    if (table.rows.has(id) && fits(row) && (after === undefined || compare(row, after) > 0)) group.push(row);
  }
  flush();
  return { rows: rows.slice(0, limit), looked };
}

const columnNames = ['a', 'b', 'c', 'd'] as const;
const columnKinds: readonly Column[] = [
  text(),
  text({ optional: true }),
  text({ optional: true, default: 'e' }),
  integer({ optional: true }),
  integer(),
  number({ optional: true }),
  number({ default: 1.5 }),
  boolean(),
  boolean({ optional: true }),
  date({ optional: true }),
  ref('things', { optional: true }),
  ref('others'),
];
const wrong: readonly CborValue[] = [
  null,
  true,
  7,
  'x',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  new Map(),
  1e300,
];

/** Drawing from the arbitraries themselves, a table's hundred values each time, would take most of the test's time. */
const sampled = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] =>
  fc.sample(arbitrary, { seed: runSeed(), numRuns: 500 });
const texts = sampled(nastyTexts);
const someIds = sampled(nastyIds);
const numbers = sampled(nastyNumbers.filter(Number.isFinite));
const integers = sampled(
  fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.maxSafeInteger().map((n) => n % 8.64e15),
  ),
);

function valuesOf(column: Column): readonly Comparable[] {
  switch (column.type) {
    case 'text':
    case 'ref':
      return texts;
    case 'boolean':
      return [false, true];
    case 'number':
      return numbers;
    default:
      return integers;
  }
}

interface Drawn {
  readonly table: Table;
  readonly query: Query;
}

/** A table and a query over it, of values few enough that they meet. */
function drawn(draw: Draw): Drawn {
  const columns = new Map<string, Column>(columnNames.map((name) => [name, draw.pick(columnKinds)]));
  const someNames = (): string[] => {
    const left: string[] = [...columnNames];
    return Array.from({ length: 1 + draw.below(4) }, () => left.splice(draw.below(left.length), 1)).flat();
  };
  const indexes = new Map(
    Array.from({ length: 1 + draw.below(4) }, someNames).map((names) => [names.join(), names]),
  );
  const schema: unknown = {
    version: 1,
    tables: { things: { ...Object.fromEntries(columns), extra: json() }, others: {} },
    indexes: { things: [...indexes.values()] },
  };
  checkSchema(schema);
  const pools = new Map(
    [...columns].map(([name, column]) => [
      name,
      Array.from({ length: 1 + draw.below(4) }, () => draw.pick(valuesOf(column))),
    ]),
  );
  const value = (name: string): Comparable => draw.pick(pools.get(name) ?? [null]);
  const rows = new Map<string, RowState>();
  for (const id of draw.list(30, () => draw.pick(someIds))) {
    const cells: Record<string, CborValue> = { extra: 1 };
    for (const name of columnNames) {
      if (draw.chance(0.8)) cells[name] = value(name);
      else if (draw.chance(0.6)) cells[name] = draw.pick(wrong);
    }
    rows.set(id, rowOf(cells));
  }
  const table = new Table(schema, rows);
  const query = drawnQuery(draw, table, columns, value);
  checkQuery(schema, 'things', query);
  return { table, query };
}

function drawnQuery(
  draw: Draw,
  table: Table,
  columns: ReadonlyMap<string, Column>,
  some: (name: string) => Comparable,
): Query {
  const someId = (): string => draw.pick(draw.chance(0.8) && table.ids.length > 0 ? table.ids : someIds);
  const valueIn = (name: string): Comparable => (name === 'id' ? someId() : some(name));
  const typeOf = (name: string): string => columns.get(name)?.type ?? 'text';
  const isText = (name: string): boolean => typeOf(name) === 'text' || typeOf(name) === 'ref';
  const condition = (name: string): unknown => {
    const value = valueIn(name);
    switch (draw.pick(['bare', 'bare', 'null', 'in', 'in', 'many', 'range', 'range', 'prefix', 'contains'])) {
      case 'null':
        return null;
      case 'in':
        return { in: [value, valueIn(name), ...(draw.chance(0.3) ? [null] : [])].slice(0, draw.below(4)) };
      case 'many': {
        const more = Array.from({ length: 70 }, (_, n) => (isText(name) ? `e${n}` : n));
        return { in: typeOf(name) === 'boolean' ? [true, false] : [value, ...more, valueIn(name)] };
      }
      case 'prefix':
        // By code units: half a pair begins many texts.
        if (isText(name)) return { prefix: String(value).slice(0, draw.pick([0, 1, 1, 2, 3, 63, 66, 300])) };
        return { gte: value };
      case 'contains':
        return name !== 'id' && typeOf(name) === 'text' ? { contains: 'e' } : { eq: value };
      case 'range': {
        const [low, high] = [draw.pick(['gt', 'gte']), draw.pick(['lt', 'lte'])];
        const both = { [low]: value, [high]: valueIn(name) };
        return draw.pick([both, both, { [low]: value }, { [high]: value }, { ...both, in: [value] }]);
      }
      default:
        return value;
    }
  };
  const where = Object.fromEntries(
    ['id', ...columnNames]
      .filter((name) => draw.chance(name === 'id' ? 0.1 : 0.4))
      .map((name) => [name, condition(name)]),
  );
  const orderBy = Array.from({ length: draw.below(4) }, () => {
    const column = draw.pick(draw.chance(0.1) ? ['id'] : columnNames);
    const direction = draw.pick(['asc', 'desc']);
    return draw.pick([column, [column, direction], [column, direction], [column, direction, 'nulls-last']]);
  });
  const query: Record<string, unknown> = { where, orderBy };
  if (draw.chance(0.7)) query.limit = draw.below(9);
  if (draw.chance(0.5)) {
    const after: Record<string, unknown> = { a: null, b: null, c: null, d: null, ...table.view(someId()) };
    if (draw.chance(0.4)) after.id = someId();
    if (draw.chance(0.4)) after[draw.pick(columnNames)] = some(draw.pick(columnNames));
    if (draw.chance(0.15)) {
      after[draw.pick(columnNames)] = draw.pick([
        null,
        '\ud83d',
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        'x',
        {},
      ]);
    }
    if (draw.chance(0.05)) after.id = '\ud83d';
    query.after = after;
  }
  // Drawn as plain data; `checkQuery` looks at it like at any other.
  return query as Query;
}

/** That ranges are no wider than cut texts make them; `follow` sees that they are not narrower. */
function checkNarrow(access: IndexAccess, { table, query }: Drawn): void {
  const parts = partsOf(query);
  const compare = compareRows<AnyRow>(query.orderBy);
  const fits = matcher<AnyRow>(query.where);
  const { after } = parts;
  // Behind a cut text, and where null is last in a column that is never null, ranges may be wider.
  const isSharp =
    after !== null &&
    parts.order.every(({ column, nullsLast }) => {
      const value = valueAt(after, column);
      return typeof value === 'string' ? value.length <= 64 : value !== null || !nullsLast;
    });
  expect(access.ranges.length).toBeLessThanOrEqual(2 * 64 + 1);
  for (const range of access.ranges)
    expect(range.to === null || compareText(range.from, range.to) < 0).toBe(true);
  for (const key of read(access.ranges, table.keys(access.index), access.direction)) {
    if (isCut(groupOf(key))) continue;
    const row = table.view(idOf(key));
    for (const [at, use] of access.uses.entries()) {
      const name = access.index.columns[at]?.name ?? '';
      const condition = parts.conditions.get(name) ?? {};
      const isExact =
        use === 'eq' || use === 'in' || (condition.in === undefined && (condition.prefix ?? '').length < 3);
      const { contains: _, ...rest } = condition;
      if (isExact && (condition.prefix ?? '').isWellFormed()) {
        expect(
          conditionTest(use === 'eq' || use === 'in' ? { in: parts.points.get(name) } : rest)(
            valueAt(row, name),
          ),
        ).toBe(true);
      }
    }
    if (access.isOrdered && access.idOrder !== null && isSharp && fits(row)) {
      expect(compare(row, after)).toBeGreaterThan(0);
    }
  }
}

// A row of the test's tables has comparable values in the columns that queries name.
const valueAt = (row: AnyRow, name: string): Comparable =>
  (row as unknown as Readonly<Record<string, Comparable>>)[name] ?? null;

describe('reading by an access', () => {
  property(
    'STORE-4, STORE-13: the ranges of every index hold the rows that fit once, in order as far as they say, and reading up to the limit gives the answer',
    3000,
    fc.integer(),
    fc.nat(30),
    (seed, size) => {
      const draw = new Draw(seed, size);
      const example = drawn(draw);
      const { table, query } = example;
      const expected = table.answer(query);
      const { limit: _, ...unlimited } = query;
      const fitting = table.answer(unlimited).map(({ id }) => id);
      for (const index of indexesOf(table.schema, 'things')) {
        const access = indexAccess(index, partsOf(query));
        const keys = read(access.ranges, table.keys(index), access.direction);
        expect(new Set(keys).size).toBe(keys.length);
        const found = new Set(keys.map(idOf));
        expect(fitting.filter((id) => !found.has(id))).toEqual([]);
        expect(follow(access, table, query).rows).toEqual(expected);
        checkNarrow(access, example);
      }
      const usable = new Set(indexesOf(table.schema, 'things').map(({ identity }) => identity));
      for (const identity of [...usable]) if (draw.chance(0.3)) usable.delete(identity);
      const chosen = accessFor(table.schema, 'things', query, ({ identity }) => usable.has(identity));
      if (chosen.kind === 'index') expect(usable).toContain(chosen.index.identity);
      expect(follow(chosen, table, query).rows).toEqual(expected);
    },
  );
});
