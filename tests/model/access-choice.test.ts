import { describe, expect, test } from 'vitest';
import { type Access, accessFor } from '../../src/model/access.ts';
import { explain } from '../../src/model/access-words.ts';
import { checkQuery, type Query } from '../../src/model/query.ts';
import {
  boolean,
  date,
  defineSchema,
  integer,
  ref,
  type Schema,
  tableOf,
  text,
} from '../../src/model/schema.ts';
import { type Index, indexesOf } from '../../src/model/table-index.ts';
import { follow, rowOf, Table } from './indexed-table.ts';

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
    [{ orderBy: ['due', ['due', 'desc'], 'id'], limit: 9 }, 'index items(due): ascending, in order'],
    // Nulls are nowhere in a column that must have a value, and where a condition leaves them out.
    [
      {
        orderBy: [
          ['done', 'asc', 'nulls-last'],
          ['rank', 'asc', 'nulls-last'],
        ],
        limit: 9,
      },
      'index items(done, rank): ascending, in order',
    ],
    [
      {
        where: { priority: { in: [1, 2] }, due: { gt: 1 } },
        orderBy: ['priority', ['due', 'asc', 'nulls-last']],
      },
      'index items(priority, due): priority in …, due in a range, ascending, in order',
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
      const at = n === 999 ? '0999😀' : String(n).padStart(4, '0');
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
    [
      {
        where: { list: { in: ['l3', 'l4'] } },
        orderBy: [
          ['list', 'desc'],
          ['order', 'desc'],
          ['id', 'desc'],
        ],
        limit: 10,
      },
      10,
    ],
    [{ orderBy: 'due', limit: 10 }, 10],
    // By the first half of an emoji, as people type them.
    [{ where: { title: { prefix: 't0999\ud83d' } } }, 1],
    [{ where: { id: { prefix: 'id0999\ud83d' } } }, 1],
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
    [{ where: { id: { gt: 'id0500', lte: 'id0510' } } }, 10],
  ])('STORE-13: %j looks at no more than %i rows', (query, most) => {
    const asked = query as Query;
    checkQuery(table.schema, 'things', asked);
    const { ids: found, looked } = follow(accessFor(table.schema, 'things', asked, all), table, asked);
    expect(found).toEqual(table.answer(asked));
    expect(found.length).toBeGreaterThan(0);
    expect(looked.length).toBeLessThanOrEqual(most);
  });
});
