import { expect, test } from 'vitest';
import { deletedOf, progressOf } from '../../src/app/deleted-list.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';
import { comesTrue } from '../client/waiting.ts';

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

test('MRG-4: a row that is deleted while another is added at once changes what is deleted, and not how many rows there are', async () => {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  const rope = await space.tables.items.put({ list, title: 'Rope' });
  await comesTrue(() => expect(space.status.value.rows).toEqual({ live: 2, hidden: 0 }));
  const before = space.status.value;
  await space.transaction((tx) => {
    tx.tables.items.delete(rope);
    tx.tables.items.put({ list, title: 'Candles' });
  });
  await comesTrue(() => expect(progressOf(space.status.value)).not.toBe(progressOf(before)));
  expect(space.status.value.rows).toEqual(before.rows);
});

test('what another device wrote, and what was taken note of by the server, is progress; the time of the last look is none', async () => {
  const { value: status } = (await memorySpace(schema)).status;
  const [device] = status.devices;
  if (device === undefined) throw new Error('no device');
  const relay = { ...status.relay, acknowledged: 3 };
  const progress = progressOf(status);
  expect(progressOf({ ...status, devices: [{ ...device, cursor: device.cursor + 1 }] })).not.toBe(progress);
  expect(progressOf({ ...status, relay })).not.toBe(progress);
  expect(progressOf({ ...status, asOf: 1 })).toBe(progress);
});
