import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { type Access, accessFor, groupIn, type IndexAccess } from '../../src/model/access.ts';
import { explain } from '../../src/model/access-words.ts';
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
  defineSchema,
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
  return { rows: rows.slice(0, limit), looked };
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
  let before: AnyRow | null = null;
  let groupBefore = '';
  for (const key of read(access.ranges, table.keys(access.index), access.direction)) {
    if (isCut(groupOf(key))) continue;
    const row = table.view(idOf(key));
    if (access.isOrdered && access.idOrder !== null && fits(row)) {
      // Rows of a whole group are equal to the order but for their ids.
      if (before !== null && groupOf(key) === groupBefore) {
        const [a, b] = access.direction === access.idOrder ? [before, row] : [row, before];
        expect(compare(a, b)).toBeLessThan(0);
      }
      [before, groupBefore] = [row, groupOf(key)];
    }
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

const schema = defineSchema({
  version: 1,
  tables: {
    lists: { title: text() },
    items: {
      list: ref('lists'),
      next: ref('items', { optional: true }),
      title: text(),
      note: text({ default: '' }),
      done: boolean({ default: false }),
      priority: integer({ optional: true }),
      due: date({ optional: true }),
      order: text({ default: '' }),
      rank: integer(),
    },
  },
  indexes: {
    items: [['done', 'rank'], ['due'], ['title'], ['list', 'order'], ['priority', 'due'], ['done']],
    lists: [['title']],
  },
});
const id = 'x';
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `t${n}`);
const all = (): boolean => true;
const accessOf = (query: object, table = 'items', isUsable: (index: Index) => boolean = all): Access => {
  checkQuery(schema, table, query);
  return accessFor(schema, table, query, isUsable);
};

