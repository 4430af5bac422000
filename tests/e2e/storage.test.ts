/** What browsers do to storage, done to the real app in a real browser: nothing is lost that can be kept, and the rest is said (issue "Under fire"). */
import { readFile } from 'node:fs/promises';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { App, converged } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

describe('storage trouble', () => {
  let relay: RelayProcess;
  const apps: App[] = [];

  beforeAll(async () => {
    relay = await RelayProcess.start();
  });
  afterAll(async () => {
    for (const app of apps) await app.profile.dispose();
    await relay?.dispose();
  });

  async function device(): Promise<App> {
    const app = new App(await Profile.open(relay));
    apps.push(app);
    return app;
  }

  const protocol = (app: App): Promise<CDPSession> => app.profile.context.newCDPSession(app.page);
  const inTab = (app: App, testId: string) => app.page.getByTestId(testId);

  /** The ids of the spaces whose markers this browser keeps. */
  async function markers(app: App): Promise<string[]> {
    const cookies = await app.profile.context.cookies(relay.origin);
    return cookies.map(({ name }) => name).filter((name) => name.startsWith('cairn-space-'));
  }

  /** The browser clears these kinds of storage while the app is closed. */
  async function evict(app: App, storageTypes: string): Promise<void> {
    await app.page.goto('about:blank');
    await (await protocol(app)).send('Storage.clearDataForOrigin', { origin: relay.origin, storageTypes });
  }

  /** What the app says when it cannot open the space. */
  async function trouble(app: App): Promise<{ code: string | null; words: string }> {
    const box = inTab(app, 'trouble');
    await box.waitFor();
    return { code: await box.getAttribute('data-code'), words: (await box.textContent()) ?? '' };
  }

  /** Damages the journal record in which these words stand, with the app closed; gives how many records there are. */
  async function damageRecordOf(app: App, words: string): Promise<number> {
    // Served by the app's origin, and runs nothing.
    await app.profile.goto('/manifest.webmanifest');
    return app.page.evaluate(async (wanted) => {
      const [{ name = '' } = {}] = await indexedDB.databases();
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const journal = database.transaction('journal', 'readwrite').objectStore('journal');
      const records = journal.getAll();
      const ended = new Promise<void>((resolve, reject) => {
        journal.transaction.oncomplete = () => resolve();
        journal.transaction.onabort = () => reject(journal.transaction.error);
      });
      records.onsuccess = () => {
        const all: Uint8Array[] = records.result;
        const at = all.findIndex((bytes) => new TextDecoder().decode(bytes).includes(wanted));
        const damaged = all[at]?.slice();
        // Its first byte says how many fields there are.
        damaged?.set([0]);
        journal.put(damaged, at + 1);
      };
      await ended;
      database.close();
      return records.result.length;
    }, words);
  }

  /** In a page: how many journal records each database of its origin has. */
  async function journals(): Promise<number[]> {
    const found = await indexedDB.databases();
    return Promise.all(
      found.map(
        ({ name = '' }) =>
          new Promise<number>((resolve, reject) => {
            const request = indexedDB.open(name);
            request.onerror = () => reject(request.error);
            request.onsuccess = () => {
              const count = request.result.transaction('journal').objectStore('journal').count();
              count.onsuccess = () => {
                request.result.close();
                resolve(count.result);
              };
            };
          }),
      ),
    );
  }

  test('STORE-22: all that scripts stored is evicted: the server’s cookie says that the space was here, and the app says lost', async () => {
    const app = await device();
    await app.createSpace('Ada');
    await app.addList('Trip');
    await until(
      'the marker is set',
      () => markers(app),
      (found) => found.length === 1,
    );
    await evict(app, 'indexeddb,local_storage,service_workers,cache_storage');
    await app.profile.goto('/');
    const { code, words } = await trouble(app);
    expect(code).toBe('storage-lost');
    expect(words).toContain('The browser has deleted what was kept here.');
    expect(await app.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await inTab(app, 'leave-behind').click();
    await inTab(app, 'create-space').waitFor();
    await until(
      'the marker is gone',
      () => markers(app),
      (found) => found.length === 0,
    );
    await app.page.reload();
    await inTab(app, 'create-space').waitFor();
    expect(await inTab(app, 'trouble').count()).toBe(0);
  });

  test('STORE-22: only the list of spaces is lost: the marker finds the space again, with all that is in it', async () => {
    const app = await device();
    await app.createSpace('Ada');
    await app.addList('Trip');
    await app.addItem('Tent');
    const digest = await app.digest();
    await until(
      'the marker is set',
      () => markers(app),
      (found) => found.length === 1,
    );
    await evict(app, 'local_storage');
    await app.open();
    expect(await app.digest()).toBe(digest);
    await app.openList('Trip');
    await expect.poll(() => app.itemTitles()).toEqual(['Tent']);
  });

  test('STORE-20: a connection that the browser closes is opened again; the write is there once', async () => {
    const app = await device();
    await app.createSpace('Ada');
    await app.addList('Trip');
    await app.addItem('before');
    const worker = await app.profile.worker();
    await worker.evaluate(
      () =>
        new Promise<void>((closed) => {
          // The store looks at its journal now and then: that shows its connection.
          const { transaction } = IDBDatabase.prototype;
          IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...asked) {
            IDBDatabase.prototype.transaction = transaction;
            const begun = transaction.apply(this, asked);
            this.close();
            queueMicrotask(() => {
              this.dispatchEvent(new Event('close'));
              closed();
            });
            return begun;
          };
        }),
    );
    await app.addItem('after');
    expect(await app.itemTitles()).toEqual(['after', 'before']);
    await app.reload();
    await app.openList('Trip');
    await expect.poll(() => app.itemTitles()).toEqual(['after', 'before']);
    await app.upToDate();
  });

  test('STORE-20, STORE-22: the database is deleted under the open app: the next write is refused, and the app says lost', async () => {
    const app = await device();
    await app.createSpace('Ada');
    await app.addList('Trip');
    const session = await protocol(app);
    await session.send('Storage.clearDataForOrigin', { origin: relay.origin, storageTypes: 'indexeddb' });
    await app.says('storage-lost');
    await app.typeItem('nowhere');
    await expect.poll(() => app.reasons()).toContain('storage-lost');
    expect(await app.itemTitles()).toEqual([]);
    await app.page.reload();
    expect((await trouble(app)).code).toBe('storage-lost');
  });

  test('STORE-22: one record is damaged: the app says so, erases nothing, saves what can be read, and a new invitation brings the rest back', async () => {
    const a = await device();
    const b = await device();
    await a.createSpace('Ada');
    await a.addList('Trip');
    await a.addItem('shared');
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
    await converged(a, b);
    await b.openList('Trip');
    await b.profile.goOffline();
    await b.addItem('damaged');
    await b.addItem('only here');
    const before = await damageRecordOf(b, 'damaged');
    await b.profile.goOnline();
    await b.profile.goto('/');
    const { code, words } = await trouble(b);
    expect(code).toBe('storage-corrupt');
    expect(words).toContain('Do not erase anything yet');
    const [download] = await Promise.all([b.page.waitForEvent('download'), inTab(b, 'rescue').click()]);
    const file = await readFile(await download.path(), 'utf8');
    expect(file.split('\r\n').sort()).toEqual([
      '',
      '"Trip","only here","","","",""',
      '"Trip","shared","","","",""',
      '\uFEFF"list","title","note","done","priority","due"',
    ]);
    await b.join(await a.invite(), 'Ben');
    await b.importCsv('Rescued.csv', file.replace('"Trip","shared","","","",""\r\n', ''));
    await converged(a, b);
    await a.openList('Trip');
    await expect.poll(() => a.itemTitles()).toEqual(['only here', 'shared']);
    expect(await b.page.evaluate(journals)).toContain(before);
  });

  test('STORE-24: at the quota a write fails whole and says storage full; with room again all goes on and nothing is lost', async () => {
    const a = await device();
    const b = await device();
    await a.createSpace('Ada');
    await a.addList('Trip');
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
    await converged(a, b);
    await b.openList('Trip');
    await a.openList('Trip');
    await a.profile.goOffline();
    await a.addItem('written before');
    // A browser that runs has counted the room it may use; one that has just been started counts anew.
    await a.profile.kill();
    await a.profile.launch();
    await a.profile.goOnline();
    const session = await protocol(a);
    await session.send('Storage.overrideQuotaForOrigin', { origin: relay.origin, quotaSize: 1 });
    await a.open();
    await a.openList('Trip');
    await a.typeItem('too much');
    await a.says('storage-full');
    await expect.poll(() => a.itemTitles()).toEqual(['written before']);
    await b.addItem('from Ben');
    await b.upToDate();
    expect(await a.reasons()).toContain('unsent');
    await session.send('Storage.overrideQuotaForOrigin', { origin: relay.origin });
    await a.typeItem('with room again');
    await converged(a, b);
    for (const app of [a, b]) {
      await app.openList('Trip');
      await expect.poll(() => app.itemTitles()).toEqual(['from Ben', 'with room again', 'written before']);
    }
    expect(await a.reasons()).toEqual([]);
  });

  test('STORE-20, STORE-22, STORE-24: none of it was an error that nobody handled', () => {
    expect(apps.flatMap((app) => app.profile.errors)).toEqual([]);
  });
});
