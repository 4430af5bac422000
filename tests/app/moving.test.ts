import { expect, test } from 'vitest';
import { move } from '../../src/app/moving.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

test('a move that is not written rejects, and one that leads nowhere is told from it', async () => {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  for (const order of ['a1', 'a2']) await space.tables.items.put({ list, title: order, order });
  const rows = await space.tables.items.query({ where: { list }, orderBy: 'order' });
  expect(await move(space, 'items', rows, 1, 2)).toBe(false);
  expect(await move(space, 'items', rows, 1, 0)).toBe(true);
  await space.close();
  await expect(move(space, 'items', rows, 1, 0)).rejects.toThrow();
});
