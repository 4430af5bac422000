import { expect, test } from 'vitest';
import { move } from '../../src/app/moving.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

test('a move that is not written rejects, and one that leads nowhere is told from it', async () => {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  for (const order of ['a1', 'a2']) await space.tables.items.put({ list, title: order, order });
  const rows = await space.tables.items.query({ where: { list }, orderBy: 'order' });
  expect(await move(space, 'items', rows, 1, 2)).toBe(0);
  expect(await move(space, 'items', rows, 1, 0)).toBe(1);
  await space.close();
  await expect(move(space, 'items', rows, 1, 0)).rejects.toThrow();
});

test('rows that are gone meanwhile do not stop a move, which tells how many it moved', async () => {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  // Without an order of their own: each gets one.
  for (const title of ['Rope', 'Candles', 'Matches', 'Bread']) await space.tables.items.put({ list, title });
  const rows = await space.tables.items.query({ where: { list } });
  const named = (title: string): string => rows.find((row) => row.title === title)?.id ?? '';
  await space.tables.items.delete(named('Candles'));
  // Bread, Rope and Matches.
  expect(await move(space, 'items', rows, 3, 0)).toBe(3);
  const left = await space.tables.items.query({ where: { list }, orderBy: 'order' });
  expect(left.map(({ title }) => title)).toEqual(['Bread', 'Rope', 'Matches']);
  await space.tables.items.delete(named('Bread'));
  expect(await move(space, 'items', rows, 3, 0)).toBe(0);
});
