import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import type { Space, SpaceStatus } from '../../src/client/index.ts';
import type { StartRequest } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { type Fault, FaultyTab } from '../store/faulty-indexeddb.ts';
import { Origin } from '../worker/origin.ts';
import { schema } from './schema.ts';
import { rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

const base = { schema, relay: 'http://127.0.0.1:4', appUrl: '' } as const;
const opened: TestSpace[] = [];

/** Storage whose next writing transactions meet the fault that is set. */
class Weather {
  fault: Fault | null = null;
  readonly origin = new Origin();
  /** Whether the fault is met only by what is saved behind the writes of a person. */
  sparesWrites = false;
  readonly #tab = new FaultyTab(this.origin.indexedDB, ({ mode, stores }) => {
    const isWrite = stores.includes('journal');
    return mode === 'readwrite' && !(isWrite && this.sparesWrites) ? this.fault : null;
  });

  /** Room enough, and little used: a quota error is then a broken backing store, unless `full`. */
  full = true;

  async start(request: StartRequest): Promise<TestSpace> {
    const storage = {
      estimate: async () => (this.full ? { usage: 100, quota: 100 } : { usage: 1, quota: 1_000_000_000 }),
      persisted: async () => false,
    };
    const host = storedHost(this.origin.openTab(this.#tab.factory), storage);
    const space = clientSpace(schema, await connectDirect(host, request));
    opened.push(space);
    return space;
  }

  create(): Promise<TestSpace> {
    return this.start({ ...base, how: 'create', memberName: 'Ada', deviceName: 'Laptop' });
  }

  open(space: string): Promise<TestSpace> {
    return this.start({ ...base, how: 'open', space });
  }
}

const kinds = (status: SpaceStatus): string[] => status.reasons.map(({ kind }) => kind);

afterEach(async () => {
  for (const space of opened.splice(0)) await space.close();
});

describe('a stored space on storage that fails', () => {
  test('STORE-24, TEST-7: at the quota a write fails whole and says so; reads go on; with room again so do writes', async () => {
    const weather = new Weather();
    const space = await weather.create();
    const id = await space.tables.lists.put({ title: 'before' });
    weather.fault = 'quota';
    expect(await rejection(space.tables.lists.put({ title: 'too much' }))).toMatchObject({
      code: 'storage-full',
    });
    const full = await until(space.status, (status) => kinds(status).includes('storage-full'));
    expect(full.reasons).toContainEqual({ kind: 'storage-full', values: { usage: 100, quota: 100 } });
    expect(await space.tables.lists.query()).toEqual([{ id, title: 'before', order: null }]);
    weather.fault = null;
    await space.tables.lists.put({ title: 'after' });
    await until(space.status, (status) => !kinds(status).includes('storage-full'));
    expect(await space.tables.lists.count()).toBe(2);
  });

  test('STORE-24: where the browser claims room that is not there, refused writes are full, again and again, until one goes through', async () => {
    const weather = new Weather();
    const space = await weather.create();
    weather.full = false;
    weather.fault = 'quota';
    for (const title of ['one', 'two']) {
      expect(await rejection(space.tables.lists.put({ title }))).toMatchObject({ code: 'storage-full' });
      await until(space.status, (status) => kinds(status).includes('storage-full'));
      // What reads open again takes nothing back.
      expect(await space.tables.lists.count()).toBe(0);
      expect(kinds(space.status.value)).toContain('storage-full');
    }
    weather.fault = null;
    await space.tables.lists.put({ title: 'three' });
    await until(space.status, (status) => !kinds(status).includes('storage-full'));
  });

  test('STORE-24: a disk that is full when something is saved in the background is named as full, never as broken', async () => {
    const weather = new Weather();
    const space = await weather.create();
    weather.sparesWrites = true;
    weather.fault = 'quota';
    const said = new Set<string>();
    const stop = space.status.subscribe(() => {
      for (const kind of kinds(space.status.value)) said.add(kind);
    });
    // The write that makes the next saving due, and the disk full, is one of these.
    for (let written = 0; !said.has('storage-full') && written < 2_000; written += 1)
      await space.tables.lists.put({ title: 'a' });
    stop();
    expect([...said]).toContain('storage-full');
    expect([...said]).not.toContain('storage-broken');
    // The saved fold is a shortcut for the next start: closing does without.
    await space.close();
  });

  test('STORE-20: a connection that drops in the middle of a write is opened again, and the write is there once', async () => {
    const weather = new Weather();
    const space = await weather.create();
    for (const fault of ['drop-before', 'drop-in', 'drop-after', 'lost'] as const) {
      let left = 1;
      Object.defineProperty(weather, 'fault', {
        configurable: true,
        get: () => (left-- > 0 ? fault : null),
      });
      await space.tables.lists.put({ title: fault });
    }
    const rows = await space.tables.lists.query();
    expect(rows.map(({ title }) => title)).toEqual(['drop-before', 'drop-in', 'drop-after', 'lost']);
    expect(kinds(space.status.value)).not.toContain('storage-broken');
  });

  test('STORE-20, TEST-7: storage that stays broken is an error with a code, and no write is half there', async () => {
    const weather = new Weather();
    const space = await weather.create();
    weather.full = false;
    weather.fault = 'lost';
    const thrown = await rejection(space.tables.lists.put({ title: 'never' }));
    expect(thrown).toMatchObject({ code: 'storage-broken' });
    weather.fault = null;
    expect(await space.tables.lists.count()).toBe(0);
    await space.tables.lists.put({ title: 'again' });
    expect(await space.tables.lists.count()).toBe(1);
  });

  test('STORE-21, TEST-7: when a newer version of the app upgrades the database, the old tab ends and asks for a reload', async () => {
    const weather = new Weather();
    const space = await weather.create();
    const live = space.tables.lists.live();
    await until(live, ({ loading }) => !loading);
    const upgraded = new Promise<void>((resolve, reject) => {
      const request = weather.origin.indexedDB.open(`cairn-${space.id}`, 1_000);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
      request.onerror = () => reject(request.error);
    });
    const { error } = await until(live, (result) => result.error !== null);
    expect(error?.code).toBe('newer-database');
    await upgraded;
    expect(await rejection(space.tables.lists.put({ title: 'x' }))).toMatchObject({ code: 'newer-database' });
    expect(await rejection(weather.open(space.id))).toMatchObject({ code: 'newer-database' });
  });

  test('STORE-22, TEST-7: a database whose keys or journal are gone is lost, not an empty space', async () => {
    for (const emptied of ['keys', 'journal'] as const) {
      const weather = new Weather();
      const space = await weather.create();
      await space.tables.lists.put({ title: 'a' });
      await space.close();
      await new Promise<void>((resolve, reject) => {
        const request = weather.origin.indexedDB.open(`cairn-${space.id}`);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const transaction = request.result.transaction([emptied], 'readwrite');
          transaction.objectStore(emptied).clear();
          transaction.oncomplete = () => {
            request.result.close();
            resolve();
          };
        };
      });
      expect(await rejection(weather.open(space.id))).toMatchObject({ code: 'storage-lost' });
    }
  });

  test('STORE-23: the status says what is used, what there is, and whether it persists', async () => {
    const weather = new Weather();
    const space = await weather.create();
    const { storage } = await until(space.status, (status) => status.storage.quota !== null);
    expect(storage).toEqual({ persisted: false, usage: 100, quota: 100 });
  });
});
