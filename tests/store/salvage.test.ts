/** What can still be read of a damaged store (STORE-22). */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { salvage } from '../../src/store/salvage.ts';
import { databaseName } from '../../src/store/store.ts';
import { put, TestDevice, write } from './harness.ts';

type Damage = (journal: IDBObjectStore, position: number) => void;

/** Twelve rows are written, one a record; the record of the sixth is damaged. */
async function damaged(damage: Damage): Promise<TestDevice> {
  const here = await TestDevice.make(new IDBFactory());
  const tab = await here.openFounded();
  let sixth = 0;
  for (let n = 1; n <= 12; n++) {
    const written = await write(tab, put('items', `row ${n}`, { n }));
    if (n === 6) sixth = written?.position ?? 0;
  }
  await tab.store.close();
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = here.factory.open(databaseName(here.space.space));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction('journal', 'readwrite');
  damage(transaction.objectStore('journal'), sixth);
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
  return here;
}

const kinds: readonly (readonly [string, Damage])[] = [
  ['bytes of another kind', (journal, at) => journal.put(new Uint8Array([0xff, 1, 2]), at)],
  ['no bytes at all', (journal, at) => journal.put({ what: 'this' }, at)],
  ['nothing', (journal, at) => journal.delete(at)],
];

test.each(kinds)(
  'STORE-22: with %s in place of one record, the rows of all others are read, before and behind it, and nothing is changed',
  async (_, damage) => {
    const here = await damaged(damage);
    for (let look = 1; look <= 2; look++) {
      const { runtime } = here.runtime();
      const { rows, damaged: count } = await salvage(runtime, here.space.space);
      expect(count).toBe(1);
      const numbers = rows.ids('items').map((id) => rows.slot('items', id)?.row.cells.get('n')?.value);
      expect(numbers.sort((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]);
      await expect(here.open()).rejects.toMatchObject({ code: 'storage-corrupt' });
    }
  },
);

test('STORE-22: where nothing is left there is nothing to read, and nothing is made', async () => {
  const here = await TestDevice.make(new IDBFactory());
  for (let look = 1; look <= 2; look++) {
    const { runtime } = here.runtime();
    await expect(salvage(runtime, here.space.space)).rejects.toMatchObject({ code: 'storage-lost' });
  }
});
