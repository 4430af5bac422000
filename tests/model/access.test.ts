import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessFor, type IndexAccess } from '../../src/model/access.ts';
import { indexAccess } from '../../src/model/index-access.ts';
import { groupOf, idOf, isCut } from '../../src/model/index-key.ts';
import {
  type AnyRow,
  checkQuery,
  comparableAt,
  compareRows,
  conditionTest,
  matcher,
  type Query,
} from '../../src/model/query.ts';
import { partsOf } from '../../src/model/query-parts.ts';
import { defineSchema, integer, text } from '../../src/model/schema.ts';
import { indexesOf } from '../../src/model/table-index.ts';
import { Draw } from '../format/arbitrary.ts';
import { property } from '../property.ts';
import { type Drawn, drawn } from './indexed-drawing.ts';
import { follow, read, rowOf, Table } from './indexed-table.ts';

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
      const value = comparableAt(after, column);
      return typeof value === 'string' ? value.length <= 64 : value !== null || !nullsLast;
    });
  expect(access.ranges.length).toBeLessThanOrEqual(2 * 64 + 1);
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
            comparableAt(row, name),
          ),
        ).toBe(true);
      }
    }
    if (access.isOrdered && access.idOrder !== null && isSharp && fits(row)) {
      expect(compare(row, after)).toBeGreaterThan(0);
    }
  }
}

describe('reading by an access', () => {
  property(
    'STORE-4, STORE-13: the ranges of every index hold the rows that fit once, in order as far as they say, and reading up to the limit gives the answer',
    2500,
    fc.integer(),
    fc.nat(40),
    (seed, size) => {
      const draw = new Draw(seed, size);
      const example = drawn(draw);
      const { table, query } = example;
      const expected = table.answer(query);
      const { limit: _, ...unlimited } = query;
      const fitting = table.answer(unlimited);
      for (const index of indexesOf(table.schema, 'things')) {
        const access = indexAccess(index, partsOf(query));
        const keys = read(access.ranges, table.keys(index), access.direction);
        expect(new Set(keys).size).toBe(keys.length);
        const found = new Set(keys.map(idOf));
        expect(fitting.filter((id) => !found.has(id))).toEqual([]);
        expect(follow(access, table, query).ids).toEqual(expected);
        checkNarrow(access, example);
      }
      const usable = new Set(indexesOf(table.schema, 'things').map(({ identity }) => identity));
      for (const identity of [...usable]) if (draw.chance(0.3)) usable.delete(identity);
      const chosen = accessFor(table.schema, 'things', query, ({ identity }) => usable.has(identity));
      if (chosen.kind === 'index') expect(usable).toContain(chosen.index.identity);
      expect(follow(chosen, table, query).ids).toEqual(expected);
    },
  );
});

describe('texts that are longer than what a key has of them', () => {
  const start = 'e'.repeat(70);
  const schema = defineSchema({
    version: 1,
    tables: { things: { a: text(), b: integer() } },
    indexes: { things: [['a', 'b']] },
  });
  const ends = ['', '1', '2', '3', 'x'];
  const values = [...ends.map((end) => start + end), start.slice(0, 64), start.slice(0, 63), 'd', 'f'];
  const table = new Table(
    schema,
    new Map(values.flatMap((a, n) => [0, 1].map((b) => [`${n}${b}`, rowOf({ a, b: (n + b) % 2 })] as const))),
  );

  test.each<object>([
    { where: { a: { gt: `${start}2` } } },
    { where: { a: { gte: `${start}2` } } },
    { where: { a: { lt: `${start}2` } } },
    { where: { a: { lte: `${start}2` } } },
    { where: { a: { gt: start.slice(0, 64) } } },
    { where: { a: { lte: start.slice(0, 64) } } },
    { where: { a: { prefix: start } } },
    { where: { a: { prefix: `${start}1` } } },
    { where: { a: `${start}2`, b: 1 } },
    { where: { a: `${start}2`, b: { gt: 0 } }, orderBy: 'b', limit: 1 },
    { where: { a: { in: [`${start}3`, `${start}1`, 'd'] } } },
    { where: { a: { in: [`${start}3`, `${start}1`] }, b: 0 }, orderBy: [['a', 'desc']], limit: 1 },
    { orderBy: 'a', limit: 6 },
    { orderBy: [['a', 'desc'], 'b'], limit: 6 },
    { orderBy: 'a', limit: 6, after: { id: '20', a: `${start}2` } },
    { orderBy: [['a', 'desc']], limit: 6, after: { id: '20', a: `${start}2` } },
  ])('STORE-13: rows of %j are found, and none twice', (query) => {
    const asked = query as Query;
    checkQuery(schema, 'things', asked);
    const access = accessFor(schema, 'things', asked, () => true);
    expect(access.kind).toBe('index');
    const { ids, looked } = follow(access, table, asked);
    expect(ids).toEqual(table.answer(asked));
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(looked).size).toBe(looked.length);
  });
});
