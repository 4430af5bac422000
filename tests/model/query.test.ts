import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { compare, utf8 } from '../../src/format/bytes.ts';
import {
  type Comparable,
  checkQuery,
  compareRows,
  compareValues,
  matcher,
  matches,
  type Query,
  type Where,
} from '../../src/model/query.ts';
import { boolean, defineSchema, integer, json, type Row, ref, text } from '../../src/model/schema.ts';
import { property } from '../property.ts';

const schema = defineSchema({
  version: 1,
  tables: {
    lists: {},
    items: {
      list: ref('lists'),
      title: text({ optional: true }),
      done: boolean({ optional: true }),
      rank: integer({ optional: true }),
      extra: json(),
    },
  },
});
type Item = Row<typeof schema, 'items'>;

const item = (id: string, rest: Partial<Item> = {}): Item => ({
  id,
  list: 'l',
  title: null,
  done: null,
  rank: null,
  extra: null,
  ...rest,
});
const ids = (rows: readonly Item[]): string[] => rows.map(({ id }) => id);

/** A query by its definition: the rows that fit, in order, behind `after`, up to `limit`. */
function runQuery(rows: readonly Item[], query: Query<Item>): Item[] {
  const { after, limit } = query;
  const order = compareRows<Item>(query.orderBy);
  const fits = matcher<Item>(query.where);
  // `after` has what the order looks at.
  const found = rows.filter((row) => fits(row) && (after === undefined || order(row, after as Item) > 0));
  return found.sort(order).slice(0, limit);
}

const titles = fc.option(
  fc.string({ unit: 'binary', maxLength: 3 }).filter((s) => !/\p{Surrogate}/u.test(s)),
);
const items = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }).filter((s) => !/\p{Surrogate}/u.test(s)),
    list: fc.constantFrom('l', 'm'),
    title: titles,
    done: fc.option(fc.boolean()),
    rank: fc.option(fc.integer({ min: -2, max: 2 })),
    extra: fc.constant(null),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);
const column = fc.constantFrom<'id' | 'list' | 'title' | 'done' | 'rank'>(
  'id',
  'list',
  'title',
  'done',
  'rank',
);
const direction = fc.constantFrom<'asc' | 'desc'>('asc', 'desc');
const orders = fc.array(
  fc.oneof(
    column,
    fc.tuple(column, direction),
    fc.tuple(column, direction, fc.constant<'nulls-last'>('nulls-last')),
  ),
  { maxLength: 3 },
);

