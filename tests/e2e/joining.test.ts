/**
 * Joins that are cut in the middle, wait for a network, or are given up: whoever tapped *Join* once needs no link again (JOIN-5), is
 * told what the join waits for, and may leave it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { App, converged } from './app.ts';
import type { Matches, Side } from './network.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { syncMs, until } from './waiting.ts';

const joins: Matches = (method, path) => method === 'POST' && /^\/v1\/spaces\/[^/]+\/members$/.test(path);

let relay: RelayProcess;
let ada: App;

beforeAll(async () => {
  relay = await RelayProcess.start();
  ada = new App(await Profile.open(relay));
  await ada.createSpace('Ada');
  await ada.addList('Provisions');
  await ada.upToDate();
});
afterAll(async () => {
  await ada?.profile.dispose();
  await relay?.dispose();
});

/** Runs with a newcomer's device, which is gone afterwards. */
async function withNewcomer(work: (app: App) => Promise<void>): Promise<void> {
  const app = new App(await Profile.open(relay));
  try {
    await work(app);
    expect(app.profile.errors).toEqual([]);
  } finally {
    await app.profile.dispose();
  }
}

/** Opens the invitation and fills in the names, up to the tap. */
async function fill(app: App, link: string, memberName: string): Promise<void> {
  await app.page.goto(link);
  await app.page.getByTestId('member-name').fill(memberName);
  await app.page.getByTestId('device-name').fill(`${memberName}’s computer`);
}

const tapJoin = (app: App): Promise<void> => app.page.getByTestId('join').click();
const says = (app: App): Promise<string | null> => app.page.getByTestId('joining-says').textContent();

/** Waits until the app can be opened without a network. */
async function keepApp(app: App): Promise<void> {
  await app.profile.goto('/');
  await app.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

describe('a join that is cut', () => {
  const sides: readonly (readonly [string, Side])[] = [
    ['before the relay has seen it', 'before-relay'],
    ['when the relay has taken it and nobody heard', 'after-relay'],
  ];
  test.for(sides)(
    'JOIN-5, JOIN-6: by the end of its tab %s, goes on at the next opening without the link',
    ([name, side]) =>
      withNewcomer(async (ben) => {
        const link = await ada.invite();
        const stopped = ben.profile.network.stopAt(joins, side);
        await fill(ben, link, `Ben, cut ${name}`);
        await tapJoin(ben);
        await stopped;
        await ben.profile.crashTab();
        await ben.open();
        await converged(ada, ben);
        await ben.openList('Provisions');
      }),
  );

  test('JOIN-5, JOIN-6: by the death of the whole browser, goes on at the next opening without the link', () =>
    withNewcomer(async (ben) => {
      const stopped = ben.profile.network.stopAt(joins, 'after-relay');
      await fill(ben, await ada.invite(), 'Ben, whose browser died');
      await tapJoin(ben);
      await stopped;
      await ben.profile.kill();
      await ben.profile.launch();
      await ben.open();
      await converged(ada, ben);
    }));

  test('JOIN-5: a database that never became a space is passed over: the beginning is shown', () =>
    withNewcomer(async (ben) => {
      await ben.createSpace('Ben');
      // Nothing is written any more behind what is taken away.
      await ben.upToDate();
      // As it is when its making was cut off: keys, and nothing in the journal; and no list.
      await ben.page.evaluate(async () => {
        localStorage.clear();
        const [{ name = '' } = {}] = await indexedDB.databases();
        const database = await new Promise<IDBDatabase>((resolve) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => resolve(opening.result);
        });
        const clearing = database.transaction('journal', 'readwrite');
        clearing.objectStore('journal').clear();
        await new Promise((resolve) => {
          clearing.oncomplete = resolve;
        });
        database.close();
      });
      await ben.profile.context.clearCookies();
      await ben.createSpace('Ben once more');
    }));
});

describe('a join without a network', () => {
  test('JOIN-5, JOIN-17: says so at once, and goes on when it is back', () =>
    withNewcomer(async (ben) => {
      const link = await ada.invite();
      await keepApp(ben);
      await fill(ben, link, 'Ben without a signal');
      await ben.profile.goOffline();
      await tapJoin(ben);
      await until(
        'it says so',
        () => says(ben),
        (text) => /^No connection; it goes on/.test(text ?? ''),
      );
      // A reload changes nothing of it.
      await ben.profile.goto('/');
      await until(
        'it says so',
        () => says(ben),
        (text) => /^No connection; it goes on/.test(text ?? ''),
      );
      await ben.profile.goOnline();
      await ben.page.getByTestId('list-add').waitFor({ timeout: syncMs });
      await converged(ada, ben);
    }));

  test('JOIN-17: one that the browser knows nothing of is said as well', () =>
    withNewcomer(async (ben) => {
      const link = await ada.invite();
      await keepApp(ben);
      await fill(ben, link, 'Ben in a tunnel');
      ben.profile.network.cut();
      await tapJoin(ben);
      await until(
        'it says so',
        () => says(ben),
        (text) => /^No connection; it goes on/.test(text ?? ''),
      );
      ben.profile.network.restore();
      await ben.page.getByTestId('list-add').waitFor({ timeout: syncMs });
    }));

  test('JOIN-6: given up before anything was sent, nothing of it is left and the invitation is good', () =>
    withNewcomer(async (ben) => {
      const link = await ada.invite();
      await keepApp(ben);
      await fill(ben, link, 'Bne');
      ben.profile.network.cut();
      await tapJoin(ben);
      await ben.page.getByTestId('joining-cancel').click();
      await ben.page.getByTestId('create-space').waitFor();
      expect(await ben.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
      ben.profile.network.restore();
      await ben.join(link, 'Ben');
      await converged(ada, ben);
    }));
});

describe('the names', () => {
  test('JOIN-1, APP-3: one that is blank or too long is said in words, and the relay hears nothing of it', () =>
    withNewcomer(async (ben) => {
      const link = await ada.invite();
      await fill(ben, link, '   ');
      await tapJoin(ben);
      const wrong = ben.page.getByTestId('member-name-wrong');
      expect(await wrong.textContent()).toBe('Type your name.');
      await ben.page.getByTestId('member-name').fill('名'.repeat(43));
      expect(await wrong.textContent()).toBe('That name is too long.');
      await ben.page.getByTestId('member-name').fill('名'.repeat(42));
      await wrong.waitFor({ state: 'detached' });
      await ben.page.getByTestId('device-name').fill('📱'.repeat(33));
      expect(await ben.page.getByTestId('device-name-wrong').textContent()).toBe('That name is too long.');
      expect(ben.profile.network.count(joins)).toBe(0);
      await ben.page.getByTestId('device-name').fill('📱'.repeat(32));
      await tapJoin(ben);
      await ben.page.getByTestId('list-add').waitFor();
    }));
});
