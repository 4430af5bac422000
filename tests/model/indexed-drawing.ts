/** Random tables with indexes and queries over them. */
import * as fc from 'fast-check';
import type { CborValue } from '../../src/format/cbor.ts';
import { type Comparable, checkQuery, type Query } from '../../src/model/query.ts';
import type { RowState } from '../../src/model/row.ts';
import {
  boolean,
  type Column,
  checkSchema,
  date,
  integer,
  json,
  number,
  ref,
  text,
} from '../../src/model/schema.ts';
import type { Draw } from '../format/arbitrary.ts';
import { runSeed } from '../property.ts';
import { rowOf, Table } from './indexed-table.ts';
import { nastyIds, nastyNumbers, nastyTexts } from './nasty-values.ts';

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
/** Some of which share the characters that a key has. */
const longTexts = texts.filter((text) => text.startsWith('e'.repeat(60)));
const someIds = sampled(nastyIds);
const numbers = sampled(nastyNumbers.filter(Number.isFinite));
const integers = sampled(
  fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.maxSafeInteger().map((n) => n % 8.64e15),
  ),
);

/** What a column's few values are drawn from. */
function valuesOf(column: Column, draw: Draw): readonly Comparable[] {
  switch (column.type) {
    case 'text':
    case 'ref':
      return draw.chance(0.3) ? longTexts : texts;
    case 'boolean':
      return [false, true];
    case 'number':
      return numbers;
    default:
      return integers;
  }
}

export interface Drawn {
  readonly table: Table;
  readonly query: Query;
}

/** A table and a query over it, of values few enough that they meet. */
export function drawn(draw: Draw): Drawn {
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
    [...columns].map(([name, column]) => {
      const values = valuesOf(column, draw);
      return [name, Array.from({ length: 1 + draw.below(4) }, () => draw.pick(values))];
    }),
  );
  const value = (name: string): Comparable => draw.pick(pools.get(name) ?? [null]);
  const rows = new Map<string, RowState>();
  for (const id of draw.list(40, () => draw.pick(someIds))) {
    const cells: Record<string, CborValue> = { extra: 1 };
    for (const name of columnNames) {
      if (draw.chance(0.8)) cells[name] = value(name);
      else if (draw.chance(0.6)) cells[name] = draw.pick(wrong);
    }
    rows.set(id, rowOf(cells));
  }
  const table = new Table(schema, rows);
  const query = drawnQuery(draw, table, columns, draw.pick([...indexes.values()]), value);
  checkQuery(schema, 'things', query);
  return { table, query };
}

const conditionKinds = ['bare', 'bare', 'null', 'in', 'in', 'many', 'range', 'range', 'prefix', 'contains'];

function drawnQuery(
  draw: Draw,
  table: Table,
  columns: ReadonlyMap<string, Column>,
  index: readonly string[],
  some: (name: string) => Comparable,
): Query {
  const someId = (): string => draw.pick(draw.chance(0.8) && table.ids.length > 0 ? table.ids : someIds);
  const valueIn = (name: string): Comparable => (name === 'id' ? someId() : some(name));
  const typeOf = (name: string): string => columns.get(name)?.type ?? 'text';
  const isText = (name: string): boolean => typeOf(name) === 'text' || typeOf(name) === 'ref';
  const condition = (name: string, kinds: readonly string[] = conditionKinds): unknown => {
    const value = valueIn(name);
    switch (draw.pick(kinds)) {
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
  // Half of the queries are such as an index is made for.
  const isFor = draw.chance(0.5);
  const given = isFor ? index.slice(0, draw.below(index.length + 1)) : [];
  const where = Object.fromEntries([
    ...['id', ...columnNames]
      .filter((name) => draw.chance(name === 'id' ? 0.1 : isFor ? 0.15 : 0.4))
      .map((name) => [name, condition(name)]),
    ...given.map((name) => [name, condition(name, ['bare', 'in'])]),
    ...(isFor && draw.chance(0.5) ? index.slice(given.length, given.length + 1) : []).map((name) => [
      name,
      condition(name, ['range', 'range', 'prefix', 'many']),
    ]),
  ]);
  const direction = draw.pick(['asc', 'desc']);
  const orderOn = (column: string): unknown => {
    const along = isFor || draw.chance(0.5) ? direction : draw.pick(['asc', 'desc']);
    return draw.pick([
      [column, along],
      [column, along, 'nulls-last'],
      along === 'asc' ? column : [column, along],
    ]);
  };
  const ordered: readonly string[] = isFor
    ? [...index.slice(draw.below(given.length + 1)), ...(draw.chance(0.3) ? ['id'] : [])]
    : Array.from({ length: draw.below(4) }, () => draw.pick(draw.chance(0.1) ? ['id'] : columnNames));
  const orderBy = ordered.map(orderOn);
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