describe('where', () => {
  test('a bare value means equal, null included', () => {
    expect(matches(item('a', { title: 'x' }), { title: 'x' })).toBe(true);
    expect(matches(item('a', { title: 'x' }), { title: 'y' })).toBe(false);
    expect(matches(item('a'), { title: null })).toBe(true);
    expect(matches(item('a', { title: 'x' }), { title: null })).toBe(false);
    expect(matches(item('a'), { id: 'a' })).toBe(true);
  });

  test('all conditions must hold; an empty where, and one that is undefined, fits every row', () => {
    const row = item('a', { title: 'x', rank: 3 });
    expect(matches(row, { title: 'x', rank: { gte: 3, lt: 4 } })).toBe(true);
    expect(matches(row, { title: 'x', rank: { gte: 3, lt: 3 } })).toBe(false);
    expect(matches(row, { title: 'y', rank: 3 })).toBe(false);
    expect(matches(row, {})).toBe(true);
    expect(matches(row, undefined)).toBe(true);
    expect(matches(row, { title: undefined })).toBe(true);
  });

  test.each<[Where<Item>, string]>([
    [{ rank: { gt: 1 } }, '23'],
    [{ rank: { gte: 1 } }, '123'],
    [{ rank: { lt: 2 } }, '01'],
    [{ rank: { lte: 2 } }, '012'],
    [{ rank: { in: [0, 3, null] } }, '03n'],
    [{ rank: { in: [] } }, ''],
    [{ rank: { eq: null } }, 'n'],
    [{ rank: { eq: 2, gt: 5 } }, ''],
  ])('%j fits the ranks %s; ranges never fit null', (where, fitting) => {
    const rows = [0, 1, 2, 3, null].map((rank) => item(rank === null ? 'n' : String(rank), { rank }));
    expect(
      runQuery(rows, { where })
        .map(({ id }) => id)
        .join(''),
    ).toBe(fitting);
  });

  test('a prefix is of text, and ranges of text go by UTF-8 bytes', () => {
    const rows = ['', 'a', 'ab', 'b', '\uFF5E', '\u{1F600}'].map((title, index) =>
      item(String(index), { title }),
    );
    expect(ids(runQuery(rows, { where: { title: { prefix: 'a' } } }))).toEqual(['1', '2']);
    expect(ids(runQuery(rows, { where: { title: { prefix: '' } } })).length).toBe(6);
    expect(ids(runQuery(rows, { where: { title: { gt: '\uFF5E' } } }))).toEqual(['5']);
    expect(matches(item('n'), { title: { prefix: '' } })).toBe(false);
  });

  test.each([
    ['milk', 'Oat milk', true],
    ['MILK', 'oat milk', true],
    ['milk', 'Oat milK, 2 l', true],
    ['milk', 'mil k', false],
    ['', '', true],
    ['', 'anything', true],
    ['cafe', 'Café au lait', true],
    ['café', 'CAFE AU LAIT', true],
    // One letter, encoded as one or two code points.
    ['cafe\u0301', 'caf\u00e9', true],
    ['strasse', 'Straße', true],
    ['STRASSE', 'straße', true],
    ['istanbul', 'İstanbul', true],
    ['ısparta', 'ISPARTA', true],
    // A sigma at the end of a word is another letter, in small ones alone.
    ['οδος', 'ΟΔΟΣΗΜΑ', true],
    ['ёлка', 'Елка', true],
    ['abc', '\uff21\uff22\uff23', true],
    ['fire', '\ufb01re', true],
    ['が', 'か', false],
    ['日本', '今日本を', true],
    ['.*', 'anything', false],
    ['50%', 'at 50% off', true],
  ])('contains %j of %j is %s, whatever the case, accents and encoding', (contains, title, fits) => {
    expect(matches(item('a', { title }), { title: { contains } })).toBe(fits);
  });

  test('contains never fits null, and holds together with other conditions', () => {
    expect(matches(item('n'), { title: { contains: '' } })).toBe(false);
    expect(matches(item('a', { title: 'ab' }), { title: { contains: 'B', prefix: 'a' } })).toBe(true);
    expect(matches(item('a', { title: 'ab' }), { title: { contains: 'B', prefix: 'b' } })).toBe(false);
  });

  property(
    'contains finds every part of a text, in capitals, in small letters and taken apart',
    2000,
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'grapheme' }),
    (before, part, after) => {
      const row = item('a', { title: before + part + after });
      for (const contains of [part, part.normalize('NFD'), part.normalize('NFC')]) {
        expect(matches(row, { title: { contains } })).toBe(true);
      }
    },
  );
});

describe('order', () => {
  property(
    'text is ordered as its UTF-8 bytes are',
    2000,
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }),
    (a, b) => {
      fc.pre(!/\p{Surrogate}/u.test(a + b));
      expect(Math.sign(compareValues(a, b))).toBe(Math.sign(compare(utf8(a), utf8(b))));
    },
  );

  test('null comes first, then false, true, numbers and text', () => {
    const mixed: Comparable[] = ['b', 2, true, null, 'a', -1, false];
    expect(mixed.sort(compareValues)).toEqual([null, false, true, -1, 2, 'a', 'b']);
  });

  test('with nulls-last a row without a value stands behind all others, in either direction', () => {
    const rows = [item('a'), item('b', { rank: 2 }), item('c', { rank: 1 }), item('d')];
    expect(ids(runQuery(rows, { orderBy: [['rank', 'asc', 'nulls-last']] }))).toEqual(['c', 'b', 'a', 'd']);
    expect(ids(runQuery(rows, { orderBy: [['rank', 'desc', 'nulls-last']] }))).toEqual(['b', 'c', 'a', 'd']);
    expect(ids(runQuery(rows, { orderBy: [['rank', 'asc']] }))).toEqual(['a', 'd', 'c', 'b']);
  });

  property(
    'the order is total: antisymmetric, transitive, and zero for one row alone',
    2000,
    items,
    orders,
    (rows, orderBy) => {
      const order = compareRows<Item>(orderBy);
      for (const a of rows) {
        for (const b of rows) {
          expect(Math.sign(order(a, b)) + Math.sign(order(b, a))).toBe(0);
          expect(order(a, b) === 0).toBe(a.id === b.id);
          for (const c of rows) if (order(a, b) < 0 && order(b, c) < 0) expect(order(a, c)).toBeLessThan(0);
        }
      }
    },
  );

  test('the first column matters most, each in its direction, and ties go by id', () => {
    const rows = [
      item('c', { rank: 1, done: true }),
      item('b', { rank: 2 }),
      item('a', { rank: 1, done: true }),
      item('d', { rank: 1 }),
    ];
    expect(ids(runQuery(rows, { orderBy: [['rank', 'desc'], 'done'] }))).toEqual(['b', 'd', 'a', 'c']);
    expect(ids(runQuery(rows, { orderBy: 'rank' }))).toEqual(['a', 'c', 'd', 'b']);
    expect(ids(runQuery(rows, {}))).toEqual(['a', 'b', 'c', 'd']);
    expect(ids(runQuery([item('\u{1F600}'), item('\uFF5E')], {}))).toEqual(['\uFF5E', '\u{1F600}']);
  });
});

