/** Opening, upgrading, losing and erasing a database, over any IndexedDB. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { StoreEvent } from '../../src/store/change.ts';
import { Database } from '../../src/store/database.ts';
import { databaseName, openStore } from '../../src/store/store.ts';
import { put, type Tab, TestDevice, write } from './harness.ts';
import { slowDown } from './slow-platform.ts';
import { TestRuntime } from './test-runtime.ts';
import { comes, turns } from './turns.ts';
import { WatchedIndexedDB } from './watched-indexeddb.ts';

export function databaseSuite(factory: () => IDBFactory): void {
  const device = (): Promise<TestDevice> => TestDevice.make(factory());

  describe('opening', () => {
    test('without IndexedDB, or where the browser refuses it, the outcome is storage-unavailable', async () => {
      const { space } = (await device()).space;
      const refusing = (name: string) =>
        ({
          open: () => {
            throw new DOMException('refused', name);
          },
        }) as unknown as IDBFactory;
      for (const indexedDB of [
        undefined as unknown as IDBFactory,
        refusing('SecurityError'),
        refusing('InvalidStateError'),
      ]) {
        const opening = openStore(new TestRuntime(indexedDB), space);
        await expect(opening).rejects.toMatchObject({ code: 'storage-unavailable' });
      }
    });

    test('a database of a newer build is newer-database, and stays as it is', async () => {
      const here = await device();
      await (await here.openFounded()).store.close();
      (await rawOpen(here, 2)).close();
      await expect(here.open()).rejects.toMatchObject({ code: 'newer-database' });
      const database = await rawOpen(here);
      expect(database.version).toBe(2);
      database.close();
    });

    test('STORE-22: a database that must be there and is not is storage-lost, and none is made', async () => {
      const here = await device();
      await expect(here.open({ create: false })).rejects.toMatchObject({ code: 'storage-lost' });
      await expect(here.open({ create: false })).rejects.toMatchObject({ code: 'storage-lost' });
      const tab = await here.open({ create: true });
      expect(tab.store.standing.position).toBe(0);
      await tab.store.close();
      await (await here.open({ create: false })).store.close();
    });

    test('STORE-22: a database deleted under an open store is storage-lost, never an empty space', async () => {
      const here = await device();
      const tab = await here.openFounded();
      tab.faulty.dropConnections();
      await rawDelete(here);
      await expect(write(tab, put('items', 'a', { n: 1 }))).rejects.toMatchObject({ code: 'storage-lost' });
      await expect(here.open({ create: false })).rejects.toMatchObject({ code: 'storage-lost' });
    });

    test('STORE-22: a store never goes on in another database that took the place of its own', async () => {
      const here = await device();
      const tab = await here.openFounded();
      tab.faulty.dropConnections();
      await rawDelete(here);
      const other = await here.openFounded();
      await expect(write(tab, put('items', 'a', { n: 1 }))).rejects.toMatchObject({ code: 'storage-lost' });
      await expect(tab.store.refresh()).rejects.toMatchObject({ code: 'storage-lost' });
      expect(other.store.standing.position).toBe(2);
      await other.store.refresh();
      expect(other.store.rows.above.size).toBe(0);
      await other.store.close();
    });
  });

  describe('upgrades and erasing', () => {
    test('STORE-21: a newer build is let in: the running write completes, the old tab closes and says so', async () => {
      const here = await device();
      const tab = await here.openFounded();
      const events: StoreEvent[] = [];
      tab.store.onEvent((event) => events.push(event));
      const { position } = tab.store.standing;
      const [written, upgraded] = await Promise.all([
        write(tab, put('items', 'a', { n: 1 })),
        rawOpen(here, 2),
      ]);
      expect(written).toEqual({ position: position + 1 });
      expect(events).toEqual([{ kind: 'upgrade' }]);
      await expect(write(tab, put('items', 'a', { n: 2 }))).rejects.toMatchObject({ code: 'newer-database' });
      await expect(tab.store.refresh()).rejects.toMatchObject({ code: 'newer-database' });
      expect(tab.store.rows.get('items', 'a')?.cells.get('n')?.value).toBe(1);
      await tab.store.close();
      upgraded.close();
    });

    test.each(['upgrade', 'erased'])(
      'STORE-21: the end of a database, here %s, is told once, whatever was under way in the background',
      async (kind) => {
        const here = await device();
        // Opened anew: a fold of the founding that is still being saved would put the next one off.
        await (await here.openFounded()).store.close();
        const tab = await here.open({ saveEvery: 1 });
        const events: StoreEvent[] = [];
        tab.store.onEvent((event) => events.push(event));
        // The fold is hashed before it is saved: this tab is in the middle of that.
        let goOn: () => void = () => undefined;
        const hashed = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        const slow = slowDown(() => hashed);
        onTestFinished(() => slow.end());
        await write(tab, put('items', 'a', { n: 1 }));
        if (kind === 'upgrade') (await rawOpen(here, 2)).close();
        else await rawDelete(here);
        goOn();
        await expect(tab.store.saveFold()).rejects.toBeInstanceOf(CairnError);
        expect(slow.begun).toBe(2);
        expect(events).toEqual([{ kind }]);
        await tab.store.close();
      },
    );

    test.each(['upgrade', 'erased'])(
      'STORE-21: what fails in the background because another tab wants the database, here %s, is no failure of the storage',
      async (kind) => {
        const watched = new WatchedIndexedDB(factory());
        const here = await TestDevice.make(watched.factory);
        await (await here.openFounded()).store.close();
        const tab = await here.open({ saveEvery: 1 });
        const events: StoreEvent[] = [];
        tab.store.onEvent((event) => events.push(event));
        let goOn: () => void = () => undefined;
        const hashed = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        const slow = slowDown(() => hashed);
        onTestFinished(() => slow.end());
        await write(tab, put('items', 'a', { n: 1 }));
        // A write that is not heard to end puts off the telling; meanwhile the fold of the first one is saved.
        const hear = watched.holdEnds();
        const writing = write(tab, put('items', 'b', { n: 1 }));
        expect(await comes(() => watched.unheard === 1)).toBe(true);
        if (kind === 'upgrade') (await rawOpen(here, 2)).close();
        else await rawDelete(here);
        goOn();
        await expect(tab.store.saveFold()).rejects.toBeInstanceOf(CairnError);
        expect(events).toEqual([]);
        hear();
        await writing;
        expect(events).toEqual([{ kind }]);
        await tab.store.close();
      },
    );

    test.each(['closed', 'upgrade', 'erased'])(
      'STORE-21: that a database is %s is told when what was under way is over: a worker that is ended then holds nothing',
      async (kind) => {
        const here = await device();
        await (await here.openFounded()).store.close();
        const runtime = new TestRuntime(here.factory);
        const database = await Database.open(runtime, databaseName(here.space.space));
        const told: string[] = [];
        database.onEvent((event) => told.push(event.kind));
        const reading = database.read(['saved'], async (transaction) => {
          // As long as it takes until another tab wants the database.
          for (let i = 0; i < 200; i += 1) await transaction.objectStore('saved').get('nothing');
          told.push('read');
        });
        if (kind === 'closed') await database.close().then(() => told.push('closed'));
        else if (kind === 'upgrade') (await rawOpen(here, 2)).close();
        else await rawDelete(here);
        await reading;
        expect(told).toEqual(['read', kind]);
      },
    );

    test('STORE-21: erasing that another tab blocks ends as storage-blocked', async () => {
      const here = await device();
      // How long the browser takes until it says that somebody blocks is not what is tested.
      const tab = await here.openFounded({ silentMs: Number.MAX_SAFE_INTEGER });
      const stubborn = await rawOpen(here);
      const erasing = tab.store.erase();
      let ended = false;
      const outcome = expect(erasing)
        .rejects.toMatchObject({ code: 'storage-blocked' })
        .finally(() => {
          ended = true;
        });
      await advanceUntil(tab, () => ended);
      await outcome;
      stubborn.close();
    });
  });
}

/** Lets simulated time pass, and real events in between, until the condition holds. */
async function advanceUntil(tab: Pick<Tab, 'runtime'>, holds: () => boolean): Promise<void> {
  while (!holds()) {
    tab.runtime.advance(100);
    await turns(1);
  }
}

function rawOpen(here: TestDevice, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = here.factory.open(databaseName(here.space.space), version);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    // Blocked, it waits: what another connection was told to let go of is let go of a moment later.
  });
}

function rawDelete(here: TestDevice): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = here.factory.deleteDatabase(databaseName(here.space.space));
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
