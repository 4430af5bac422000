import { beforeEach, expect, test } from 'vitest';
import { deleteAll, moveAll, setDone, setPriority } from '../../src/app/bulk.ts';
import { notices, runAction } from '../../src/app/notices.ts';
import { type AppSpace, type Item, schema } from '../../src/app/schema.ts';
import { CairnError, memorySpace } from '../../src/client/index.ts';

beforeEach(() => {
  notices.value = [];
});

async function filled(): Promise<{ space: AppSpace; hut: string; attic: { id: string; title: string } }> {
  const space = await memorySpace(schema);
  const hut = await space.tables.lists.put({ title: 'Hut' });
  const attic = await space.tables.lists.put({ title: 'Attic' });
  // Their order by hand is not the one in which they were made.
  for (const [title, order] of [
    ['Rope', 'a3'],
    ['Candles', 'a1'],
    ['Matches', 'a2'],
  ] as const)
    await space.tables.items.put({ list: hut, title, order });
  return { space, hut, attic: { id: attic, title: 'Attic' } };
}

const itemsOf = (space: AppSpace, list: string): Promise<readonly Item[]> =>
  space.tables.items.query({ where: { list }, orderBy: 'order' });
const said = (): string | undefined => notices.value.at(-1)?.text;
async function undo(): Promise<void> {
  const step = notices.value.findLast(({ action }) => action !== null);
  if (step === undefined) throw new Error('there is no step back');
  await runAction(step);
}

test('what is done to several items is said as it was done, and counts those that were changed', async () => {
  const { space, hut } = await filled();
  const [first, ...others] = await itemsOf(space, hut);
  if (first === undefined) throw new Error('no items');
  await setDone(space, [first], true);
  expect(said()).toBe('1 item is done.');
  await setDone(space, await itemsOf(space, hut), true);
  expect(said()).toBe('2 items are done.');
  await undo();
  expect((await itemsOf(space, hut)).map(({ done }) => done)).toEqual([true, false, false]);
  await setPriority(space, others, 1, 'High');
  expect(said()).toBe('Priority of 2 items: High.');
  await setPriority(space, await itemsOf(space, hut), null, 'None');
  expect(said()).toBe('Priority of 2 items: None.');
  await deleteAll(space, [first]);
  expect(said()).toBe('1 item was deleted.');
});

test('a change that changes nothing says so, and the step back is still the one before', async () => {
  const { space, hut } = await filled();
  await setDone(space, await itemsOf(space, hut), true);
  expect(await setDone(space, await itemsOf(space, hut), true)).toBe(true);
  expect(said()).toBe('There was nothing to change.');
  await undo();
  expect((await itemsOf(space, hut)).every(({ done }) => !done)).toBe(true);
});

test('MRG-4: what is gone meanwhile is passed over and not counted, and its step back leaves it gone', async () => {
  const { space, hut } = await filled();
  const chosen = await itemsOf(space, hut);
  const [gone, ...others] = chosen;
  if (gone === undefined) throw new Error('no items');
  await space.tables.items.delete(gone.id);
  expect(await setDone(space, chosen, true)).toBe(true);
  expect(said()).toBe('2 items are done.');
  await undo();
  expect(await itemsOf(space, hut)).toEqual(others);
  await setDone(space, [gone], true);
  expect(said()).toBe('There was nothing to change.');
});

test('items that are moved to another list stand there in the order in which they stood, and come back to their places', async () => {
  const { space, hut, attic } = await filled();
  await space.tables.items.put({ list: attic.id, title: 'Axe', order: 'a9' });
  const before = await itemsOf(space, hut);
  await moveAll(space, before, attic);
  expect(said()).toBe('3 items were moved to “Attic”.');
  expect((await itemsOf(space, attic.id)).map(({ title }) => title)).toEqual([
    'Axe',
    'Candles',
    'Matches',
    'Rope',
  ]);
  await undo();
  expect(await itemsOf(space, hut)).toEqual(before);
});

test('APP-18: what was done before a failure half-way is told beside the failure, and can be taken back', async () => {
  const { space, attic } = await filled();
  for (let from = 0; from < 600; from += 200) {
    await space.transaction((tx) => {
      for (let item = from; item < from + 200; item++)
        tx.tables.items.put({ list: attic.id, title: `Item ${item}` });
    });
  }
  let transactions = 0;
  /** Its second transaction finds the storage full. */
  const full = new Proxy(space, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      if (name !== 'transaction') return own;
      return (work: Parameters<AppSpace['transaction']>[0]) => {
        transactions += 1;
        return transactions === 2
          ? Promise.reject(new CairnError('storage-full', 'no room'))
          : target.transaction(work);
      };
    },
  });
  expect(await deleteAll(full, await itemsOf(space, attic.id))).toBe(false);
  expect(notices.value.map(({ text, isTrouble }) => (isTrouble ? 'trouble' : text))).toEqual([
    'trouble',
    '500 items were deleted.',
  ]);
  expect(await space.tables.items.count({ where: { list: attic.id } })).toBe(100);
  await undo();
  expect(await space.tables.items.count({ where: { list: attic.id } })).toBe(600);
});