describe('pages', () => {
  property(
    'pages by limit and after, put together, are the whole answer, in whatever order rows are scanned',
    2000,
    items,
    orders,
    fc.integer({ min: 1, max: 4 }),
    (rows, orderBy, limit) => {
      const whole = runQuery(rows, { orderBy });
      const pages: Item[] = [];
      let after: Item | undefined;
      for (;;) {
        const query: Query<Item> = after === undefined ? { orderBy, limit } : { orderBy, limit, after };
        const page = runQuery([...rows].reverse(), query);
        if (page.length === 0) break;
        pages.push(...page);
        after = page.at(-1);
      }
      expect(pages).toEqual(whole);
    },
  );

  test('the next page starts behind a row that is gone by now', () => {
    const rows = [1, 2, 4].map((rank) => item(`i${rank}`, { rank }));
    expect(ids(runQuery(rows, { orderBy: 'rank', after: { id: 'i3', rank: 3 } }))).toEqual(['i4']);
  });

  test('a limit of 0 gives nothing', () => {
    expect(runQuery([item('a')], { limit: 0 })).toEqual([]);
  });
});

describe('queries from elsewhere', () => {
  test.each<[string, Query]>([
    ['an unknown column', { where: { size: 1 } as object }],
    ['an unknown order', { orderBy: 'size' as never }],
    ['JSON compared', { where: { extra: 1 } as object }],
    ['JSON in an order', { orderBy: 'extra' as never }],
    ['an inherited name', { where: { toString: 1 } as object }],
    ['a value of another type', { where: { rank: 'x' } as object }],
    ['a bound that is null', { where: { rank: { gt: null } } as object }],
    ['an unknown operator', { where: { rank: { like: 1 } } as object }],
    ['a list that is none', { where: { rank: { in: 1 } } as object }],
    ['a prefix of numbers', { where: { rank: { prefix: '1' } } as object }],
    ['a part of numbers', { where: { rank: { contains: '1' } } as object }],
    ['a part of a reference', { where: { list: { contains: '1' } } as object }],
    ['a part that is no text', { where: { title: { contains: 1 } } as object }],
    ['a limit below 0', { limit: -1 }],
    ['a limit that is no whole number', { limit: 1.5 }],
    ['after without the column of the order', { orderBy: 'rank' as never, after: { id: 'a' } }],
  ])('%s is refused', (_, query) => {
    expect(() => checkQuery(schema, 'items', query)).toThrow(CairnError);
  });

  test('what the types allow is accepted', () => {
    const query: Query<Item> = {
      where: {
        id: { prefix: '01' },
        list: 'l',
        title: { contains: 'x' },
        done: { in: [true, null] },
        rank: { gte: 1, lt: 5 },
      },
      orderBy: ['title', ['rank', 'desc']],
      limit: 0,
      after: { id: 'a', title: null, rank: 2 },
    };
    expect(() => checkQuery(schema, 'items', query as Query)).not.toThrow();
    expect(() => checkQuery(schema, 'nothing', {})).toThrow(CairnError);
  });

  test('types: only comparable columns, with their own values', () => {
    expectTypeOf<Where<Item>>().not.toHaveProperty('extra');
    expectTypeOf<{ title: { prefix: string } }>().toExtend<Where<Item>>();
    expectTypeOf<{ rank: { prefix: string } }>().not.toExtend<Where<Item>>();
    expectTypeOf<{ title: { contains: string } }>().toExtend<Where<Item>>();
    expectTypeOf<{ rank: { contains: string } }>().not.toExtend<Where<Item>>();
    expectTypeOf<{ rank: string }>().not.toExtend<Where<Item>>();
    expectTypeOf<{ rank: { gt: null } }>().not.toExtend<Where<Item>>();
    expectTypeOf<Query<Item>['orderBy']>()
      .extract<string>()
      .toEqualTypeOf<'id' | 'list' | 'title' | 'done' | 'rank'>();
  });
});
