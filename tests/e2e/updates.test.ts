/**
 * A newer build of the app while an older one runs: it waits for the person, or for the last tab, and no tab is ever made of two
 * builds. Three real builds, each of which notes its name in every realm that runs a part of it.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { App } from './app.ts';
import { appBuilds } from './app-builds.ts';
import { EngineDevice, enginesHere } from './engine-device.ts';
import { look } from './look.ts';
import { Network } from './network.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { Tab } from './tab.ts';
import { until } from './waiting.ts';

let relay: RelayProcess;
let profile: Profile;
let files: Awaited<ReturnType<typeof appBuilds<'one' | 'two' | 'three'>>>;
let first: Tab;
let oldest: Tab;

beforeAll(async () => {
  files = await appBuilds('one', 'two', 'three');
  relay = await RelayProcess.start();
  profile = await Profile.open(relay);
  profile.network.serves(files('one'));
});
afterAll(async () => {
  await profile?.dispose();
  await relay?.dispose();
});

const names = (): string[] => [...(Reflect.get(globalThis, 'cairnBuilds') ?? [])];

/** The builds whose code has run in this tab, in its page and in its worker. */
async function runs({ page }: { readonly page: Page }): Promise<string> {
  const [worker] = page.workers();
  const all = [...(await page.evaluate(names)), ...((await worker?.evaluate(names)) ?? [])];
  return [...new Set(all)].sort().join(' and ');
}

/** Has the browser look for a newer build, as it does by itself at a visit; gives what came of one that was found. */
function lookForBuild({ page }: { readonly page: Page }): Promise<string> {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const { installing } = registration;
    if (installing === null) return registration.waiting === null ? 'none' : 'installed';
    return new Promise<string>((resolve) => {
      installing.addEventListener('statechange', () => resolve(installing.state));
    });
  });
}

const line = ({ page }: { readonly page: Page }) => page.getByTestId('update');
const takeUpdate = ({ page }: { readonly page: Page }) => page.getByTestId('take-update');

/** Switches this tab to the newer build; where something is not sent yet, also when asked. */
async function agree(tab: Tab): Promise<void> {
  await tab.mark();
  await takeUpdate(tab).click();
  const confirm = tab.page.getByTestId('update-confirm');
  const look = async (): Promise<boolean> => {
    if ((await confirm.count()) > 0) await confirm.click({ timeout: 1_000 }).catch(() => {});
    return tab.isMarked();
  };
  // Nothing can be asked of a page while it is loaded anew.
  await until(
    'the tab is reloaded',
    () => look().catch(() => true),
    (is) => !is,
  );
  await tab.shown();
}

/** Only what the service worker keeps counts: the browser's own cache may forget any file at any time. */
async function forgetFiles({ page }: { readonly page: Page }): Promise<void> {
  const session = await profile.context.newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await session.detach();
}

/** Ends all tabs of the app, and leaves the browser running. */
async function closeTabs(): Promise<void> {
  const before = profile.context.pages();
  await profile.context.newPage();
  for (const page of before) await page.close();
}

async function openTab(): Promise<Tab> {
  return Tab.open(profile, relay.origin);
}

