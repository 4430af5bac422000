import { expect, test } from 'vitest';
import { dayHere } from '../../src/app/counted.ts';
import { type Filter, filters, parseSorts, queryOf, type Sort, sorts } from '../../src/app/list-view.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

const today = dayHere(Date.UTC(2026, 10, 21, 12));
const day = 86_400_000;

async function shown(sort: Sort, filter: Filter): Promise<string[]> {
  const space = await memorySpace(schema);
  try {
    const list = await space.tables.lists.put({ title: 'Hut' });
    const other = await space.tables.lists.put({ title: 'Elsewhere' });
    await space.transaction(({ tables: { items } }) => {
      items.put({ list: other, title: 'Not here' });
      items.put({ list, title: 'Rope', order: 'c' });
      items.put({ list, title: 'axe', order: 'a', due: today - day, priority: 2 });
      items.put({ list, title: 'Map', order: 'b', due: today, priority: 1 });
      items.put({ list, title: 'Bread', order: 'd', done: true, due: today - 2 * day, priority: 1 });
      items.put({ list, title: 'Wax', order: 'a', done: true });
    });
    const rows = await space.tables.items.query(queryOf(list, { sort, filter }, today));
    return rows.map(({ title }) => title);
  } finally {
    await space.close();
  }
}

test('each order is the one it is called after, rows without a date or a priority last, and done items behind all others', async () => {
  expect(await shown('hand', 'all')).toEqual(['axe', 'Map', 'Rope', 'Wax', 'Bread']);
  expect(await shown('due', 'all')).toEqual(['axe', 'Map', 'Rope', 'Bread', 'Wax']);
  expect(await shown('priority', 'all')).toEqual(['Map', 'axe', 'Rope', 'Bread', 'Wax']);
  expect(await shown('title', 'all')).toEqual(['Map', 'Rope', 'axe', 'Bread', 'Wax']);
  expect(await shown('newest', 'all')).toEqual(['Map', 'axe', 'Rope', 'Wax', 'Bread']);
});

test('each filter shows what it says, and nothing of other lists', async () => {
  const titles = async (filter: Filter): Promise<string[]> => (await shown('hand', filter)).sort();
  expect(await titles('todo')).toEqual(['Map', 'Rope', 'axe']);
  // What is due today is not late.
  expect(await titles('late')).toEqual(['axe']);
  expect(await titles('high')).toEqual(['Bread', 'Map']);
  expect(await titles('done')).toEqual(['Bread', 'Wax']);
  expect(Object.keys(filters).sort()).toEqual(['all', 'done', 'high', 'late', 'todo']);
});

test('of what is stored about orders, what can be read counts', () => {
  expect(parseSorts('[["a","due"],["b","none"],3,["c"],["d","title"]]')).toEqual([
    ['a', 'due'],
    ['d', 'title'],
  ]);
  for (const text of [null, '', '{', '{}', '7']) expect(parseSorts(text)).toEqual([]);
  expect(Object.keys(sorts)).toContain('hand');
});
