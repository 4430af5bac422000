import { beforeEach, expect, test } from 'vitest';
import { deleteRow, restoreItem } from '../../src/app/deleted.ts';
import { notices, notify, runAction } from '../../src/app/notices.ts';
import { type AppSpace, type Item, schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';
import { comesTrue } from '../client/waiting.ts';

beforeEach(() => {
  notices.value = [];
});

async function filled(): Promise<{ space: AppSpace; list: string; item: Item }> {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  const item = await space.tables.items.get(await space.tables.items.put({ list, title: 'Rope' }));
  if (item === null) throw new Error('no item');
  return { space, list, item };
}

const said = (): readonly string[] => notices.value.map(({ text }) => text);

test('MRG-4: the message of a deletion goes when the row is back, whoever brought it back, and no other message goes with it', async () => {
  const { space, list, item } = await filled();
  await deleteRow(space, { table: 'items', id: item.id }, 'Rope');
  notify('Something else');
  expect(said()).toEqual(['“Rope” was deleted.', 'Something else']);
  await space.tables.items.restore(item.id);
  await comesTrue(() => expect(said()).toEqual(['Something else']));

  await deleteRow(space, { table: 'items', id: item.id }, 'Rope');
  // One step back at a time: the newest.
  await deleteRow(space, { table: 'lists', id: list }, 'Hut');
  expect(said()).toEqual(['Something else', 'The list “Hut” was deleted, with all that is in it.']);
  await space.tables.items.restore(item.id);
  await space.tables.lists.restore(list);
  await comesTrue(() => expect(said()).toEqual(['Something else']));
});

test('MRG-4: the step back of a deletion brings the row back', async () => {
  const { space, item } = await filled();
  await deleteRow(space, { table: 'items', id: item.id }, 'Rope');
  const [notice] = notices.value;
  if (notice === undefined) throw new Error('nothing was said');
  await runAction(notice);
  expect(await space.tables.items.get(item.id)).toEqual(item);
  expect(said()).toEqual([]);
});

test('MRG-4: an item comes back with its list, and with what was typed into it meanwhile, at once', async () => {
  const { space, list, item } = await filled();
  await space.tables.items.delete(item.id);
  expect(await restoreItem(space, item)).toBe(true);
  expect(await space.tables.items.get(item.id)).toEqual(item);
  await space.tables.items.delete(item.id);
  await space.tables.lists.delete(list);
  expect(await restoreItem(space, item, { note: '8 mm' })).toBe(true);
  expect(await space.tables.items.query()).toEqual([{ ...item, note: '8 mm' }]);
});