describe('a newer build', () => {
  test('APP-11: the first visit says when the app is ready to start without a connection', async () => {
    const app = new App(profile);
    await app.createSpace('Ada');
    await app.page.getByText('Ready offline').waitFor();
    expect(await app.page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state)).toBe(
      'activated',
    );
    await app.addList('Hut');
    await app.addItem('Rope');
    await app.upToDate();
    first = await Tab.of(profile, app.page);
    expect(await runs(first)).toBe('one');
  });

  test('APP-10: is not stored when some of its files are those of yet another build', async () => {
    const page = files('three').get('/index.html');
    if (page === undefined) throw new Error('A build without a page');
    profile.network.serves(new Map([...files('two'), ['/index.html', page], ['/', page]]));
    expect(await lookForBuild(first)).toBe('redundant');
    await first.reload();
    expect(await runs(first)).toBe('one');
    expect(await line(first).count()).toBe(0);
  });

  test('APP-9, APP-10, TEST-11: waits; the tab goes on with parts of its own build that it had not loaded, also under the new one', async () => {
    profile.network.serves(files('two'));
    await first.openList('Hut');
    // A visit is when browsers look for a newer build.
    const second = await openTab();
    await line(first).getByText('A new version of Cairn is ready.').waitFor();
    await line(second).getByText('A new version of Cairn is ready.').waitFor();
    await first.page.reload();
    await first.page.getByTestId('item-title').getByText('Rope').click();
    await first.page.getByTestId('detail-note').fill('Eight millimetres, and');
    await first.page.getByTestId('item-add').fill('Cand');
    expect([await runs(first), await runs(second)]).toEqual(['one', 'one']);

    await first.mark();
    await agree(second);
    expect(await runs(second)).toBe('two');
    expect(await line(second).count()).toBe(0);

    await line(first).getByText('Another tab has switched to a new version of Cairn.').waitFor();
    expect(await first.isMarked()).toBe(true);
    expect(await first.page.getByTestId('item-add').inputValue()).toBe('Cand');
    // Not loaded before, and not on the server any more.
    await forgetFiles(first);
    await first.page.getByTestId('invite').click();
    await first.page.getByTestId('invite-make').waitFor();
    await first.page.keyboard.press('Escape');
    expect(await runs(first)).toBe('one');
    await second.openList('Hut');
    await second.addItem('Matches');
    await expect.poll(() => first.itemTitles()).toEqual(['Matches', 'Rope']);
    await second.page.close();
  });

  test('APP-9: nothing that is being typed is lost by the reload that a person agrees to', async () => {
    await first.page.getByTestId('detail-note').fill('Eight millimetres, and thirty metres');
    await agree(first);
    expect(await runs(first)).toBe('two');
    expect(await first.page.getByTestId('item-add').inputValue()).toBe('Cand');
    await expect
      .poll(() => first.page.getByTestId('detail-note').inputValue())
      .toBe('Eight millimetres, and thirty metres');
    await first.page.getByTestId('item-add').fill('');
  });

  test('APP-7, APP-9, APP-12: with changes that are only here the person is shown how many, and is asked again when there are more', async () => {
    await first.upToDate();
    profile.network.serves(files('three'));
    expect(await lookForBuild(first)).toBe('installed');
    await profile.goOffline();
    await first.addItem('Candles');
    await first.mark();
    await takeUpdate(first).click();
    const question = first.page.getByTestId('update-unsent');
    await question.getByText('1 change is only on this computer').waitFor();
    expect(await look(first.page, 'update-unsent')).toEqual([]);
    const other = await openTab();
    await other.openList('Hut');
    await other.addItem('Map');
    await question.getByText('2 changes are only on this computer').waitFor();
    await first.page.getByRole('button', { name: 'Not now' }).click();
    expect(await first.isMarked()).toBe(true);
    expect(await runs(first)).toBe('two');
  });

  test('APP-7: whoever leaves is shown how many changes are only here, and agrees anew when another tab writes one more', async () => {
    await first.page.getByTestId('settings').click();
    await first.page.getByTestId('erase').click();
    const loss = first.page.getByTestId('unsent');
    await loss.getByText('2 changes are only on this computer').waitFor();
    await first.page.getByTestId('agree-to-lose').check();
    expect(await first.page.getByTestId('erase-confirm').isEnabled()).toBe(true);
    const [, other] = profile.context.pages();
    await other?.getByTestId('item-add').fill('Lamp');
    await other?.keyboard.press('Enter');
    await loss.getByText('3 changes are only on this computer').waitFor();
    expect(await first.page.getByTestId('agree-to-lose').isChecked()).toBe(false);
    expect(await first.page.getByTestId('erase-confirm').isDisabled()).toBe(true);
    await first.page.getByRole('button', { name: 'Keep it' }).click();
  });

  test('APP-9: the last tab closes with something unsent: the newer build goes on waiting, and nothing is lost', async () => {
    await closeTabs();
    first = await openTab();
    expect(await runs(first)).toBe('two');
    await line(first).getByText('A new version of Cairn is ready.').waitFor();
    await first.openList('Hut');
    await expect.poll(() => first.itemTitles()).toEqual(['Candles', 'Lamp', 'Map', 'Matches', 'Rope']);
    oldest = await openTab();
    await takeUpdate(first).click();
    await first.page.getByText('3 changes are only on this computer').waitFor();
    await first.page.getByTestId('update-confirm').click();
    await until(
      'the newer build runs',
      () => runs(first).catch(() => ''),
      (is) => is === 'three',
    );
    await first.shown();
    await expect.poll(() => first.itemTitles()).toEqual(['Candles', 'Lamp', 'Map', 'Matches', 'Rope']);
    expect(await first.page.getByTestId('pill').locator('.pill-number').first().textContent()).toBe('3');
    await profile.goOnline();
    await first.upToDate();
  });

  test('APP-10: a tab that is two builds behind goes on with parts of its own', async () => {
    // Another build than the one that is opened is a newer one, also when it has been here before.
    profile.network.serves(files('one'));
    expect(await lookForBuild(first)).toBe('installed');
    await agree(first);
    expect(await runs(first)).toBe('one');
    await forgetFiles(oldest);
    await oldest.page.getByTestId('settings').click();
    await oldest.page.getByTestId('settings-panel').waitFor();
    expect(await runs(oldest)).toBe('two');
  });

  test('APP-9: the last tab closes with nothing unsent: the next one is of the newer build', async () => {
    profile.network.serves(files('two'));
    expect(await lookForBuild(first)).toBe('installed');
    await first.page.reload();
    await first.shown();
    expect(await runs(first)).toBe('one');
    await first.upToDate();
    // The browser takes a moment to notice that there is no tab any more.
    const openAnew = async (): Promise<string> => {
      await closeTabs();
      first = await openTab();
      return runs(first);
    };
    await until('the newer build runs', openAnew, (is) => is === 'two');
    expect(await line(first).count()).toBe(0);
    await first.openList('Hut');
    await expect.poll(() => first.itemTitles()).toEqual(['Candles', 'Lamp', 'Map', 'Matches', 'Rope']);
    expect(profile.errors).toEqual([]);
  });
});

test.for(enginesHere().filter((engine) => engine !== 'chromium'))(
  'TEST-11, APP-9, APP-10: in %s too it waits, switches when the person agrees, and a page is made of one build',
  async (engine) => {
    const network = await Network.open(relay.port);
    network.serves(files('one'));
    // Not the relay's own origin: what is written here stays here.
    const device = await EngineDevice.open(engine, `http://localhost:${network.port}`);
    try {
      await device.createSpace('Ada');
      await device.addList('Hut');
      await device.readyOffline();
      network.serves(files('two'));
      await device.reload();
      await device.sees('update', ['A new version of Cairn is ready.']);
      expect(await device.texts('cairnBuilds')).toEqual(['one']);
      await device.click('take-update');
      await device.sees('update-unsent', ['only on this computer']);
      await device.click('update-confirm');
      await until(
        'the newer build runs',
        () => device.texts('cairnBuilds').catch(() => []),
        (builds) => builds.join() === 'two',
      );
      network.cut();
      await device.reload();
      await device.sees('list-row', ['Hut']);
      expect(await device.texts('cairnBuilds')).toEqual(['two']);
    } finally {
      await device.close();
      await network.close();
    }
  },
);