describe('STORE-13: which way is chosen, and in which words', () => {
  test.each<[query: object, words: string]>([
    // By id.
    [{ where: { id } }, '1 row by id'],
    [{ where: { id: { in: ['b', 'a', 'b', null] }, list: id } }, '2 rows by id'],
    [{ where: { id: null } }, '0 rows by id'],
    [{ where: { list: id, rank: { in: [] } } }, '0 rows by id'],
    [{ where: { id: { gt: 'b', lt: 'a' } } }, '0 rows by id'],
    // By what is equal.
    [{ where: { list: id } }, 'index items(list, order): list = …, then sorted'],
    [{ where: { list: id }, orderBy: 'order' }, 'index items(list, order): list = …, ascending, in order'],
    [
      { where: { list: id }, orderBy: [['order', 'desc']], limit: 50 },
      'index items(list, order): list = …, descending, in order, rows of one list, order sorted',
    ],
    [
      { where: { list: id }, orderBy: ['order', 'title'] },
      'index items(list, order): list = …, ascending, in order, rows of one list, order sorted',
    ],
    [
      { where: { list: id }, orderBy: ['list', 'order', 'id'] },
      'index items(list, order): list = …, ascending, in order',
    ],
    [
      { where: { list: id, order: 'k' } },
      'index items(list, order): list = …, order = …, ascending, in order',
    ],
    [
      { where: { list: id, order: 'k' }, orderBy: [['id', 'desc']] },
      'index items(list, order): list = …, order = …, descending, in order',
    ],
    [{ where: { list: { in: ['a', 'b'] } } }, 'index items(list, order): list in …, then sorted'],
    [
      { where: { list: { in: ['a', 'b'] } }, orderBy: ['list', 'order'] },
      'index items(list, order): list in …, ascending, in order',
    ],
    [
      { where: { list: { in: ['a', 'b'] } }, orderBy: 'order' },
      'index items(list, order): list in …, then sorted',
    ],
    [
      { where: { list: { in: ['a'] } }, orderBy: 'order' },
      'index items(list, order): list = …, ascending, in order',
    ],
    // Equality before a range, both before an order.
    [{ where: { list: id, due: { gte: 1 } } }, 'index items(list, order): list = …, then sorted'],
    [
      { where: { list: id, order: { prefix: 'a' } }, orderBy: 'due', limit: 9 },
      'index items(list, order): list = …, order starts with …, then sorted',
    ],
    [{ where: { due: { gte: 1, lt: 9 } } }, 'index items(due): due in a range, then sorted'],
    [
      { where: { due: { gte: 1 } }, orderBy: 'title', limit: 9 },
      'index items(due): due in a range, then sorted',
    ],
    [{ where: { due: { gte: 1 } }, orderBy: 'due' }, 'index items(due): due in a range, ascending, in order'],
    [{ where: { title: { prefix: 'a' } } }, 'index items(title): title starts with …, then sorted'],
    [{ where: { priority: null } }, 'index items(priority, due): priority = …, then sorted'],
    [
      { where: { priority: 1, due: { lt: 9 } } },
      'index items(priority, due): priority = …, due in a range, then sorted',
    ],
    [{ where: { title: { in: many(65) } } }, 'index items(title): title in a range, then sorted'],
    [{ where: { title: { in: many(64) } } }, 'index items(title): title in …, then sorted'],
    // A boolean tells few rows apart.
    [{ where: { done: true } }, 'index items(done): done = …, ascending, in order'],
    [{ where: { done: true }, orderBy: 'rank' }, 'index items(done, rank): done = …, ascending, in order'],
    [{ where: { done: true }, orderBy: 'due', limit: 9 }, 'index items(due): ascending, in order'],
    [{ where: { done: true, due: { gt: 1 } } }, 'index items(due): due in a range, then sorted'],
    [{ where: { done: true, list: id } }, 'index items(list, order): list = …, then sorted'],
    [{ where: { done: true, rank: 3 } }, 'index items(done, rank): done = …, rank = …, ascending, in order'],
    // By order, if there is a limit.
    [{ orderBy: 'due', limit: 9 }, 'index items(due): ascending, in order'],
    [{ orderBy: 'due' }, 'scan, then sorted'],
    [
      { orderBy: [['due', 'desc']], limit: 9 },
      'index items(due): descending, in order, rows of one due sorted',
    ],
    [
      {
        orderBy: [
          ['due', 'desc'],
          ['id', 'desc'],
        ],
        limit: 9,
      },
      'index items(due): descending, in order',
    ],
    [{ orderBy: [['due', 'asc', 'nulls-last']], limit: 9 }, 'index items(due): ascending, in order'],
    [{ orderBy: ['priority', 'due'], limit: 9 }, 'index items(priority, due): ascending, in order'],
    [
      { orderBy: ['priority', ['due', 'desc']], limit: 9 },
      'index items(priority, due): ascending, in order, rows of one priority sorted',
    ],
    [
      { orderBy: ['priority', ['due', 'asc', 'nulls-last']], limit: 9 },
      'index items(priority, due): ascending, in order, rows of one priority sorted',
    ],
    [
      { orderBy: ['due', 'title'], limit: 9 },
      'index items(due): ascending, in order, rows of one due sorted',
    ],
    // By scan.
    [{}, 'scan, ascending, in order'],
    [{ limit: 9 }, 'scan, ascending, in order'],
    [{ orderBy: [['id', 'desc']] }, 'scan, descending, in order'],
    [{ where: { note: { contains: 'a' } } }, 'scan, ascending, in order'],
    [{ where: { note: 'a' }, orderBy: 'note', limit: 9 }, 'scan, ascending, in order'],
    [{ where: { next: id } }, 'scan, ascending, in order'],
    [{ where: { title: { prefix: '' } }, orderBy: 'rank' }, 'scan, then sorted'],
    [{ where: { id: { prefix: '01' } } }, 'scan of ids in a range, ascending, in order'],
    [{ where: { id: { gte: '01' }, done: true }, orderBy: 'due' }, 'scan of ids in a range, then sorted'],
    [{ where: { id: { gte: '01' }, list: id } }, 'index items(list, order): list = …, then sorted'],
    [{ after: { id }, limit: 9 }, 'scan of ids in a range, ascending, in order'],
  ])('%j is found by: %s', (query, words) => {
    expect(explain(accessOf(query))).toBe(words);
  });

  test('the rows that refer to one are found by the reference, as soon as that index is built', () => {
    const rows = {
      version: 1,
      tables: { lists: {}, items: { list: ref('lists'), old: ref('lists', { optional: true }) } },
    };
    const plain = defineSchema(rows);
    const query = { where: { list: id } } as Query;
    expect(explain(accessFor(plain, 'items', query, all))).toBe(
      'index items(list): list = …, ascending, in order',
    );
    expect(explain(accessFor(plain, 'items', query, () => false))).toBe('scan, ascending, in order');
    expect(indexesOf(plain, 'items').map(({ columns }) => columns.map(({ name }) => name))).toEqual([
      ['list'],
    ]);
    // A declared index that begins with it does as well.
    expect(indexesOf(schema, 'items').filter(({ columns }) => columns[0]?.name === 'list')).toHaveLength(1);
  });

  test('of two that are alike the first that can be used is taken', () => {
    const query = { where: { list: id, title: 'a' } };
    expect(explain(accessOf(query))).toBe('index items(title): title = …, ascending, in order');
    expect(explain(accessOf(query, 'items', ({ columns }) => columns[0]?.name !== 'title'))).toBe(
      'index items(list, order): list = …, then sorted',
    );
    expect(explain(accessOf(query, 'items', () => false))).toBe('scan, ascending, in order');
  });
});

