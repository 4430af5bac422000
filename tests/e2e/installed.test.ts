/** The app as an installed one: what Chromium asks of it, its badge, and text that other apps share with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../src/prepare.mjs';
import { App } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';

/** What the badge was told, in the page. */
declare global {
  var badges: (number | null)[];
}

let relay: RelayProcess;
let a: App;

beforeAll(async () => {
  relay = await RelayProcess.start();
  a = new App(await Profile.open(relay));
  await a.page.addInitScript(() => {
    globalThis.badges = [];
    navigator.setAppBadge = async (count) => void badges.push(count ?? null);
    navigator.clearAppBadge = async () => void badges.push(null);
  });
  await a.createSpace('Ada');
  await a.addList('Hut');
  await a.upToDate();
});
afterAll(async () => {
  await a?.profile.dispose();
  await relay?.dispose();
});

/** As another app hands text over: a form from elsewhere that leads here. */
async function share(
  fields: Readonly<Record<string, string>>,
  encoding = 'multipart/form-data',
): Promise<void> {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  await a.page.goto('about:blank');
  await a.page.setContent(
    `<form action="${relay.origin}/share" method="post" enctype="${encoding}">${inputs.join('')}</form>`,
  );
  await a.page.evaluate(() => document.forms[0]?.submit());
}

describe('an installed app', () => {
  test('APP-11: Chromium finds the manifest without a fault, and nothing that keeps it from being installed', async () => {
    const session = await a.page.context().newCDPSession(a.page);
    const { errors, url } = await session.send('Page.getAppManifest');
    expect(url).toBe(`${relay.origin}/manifest.webmanifest`);
    expect(errors).toEqual([]);
    await expect
      .poll(async () => (await session.send('Page.getInstallabilityErrors')).installabilityErrors)
      .toEqual([]);
    await session.detach();
  });

  test('APP-8: the badge on its icon is the number of changes that are only here', async () => {
    const badges = () => a.page.evaluate(() => globalThis.badges);
    await a.profile.goOffline();
    await a.addItem('Rope');
    await a.addItem('Candles');
    await expect.poll(badges).toContain(2);
    await a.profile.goOnline();
    await a.upToDate();
    await expect.poll(async () => (await badges()).at(-1)).toBeNull();
  });

  test('APP-11: each shortcut of its icon leads to the panel that it names, also without a network', async () => {
    const { shortcuts } = JSON.parse(await readFile(join(root, 'public', 'manifest.webmanifest'), 'utf8'));
    const names: string[] = shortcuts.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(['Sync', 'Import a CSV file']);
    await a.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await a.profile.goOffline();
    for (const [at, panel] of ['sync-panel', 'import-panel'].entries()) {
      await a.page.goto('about:blank');
      await a.profile.goto(shortcuts[at].url);
      await a.page.getByTestId(panel).waitFor();
    }
    await a.profile.goOnline();
  });

  test('what is typed is saved when the app is left for another one, which may be its end', async () => {
    await a.openList('Hut');
    await a.page.getByTestId('item-title').getByText('Rope').click();
    const note = a.page.getByTestId('detail-note');
    await note.waitFor();
    await a.page.evaluate(() => {
      // No timer that waits for the end of the typing runs any more, as in a page that is frozen.
      const { setTimeout: soon } = window;
      Object.assign(window, {
        setTimeout: (run: () => void, ms = 0) => (ms < 500 ? soon(run, ms) : 0),
      });
    });
    await note.fill('Eight milli');
    // As a phone says it when one goes to another app.
    await a.page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const row = a.page.getByTestId('item-row').filter({ hasText: 'Rope' });
    await row.getByText('has a note').waitFor({ state: 'attached' });
    await a.open();
  });

  test('text that another app shares is kept off the network, and becomes an item of the list that is chosen', async () => {
    await a.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await a.profile.goto('/');
    await expect.poll(() => a.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await a.profile.goOffline();
    await share({ title: 'Stove', text: 'the small one', url: 'https://example.org/stove' });
    await a.page.getByTestId('shared-title').waitFor();
    expect(await a.page.getByTestId('shared-title').inputValue()).toBe('Stove');
    await a.page.getByTestId('shared-list').selectOption({ label: 'Hut' });
    await a.page.getByTestId('shared-add').dblclick();
    await expect.poll(() => a.itemTitles()).toEqual(['Candles', 'Rope', 'Stove']);
    // It is taken once, and what can't be read is nothing, no broken page.
    await share({ title: 'unreadable' }, 'text/plain');
    await a.page.getByText('Nothing was handed over').waitFor();
    expect(a.profile.errors).toEqual([]);
  });
});
