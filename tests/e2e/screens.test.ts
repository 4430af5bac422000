/** The app's screens as a person meets them: what they say in each state, by its real cause, and that the keyboard reaches everything. */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { App } from './app.ts';
import type { RelayProcess } from './relay-process.ts';
import { withTwoDevices } from './two-devices.ts';

let relay: RelayProcess;
let a: App;
let b: App;

withTwoDevices((two) => {
  ({ relay, a, b } = two);
});

const at = (app: App, testId: string): Locator => app.page.getByTestId(testId);
const text = async (app: App, testId: string): Promise<string> => (await at(app, testId).textContent()) ?? '';

async function press(app: App, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await app.page.keyboard.press(key);
}

/** What holds the focus, by its test id or label. */
async function focused(app: App): Promise<string | null> {
  return app.page.evaluate(() => {
    const here = document.activeElement;
    return here?.getAttribute('data-testid') ?? here?.getAttribute('aria-label') ?? here?.tagName ?? null;
  });
}

async function focusedLabel(app: App): Promise<string | null> {
  return app.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
}

const hash = (app: App): string => new URL(app.page.url()).hash;

describe('the screens', () => {
  test('JOIN-1: a link that holds no invitation is refused in words before anything is stored', async () => {
    await a.profile.goto('/');
    await at(a, 'join-link-input').fill('https://example.com/lists');
    await at(a, 'join-open').click();
    await a.page.getByText('There is no invitation in that text').waitFor();
    await at(a, 'join-link-input').fill(`${relay.origin}/#join=AAAA`);
    await at(a, 'join-open').click();
    await at(a, 'trouble').waitFor();
    expect(await at(a, 'trouble').getAttribute('data-code')).toBe('invitation-invalid');
    expect(await a.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await at(a, 'join-not-now').click();
    await at(a, 'create-space').waitFor();
  });

  test('APP-12: a list, its items and an item’s detail are made, ticked, edited and deleted with the keyboard alone', async () => {
    await at(a, 'member-name').focus();
    await a.page.keyboard.type('Ada');
    await press(a, 'Enter');
    await at(a, 'list-add').waitFor();
    await at(a, 'list-add').focus();
    await a.page.keyboard.type('Hut');
    await press(a, 'Enter');
    await expect.poll(() => at(a, 'list-title').inputValue()).toBe('Hut');
    await expect.poll(() => focused(a)).toBe('item-add');
    for (const title of ['Rope', 'Candles', 'Matches']) {
      await a.page.keyboard.type(title);
      await press(a, 'Enter');
    }
    await expect.poll(() => a.itemTitles()).toEqual(['Candles', 'Matches', 'Rope']);

    await at(a, 'item-row').nth(0).getByTestId('item-done').focus();
    await press(a, 'Tab');
    expect(await focused(a)).toBe('item-title');
    await press(a, 'ArrowDown', 'ArrowDown', 'ArrowUp');
    await expect.poll(() => a.page.evaluate(() => document.activeElement?.textContent)).toBe('Candles');
    await press(a, 'Shift+Tab', 'Space');
    await expect.poll(() => at(a, 'item-row').nth(2).getAttribute('data-done')).toBe('true');
    // The row has moved to what is done; the next one has come to its place.
    await expect.poll(() => focusedLabel(a)).toBe('Done: Matches');

    await at(a, 'item-row').nth(0).getByTestId('item-title').focus();
    await press(a, 'Enter');
    await at(a, 'detail-title').waitFor();
    await press(a, 'Tab', 'Tab');
    expect(await focused(a)).toBe('detail-title');
    await press(a, 'End');
    await a.page.keyboard.type(', 8 mm');
    await press(a, 'Escape');
    await at(a, 'item-detail').waitFor({ state: 'detached' });
    await expect.poll(() => a.itemTitles()).toContain('Rope, 8 mm');
    await expect.poll(() => focused(a)).toBe('item-title');

    const rope = at(a, 'item-row').filter({ hasText: 'Rope' });
    await rope.getByTestId('item-delete').focus();
    await press(a, 'Enter');
    await expect.poll(() => a.itemTitles()).not.toContain('Rope, 8 mm');
    await expect.poll(() => a.page.evaluate(() => document.activeElement?.textContent)).toBe('Matches');
    await at(a, 'undo').focus();
    await press(a, 'Enter');
    await expect.poll(() => a.itemTitles()).toContain('Rope, 8 mm');
  });

  test('APP-3, APP-12, APP-14: going offline and back is said on the pill, in the panel, to screen readers, and later in the log', async () => {
    await a.upToDate();
    expect(await at(a, 'pill').getAttribute('data-tone')).toBe('quiet');
    expect(await text(a, 'pill')).toMatch(/^Sync: Up to date +as of /);
    await a.profile.goOffline();
    await a.says('offline');
    await a.addItem('Written far away');
    await expect.poll(() => text(a, 'pill')).toMatch(/^Sync: Offline 1 *$/);
    await expect
      .poll(() => text(a, 'announcement'))
      .toBe('Offline. There is no connection to the server. 1 change only on this computer.');
    await at(a, 'pill').click();
    const reasons = at(a, 'reasons');
    await reasons.getByText('There is no connection to the server.').waitFor();
    await reasons.getByText('1 change is only on this computer.').waitFor();
    expect(await text(a, 'who-has')).toContain('all but the 1 change only here');
    await a.profile.goOnline();
    await a.upToDate();
    expect(await text(a, 'who-has')).toContain('all of your changes');
    await expect.poll(() => text(a, 'announcement')).toBe('Up to date.');
    const log = at(a, 'activity');
    await log.locator('summary').click();
    await log.getByText('Sync worked again').waitFor();
    await log.getByText('Sync failed. There is no connection to the server.').waitFor();
  });

  test('APP-2: each sees the other’s device by name, with what of it is here and whether it has one’s own changes', async () => {
    const link = await a.invite();
    await b.page.goto(link);
    await at(b, 'invitation').waitFor();
    expect(await at(b, 'invitation').getAttribute('data-role')).toBe('writer');
    expect(await text(b, 'invitation')).toContain('7 days left');
    await b.join(link, 'Ben');
    await b.openList('Hut');
    await b.addItem('From Ben');
    await expect.poll(() => a.itemTitles(), { timeout: 30_000 }).toContain('From Ben');
    await at(a, 'pill').click();
    const row = at(a, 'device-row').filter({ hasText: 'Ben’s' });
    await row.getByText('all here').waitFor();
    expect(await row.getAttribute('data-cursor')).toBe(await row.getAttribute('data-head'));
    await expect
      .poll(() => at(a, 'who-has').getByText('On Ben’s').locator('..').textContent(), { timeout: 90_000 })
      .toContain('all of your changes');
  });

  test('APP-6, APP-2: an item says which device wrote each of its values and when, and where that is by now', async () => {
    await b.openList('Hut');
    await b.writeNote('From Ben', 'By Ben');
    await expect.poll(() => a.noteOf('From Ben'), { timeout: 30_000 }).toBe('By Ben');
    await at(a, 'item-done').first().waitFor();
    await at(a, 'item-detail').getByLabel('Priority').selectOption({ index: 1 });
    await at(a, 'authors').locator('summary').click();
    const lines = at(a, 'writing');
    await expect.poll(() => lines.count()).toBe(3);
    expect(await lines.nth(0).textContent()).toMatch(/^PriorityAda’s computer, this device, \d\d:\d\d/i);
    expect(await lines.nth(1).textContent()).toMatch(
      /^NoteBen’s computer, \d\d:\d\dOn this computer, on the server and on Ben/,
    );
    await expect
      .poll(() => lines.nth(0).textContent(), { timeout: 90_000 })
      .toMatch(/On this computer, on the server and on Ben/);
    await a.profile.goOffline();
    await at(a, 'detail-done').check();
    await expect.poll(() => lines.nth(0).textContent()).toMatch(/^Done.*Only on this computer$/);
    await a.profile.goOnline();
    await a.upToDate();
    await at(a, 'detail-done').uncheck();
    await at(a, 'item-detail').getByLabel('Close Item').click();
  });

  test('MRG-11: a value that lost to one that had not seen it is shown, and comes back with one step', async () => {
    await a.openList('Hut');
    await a.upToDate();
    await b.upToDate();
    await a.profile.goOffline();
    await a.retitle('From Ben', 'Ada’s word');
    await b.retitle('From Ben', 'Ben’s word');
    await b.upToDate();
    await a.profile.goOnline();
    // The later of the two stands; whoever lost is told.
    await expect
      .poll(
        async () =>
          [await a.itemTitles(), await b.itemTitles()].flat().filter((title) => title.endsWith('word')),
        {
          timeout: 90_000,
        },
      )
      .toEqual(['Ben’s word', 'Ben’s word']);
    await expect.poll(() => text(a, 'pill-conflicts')).toBe('≠ 1');
    expect(await text(a, 'pill-says')).toContain('1 value was changed by two at once.');
    await at(a, 'pill').click();
    const conflict = at(a, 'conflict');
    await conflict.waitFor();
    const headings = await at(a, 'sync-panel').getByRole('heading', { level: 3 }).allTextContents();
    expect(headings.slice(0, 2)).toEqual(['Changed by two at once', 'Who has your changes']);
    expect(await conflict.textContent()).toContain('Your title “Ada’s word” was replaced by Ben’s');
    await conflict.getByTestId('use-ours').click();
    await conflict.waitFor({ state: 'detached' });
    await at(a, 'pill-conflicts').waitFor({ state: 'detached' });
    await expect.poll(() => b.itemTitles(), { timeout: 30_000 }).toContain('Ada’s word');
  });

  test('what is typed is saved while one types on, and stays when another deletes the item meanwhile', async () => {
    await a.openList('Hut');
    await b.openList('Hut');
    await b.addItem('Firewood');
    await b.upToDate();
    await expect.poll(() => a.itemTitles(), { timeout: 30_000 }).toContain('Firewood');
    const row = at(b, 'item-row').filter({ hasText: 'Firewood' });
    await row.getByTestId('item-title').click();
    await at(b, 'detail-note').focus();
    const note = 'Dry, from the shed behind';
    let isTyping = true;
    const typing = b.page.keyboard.type(note, { delay: 300 }).then(() => {
      isTyping = false;
    });
    await row.getByText('has a note').waitFor({ state: 'attached' });
    expect(isTyping).toBe(true);
    await typing;
    // Deleted by someone who knows all of it: what comes later would bring it back.
    await expect.poll(() => a.noteOf('Firewood'), { timeout: 30_000 }).toBe(note);
    await a.deleteItem('Firewood');
    await at(b, 'gone-item').waitFor({ timeout: 30_000 });
    expect(await at(b, 'gone-text').inputValue()).toBe(note);
    await at(b, 'gone-restore').click();
    await expect.poll(() => at(b, 'detail-note').inputValue()).toBe(note);
    await expect.poll(() => a.itemTitles(), { timeout: 30_000 }).toContain('Firewood');
    expect(await a.noteOf('Firewood')).toBe(note);
  });

  test('APP-12: “back” closes a question, and does not open a panel again that was closed', async () => {
    await a.openList('Hut');
    const place = hash(a);
    await at(a, 'pill').click();
    await at(a, 'sync-panel').getByLabel('Close Sync').click();
    await at(a, 'sync-panel').waitFor({ state: 'detached' });
    await expect.poll(() => hash(a)).toBe(place);
    await expect.poll(() => focused(a)).toBe('pill');
    await at(a, 'settings').click();
    await at(a, 'settings-panel').waitFor();
    await at(a, 'invite').click();
    await at(a, 'invite-make').waitFor();
    await a.page.goBack();
    await at(a, 'invite-make').waitFor({ state: 'detached' });
    await expect.poll(() => hash(a)).toBe(place);
    await a.page.goBack();
    await expect.poll(() => at(a, 'list-title').count()).toBe(0);
    expect(await at(a, 'sync-panel').count()).toBe(0);
    await a.page.goForward();
  });

  test('APP-12: on a narrow phone the longest state keeps the header in one line, and the time is seen', async () => {
    await a.openList('Hut');
    await a.upToDate();
    const whole = a.page.viewportSize();
    await a.page.setViewportSize({ width: 360, height: 740 });
    await expect
      .poll(() =>
        at(a, 'pill')
          .locator('.pill-time')
          .evaluate((time) => time.lastChild?.nodeValue),
      )
      .toMatch(/^\d{1,2}:\d\d/);
    expect(await at(a, 'pill').locator('.pill-time').isVisible()).toBe(true);
    expect(await at(a, 'pill').locator('.wide').isVisible()).toBe(false);
    const measured = () =>
      a.page.evaluate(() => {
        const bar = document.querySelector('.bar');
        const word = document.querySelector('.pill-word')?.firstChild;
        if (!bar || !word) throw new Error('No header');
        const before = bar.clientHeight;
        const said = word.nodeValue;
        word.nodeValue = 'Server trouble, and for long';
        const after = bar.clientHeight;
        const isWide = document.documentElement.scrollWidth > innerWidth;
        word.nodeValue = said;
        return { grows: after - before, isWide };
      });
    expect(await measured()).toEqual({ grows: 0, isWide: false });
    const session = await a.profile.context.newCDPSession(a.page);
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
    await at(a, 'item-add').fill('Half a line');
    const add = a.page.getByRole('button', { name: 'Add', exact: true });
    // A finger's target, as theme.css says.
    await expect.poll(async () => (await add.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await at(a, 'item-add').fill('');
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: false });
    await session.detach();
    if (whole !== null) await a.page.setViewportSize(whole);
  });

  test('APP-7: a space with unsent changes is erased only after the person has agreed to lose that very number', async () => {
    await b.upToDate();
    await b.profile.goOffline();
    await b.addItem('Lost one');
    await at(b, 'settings').click();
    await at(b, 'erase').click();
    await expect.poll(() => text(b, 'unsent')).toContain('1 change is only on this computer');
    expect(await at(b, 'erase-confirm').isDisabled()).toBe(true);
    await at(b, 'agree-to-lose').check();
    await at(b, 'erase-confirm').click();
    await at(b, 'create-space').waitFor();
    await b.page.reload();
    await at(b, 'create-space').waitFor();
    await b.profile.goOnline();
  });

  test('APP-18: a reader is offered nothing to write with, and a step that is refused is not shown as done', async () => {
    await a.openList('Hut');
    await at(a, 'invite').click();
    await at(a, 'role-reader').check();
    await at(a, 'invite-make').click();
    const link = await at(a, 'invite-link').inputValue();
    await press(a, 'Escape');
    await b.page.goto(link);
    await at(b, 'member-name').fill('Bo');
    await at(b, 'join').click();
    await at(b, 'pill').waitFor();
    await b.openList('Hut');
    await at(b, 'read-only').waitFor();
    expect(await at(b, 'read-only').count()).toBe(1);
    for (const control of ['item-add', 'list-add', 'item-delete', 'list-delete', 'invite']) {
      expect([control, await at(b, control).count()]).toEqual([control, 0]);
    }
    const box = at(b, 'item-done').first();
    expect(await box.isDisabled()).toBe(true);
    // As it would be pressed if the role changed at that moment.
    await box.evaluate((input) => input.removeAttribute('disabled'));
    const isChecked = await box.isChecked();
    await box.click();
    await b.page.getByText('You can read this space but not change it.').waitFor();
    await expect.poll(() => box.isChecked()).toBe(isChecked);
  });

  test('a second space is made beside the first, and both are there after a reload', async () => {
    await a.profile.goto('/#/new');
    await at(a, 'member-name').fill('Ada at work');
    await at(a, 'create-space').click();
    await at(a, 'list-add').waitFor();
    expect(await at(a, 'list-row').count()).toBe(0);
    await a.importCsv('work.csv', 'list,title\r\nDesk,Lamp\r\n');
    await at(a, 'space-switch').selectOption({ label: 'Ada’s lists' });
    await at(a, 'list-row').getByText('Hut').waitFor();
    // What was imported into another space is not taken back from this one.
    await a.page.evaluate(() => {
      location.hash = '#/import';
    });
    await a.page.getByText('1 new list from work.csv, in another space.').waitFor();
    expect(await at(a, 'csv-undo').count()).toBe(0);
    await at(a, 'space-switch').selectOption({ label: 'Ada at work’s lists' });
    await at(a, 'list-row').getByText('Desk').waitFor();
    await a.page.evaluate(() => {
      location.hash = '#/import';
    });
    await at(a, 'csv-undo').click();
    await at(a, 'list-row').waitFor({ state: 'detached' });
    await at(a, 'space-switch').selectOption({ label: 'Ada’s lists' });
    await at(a, 'list-row').getByText('Hut').waitFor();
    await a.reload();
    await at(a, 'list-row').getByText('Hut').waitFor();
  });

  test('APP-7: the only device of a space erases it only after agreeing to destroy it; other tabs then claim nothing of it', async () => {
    await at(a, 'space-switch').selectOption({ label: 'Ada at work’s lists' });
    await a.upToDate();
    const other = await a.profile.context.newPage();
    await other.goto(a.page.url());
    await other.getByTestId('pill').waitFor();
    await at(a, 'settings').click();
    await at(a, 'erase').click();
    await expect.poll(() => text(a, 'unsent')).toContain('You are the only one who can open this space');
    expect(await at(a, 'erase-confirm').isDisabled()).toBe(true);
    await at(a, 'agree-to-lose').check();
    await at(a, 'erase-confirm').click();
    await other.getByText('This space was erased in another tab.').waitFor();
    expect(await other.getByTestId('pill').count()).toBe(0);
    await at(a, 'list-row').getByText('Hut').waitFor();
    await other.getByTestId('erased-go-on').click();
    await other.getByTestId('list-row').getByText('Hut').waitFor();
    await other.close();
  });

  test('nothing was refused by the Content-Security-Policy and no error was left unhandled', () => {
    expect(a.profile.errors).toEqual([]);
    expect(b.profile.errors).toEqual([]);
  });
});
