/** The first visit: what is said before anything is kept, and the ways in, by an address that is not secure and in an installed app too. */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { App } from './app.ts';
import { look } from './look.ts';
import type { RelayProcess } from './relay-process.ts';
import { withTwoDevices } from './two-devices.ts';

/** How often the page has asked the browser to keep its storage. */
declare global {
  var timesAsked: number;
}

let relay: RelayProcess;
let a: App;
/** Of someone who has no space yet. */
let b: App;
let link: string;

withTwoDevices(async (two) => {
  ({ relay, a, b } = two);
  await a.page.addInitScript(() => {
    globalThis.timesAsked = 0;
    if (!isSecureContext) return;
    navigator.storage.persist = async () => {
      globalThis.timesAsked += 1;
      return false;
    };
  });
});

const at = (testId: string): Locator => a.page.getByTestId(testId);
const asked = () => a.page.evaluate(() => globalThis.timesAsked);
const databases = () => a.page.evaluate(async () => (await indexedDB.databases()).length);

describe('the first visit', () => {
  test('APP-5, APP-12: over plain http it names what is missing and where the recipe is, starts nothing, and leaves an invitation as it is', async () => {
    const elsewhere = 'http://cairn.home.arpa';
    await a.profile.context.route(`${elsewhere}/**`, async (route) => {
      const path = new URL(route.request().url()).pathname;
      await route.fulfill({ response: await route.fetch({ url: relay.origin + path }) });
    });
    const address = `${elsewhere}/#join=AAAA`;
    await a.page.goto(address);
    await at('not-secure').waitFor();
    const said = (await at('not-secure').textContent()) ?? '';
    for (const words of [
      'without https',
      'encryption and offline storage',
      'docs/relay.md',
      'HTTPS at home',
    ]) {
      expect(said).toContain(words);
    }
    expect(said).toContain('invitation');
    expect(await look(a.page, 'not-secure')).toEqual([]);
    expect(a.page.url()).toBe(address);
    expect(a.page.workers()).toEqual([]);
    expect(await databases()).toBe(0);
    expect(a.profile.errors).toEqual([]);
  });

  test('APP-5, STORE-23: says before the first write that not every window keeps things, and asks for lasting storage at that write', async () => {
    // What was asked for before there was a space is shown when there is one.
    await a.profile.goto('/#/shared');
    await at('create-space').waitFor();
    await at('keeping-hint').getByText('private window').waitFor();
    expect([await databases(), await asked()]).toEqual([0, 0]);
    await at('member-name').fill('Ada');
    await at('create-space').click();
    await at('shared-panel').waitFor();
    expect(await asked()).toBe(1);
    await a.open();
    expect(await asked()).toBe(0);
    await a.addList('Hut');
    await a.upToDate();
    expect(await asked()).toBe(1);
    link = await a.invite();
  });

  test('APP-5, APP-12: where storage is known to vanish, this is said before a space is made and before a join', async () => {
    const page = await b.profile.context.newPage();
    // As private windows of Firefox and Safari answer; `engines.test.ts` asks a real one.
    await page.addInitScript(() => {
      navigator.storage.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'));
      // What a tab of Safari on an iPhone is told.
      Object.assign(navigator, { standalone: false });
    });
    for (const [address, step, name] of [
      [relay.origin, 'create-space', 'first-run-private'],
      [link, 'join', 'join-private'],
    ] as const) {
      await page.goto(address);
      await page.getByTestId(step).waitFor();
      await page.getByRole('alert').getByText('vanishes when this private window closes').waitFor();
      expect(await look(page, name)).toEqual([]);
      expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    }
    // An invitation that is tapped opens in the browser, also for those who have the app.
    await b.profile.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: relay.origin });
    await page.getByTestId('copy-for-app').click();
    await page.getByText('Open the app and choose “Paste invitation”').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
    await page.close();
  });
});

describe('an installed app with storage of its own', () => {
  test('JOIN-1, APP-5, APP-12: that finds no space says why, and takes an invitation that was copied in the browser', async () => {
    const { page } = b;
    // What an app on the home screen of an iPhone is told.
    await page.addInitScript(() => Object.assign(navigator, { standalone: true }));
    await b.profile.goto('/');
    await page.getByTestId('apart').getByText('storage of its own').waitFor();
    expect(await look(page, 'first-run-installed')).toEqual([]);
    await page.evaluate((text) => navigator.clipboard.writeText(text), 'Hello');
    await page.getByTestId('join-paste').click();
    await page.getByText('There is no invitation in that text').waitFor();
    await page.evaluate((text) => navigator.clipboard.writeText(text), `Join me: ${link}`);
    await page.getByTestId('join-paste').click();
    await page.getByTestId('invitation').waitFor();
    await page.getByTestId('member-name').fill('Ada');
    await page.getByTestId('join').click();
    await page.getByTestId('list-row').getByText('Hut').waitFor();
    await b.profile.goto('/#/new');
    await page.getByTestId('create-space').waitFor();
    expect(await page.getByTestId('apart').count()).toBe(0);
    expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
  });
});
