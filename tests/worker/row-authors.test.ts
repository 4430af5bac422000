/** Who has what a device wrote, asked while it writes. */
import { expect, test, vi } from 'vitest';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { rowAuthors } from '../../src/worker/row-authors.ts';
import { World } from '../sync/world.ts';

const ben = asDeviceNumber(2);

test('APP-2, APP-6: what is written while the question is answered is not taken for one that the relay or another device has', async () => {
  const world = new World();
  const ada = await world.found();
  await ada.put('a', { title: 'first' });
  await ada.cycle();
  await ada.put('b');
  await ada.cycle();
  const { store } = ada;
  const { acknowledged } = ada.standing.ownLog;
  const heard = [{ device: ben, at: 0, hasOurs: acknowledged - 1 }];
  const [before] = await rowAuthors(store, heard, 'items', 'a');
  expect(before).toMatchObject({ onRelay: true, onDevices: [ben] });
  const records = store.records.bind(store);
  vi.spyOn(store, 'records').mockImplementation(async function* () {
    await ada.put('a', { title: 'second' });
    yield* records();
  });
  const [after] = await rowAuthors(store, heard, 'items', 'a');
  expect(after).toMatchObject({ onRelay: false, onDevices: [] });
});