describe('how much is read', () => {
  const rows = new Map(
    Array.from({ length: 1000 }, (_, n) => {
      const at = String(n).padStart(4, '0');
      const values = {
        list: `l${n % 20}`,
        title: `t${at}`,
        done: n % 2 === 0,
        priority: n % 4 === 0 ? null : n % 4,
        due: n % 5 === 0 ? null : n,
        order: `o${(n * 7) % 1000}`.padStart(5, '0'),
        rank: n % 10,
      };
      return [`id${at}`, rowOf(values)] as const;
    }),
  );
  const things = (of: Schema): Schema => ({
    ...of,
    tables: { ...of.tables, things: tableOf(of, 'items') },
    indexes: { things: of.indexes?.items ?? [] },
  });
  const table = new Table(things(schema), rows);

  test.each<[query: object, most: number]>([
    [{ where: { list: 'l3' }, orderBy: 'order', limit: 10 }, 10],
    [{ where: { list: 'l3' } }, 50],
    [{ where: { list: 'l3' }, orderBy: [['order', 'desc']], limit: 10 }, 10],
    [{ where: { list: { in: ['l3', 'l4', 'none'] } } }, 100],
    [{ orderBy: 'due', limit: 10 }, 10],
    [{ orderBy: [['due', 'asc', 'nulls-last']], limit: 10 }, 10],
    [{ orderBy: [['due', 'asc', 'nulls-last']], limit: 810 }, 810],
    [{ orderBy: [['due', 'desc']], limit: 10 }, 10],
    [{ where: { due: { gt: 100, lte: 110 } } }, 8],
    [{ where: { title: { prefix: 't00' } } }, 100],
    [{ where: { done: true }, limit: 10 }, 10],
    [{ where: { done: true }, orderBy: [['id', 'desc']], limit: 10 }, 10],
    // Further pages are no dearer than the first, however many rows are equal.
    [{ where: { done: true }, limit: 10, after: { id: 'id0500' } }, 10],
    [{ where: { done: true }, orderBy: [['id', 'desc']], limit: 10, after: { id: 'id0500' } }, 10],
    [{ orderBy: 'due', limit: 10, after: { id: 'id0800', due: null } }, 10],
    [{ orderBy: 'due', limit: 10, after: { id: 'id0801', due: 801 } }, 10],
    [{ orderBy: [['due', 'desc']], limit: 10, after: { id: 'id0801', due: 801 } }, 11],
    [{ orderBy: [['due', 'asc', 'nulls-last']], limit: 10, after: { id: 'id0800', due: null } }, 10],
    [{ orderBy: [['due', 'asc', 'nulls-last']], limit: 10, after: { id: 'id0801', due: 801 } }, 10],
    [
      {
        where: { done: true },
        orderBy: [['rank', 'desc'], 'id'],
        limit: 5,
        after: { id: 'id0890', rank: 0 },
      },
      10,
    ],
    [{ after: { id: 'id0500' }, limit: 10 }, 10],
    [{ orderBy: [['id', 'desc']], after: { id: 'id0500' }, limit: 10 }, 10],
    [{ where: { id: { prefix: 'id05' } } }, 100],
    [{ where: { id: { gt: 'id05', lte: 'id0510' } } }, 11],
  ])('STORE-13: %j looks at no more than %i rows', (query, most) => {
    const asked = query as Query;
    checkQuery(table.schema, 'things', asked);
    const { rows: found, looked } = follow(accessFor(table.schema, 'things', asked, all), table, asked);
    expect(found).toEqual(table.answer(asked));
    expect(found.length).toBeGreaterThan(0);
    expect(looked.length).toBeLessThanOrEqual(most);
  });
});
