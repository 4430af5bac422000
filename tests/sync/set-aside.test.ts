/** Joining anew where the space's database is damaged: what can be kept is kept, and no key goes on (STORE-22). */
import { describe, expect, test } from 'vitest';
import { databaseName, openStore } from '../../src/store/store.ts';
import { beginJoin } from '../../src/sync/join.ts';
import { FaultyTab } from '../store/faulty-indexeddb.ts';
import { type Device, settle, World } from './world.ts';

const names = { memberName: 'Ben', deviceName: "Ben's laptop" };
const quiet = { tailEveryMs: null } as const;
type Damage = (transaction: IDBTransaction, position: number) => void;

function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** All that the stores of a database hold. */
async function contents(factory: IDBFactory, name: string): Promise<Record<string, unknown[]>> {
  const database = await open(factory, name);
  const stores = ['journal', 'keys', 'saved'];
  const transaction = database.transaction(stores);
  const asked = stores.map((store) => [store, transaction.objectStore(store).getAll()] as const);
  await done(transaction);
  database.close();
  return Object.fromEntries(asked.map(([store, request]) => [store, request.result]));
}

const aside = async (ben: Device): Promise<string[]> =>
  (await ben.indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('cairn-aside-') ? [name] : []));

/** Ben has joined and written what nobody else has; then his tab is closed and his database damaged. */
async function damaged(damage: Damage) {
  const world = new World();
  const ada = await world.found();
  await ada.put('milk');
  const ben = await world.join(ada);
  await settle(ada, ben);
  await ben.put('unsent');
  const { space } = ben.store;
  const { position, keys } = ben.standing;
  await ben.store.close();
  const database = await open(ben.indexedDB, databaseName(space));
  const transaction = database.transaction(['journal', 'keys', 'saved'], 'readwrite');
  damage(transaction, position);
  await done(transaction);
  database.close();
  return { world, ada, ben, space, keys };
}

const kinds: readonly (readonly [string, Damage])[] = [
  [
    'a record that does not decode',
    (transaction, position) =>
      transaction.objectStore('journal').put(new Uint8Array([1, 2, 3]), position - 1),
  ],
  ['a record that is no bytes', (transaction, at) => transaction.objectStore('journal').put('text', at - 1)],
  [
    'a gap',
    (transaction, position) => {
      transaction.objectStore('journal').delete(position - 1);
    },
  ],
  ['the device key gone', (transaction) => transaction.objectStore('keys').delete('device')],
];

describe('joining anew', () => {
  test.each(kinds)(
    'STORE-22: with %s, all that is left is set aside and the join goes on under new keys',
    async (_, damage) => {
      const { ada, ben, space, keys } = await damaged(damage);
      const before = await contents(ben.indexedDB, databaseName(space));
      await ben.join(await ada.invite());
      await settle(ada, ben);
      expect(ben.standing.keys?.sign).not.toEqual(keys?.sign);
      expect(ben.title('milk')).toBe('milk');
      expect(await ben.digest()).toBe(await ada.digest());
      const [name = '', ...others] = await aside(ben);
      expect(others).toEqual([]);
      const kept = await contents(ben.indexedDB, name);
      expect(kept.journal).toEqual(before.journal);
      expect(kept.keys?.length).toBe(before.keys?.length);
    },
  );

  test('STORE-22, STORE-24: while there is no room for the copy, the damaged original stays as it is', async () => {
    const { ada, ben, space } = await damaged((transaction, position) => {
      transaction.objectStore('journal').put(new Uint8Array([1]), position);
    });
    const link = await ada.invite();
    const before = await contents(ben.indexedDB, databaseName(space));
    const full = new FaultyTab(ben.indexedDB, ({ mode }) => (mode === 'readwrite' ? 'quota' : null));
    const runtime = { ...ben.begin(), indexedDB: full.factory };
    await expect(beginJoin(runtime, link, names, quiet)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await contents(ben.indexedDB, databaseName(space))).toEqual(before);
    expect(await aside(ben)).toEqual([]);
  });

  test('STORE-22: killed anywhere in between, what was written is there, in its place or aside', async () => {
    for (let index = 1; ; index++) {
      const { ada, ben, space } = await damaged((transaction, position) => {
        transaction.objectStore('journal').put(new Uint8Array([1]), position - 1);
      });
      const { journal } = await contents(ben.indexedDB, databaseName(space));
      const link = await ada.invite();
      const runtime = ben.begin();
      ben.faults.set(index, 'kill-after');
      const died = new Promise<'died'>((resolve) => {
        ben.tab.onKilled = () => resolve('died');
      });
      const begun = beginJoin(runtime, link, names, quiet).then(() => 'begun' as const);
      const outcome = await Promise.race([begun, died]);
      const places = [databaseName(space), ...(await aside(ben))];
      const found = await Promise.all(
        places.map(async (name) => (await contents(ben.indexedDB, name)).journal),
      );
      expect(found).toContainEqual(journal);
      if (outcome === 'begun') {
        expect(index).toBeGreaterThan(8);
        return;
      }
      ben.use(await beginJoin(ben.begin(), link, names, quiet));
      await expect(openStore(ben.begin(), space, quiet)).resolves.toBeDefined();
    }
  });
});
