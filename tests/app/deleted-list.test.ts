import { expect, test } from 'vitest';
import { deletedOf } from '../../src/app/deleted-list.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

test('MRG-4: what was deleted is said to be cut short only when there is more of it', async () => {
  const space = await memorySpace(schema);
  const kept = await space.tables.lists.put({ title: 'Hut' });
  const titles: string[] = [];
  const remove = async (): Promise<void> => {
    const number = titles.length;
    const item = await space.tables.items.put({ list: kept, title: `Item ${number}` });
    await space.tables.items.delete(item);
    titles.unshift(`Item ${number}`);
  };
  await remove();
  const list = await space.tables.lists.put({ title: 'Garden' });
  await space.tables.lists.delete(list);
  titles.unshift('Garden');
  await remove();
  await remove();
  const whole = await deletedOf(space, 3);
  expect(whole.isCut).toBe(false);
  expect(whole.rows.map(({ row }) => row.title).sort()).toEqual([...titles].sort());
  const cut = await deletedOf(space, 2);
  expect(cut.isCut).toBe(true);
  expect(cut.rows.map(({ row }) => row.title)).not.toContain('Item 0');
});
