/** Work in the lists as people do it: order by hand, sorts and filters, several items at once, search, and what was deleted elsewhere. */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { App } from './app.ts';
import { withTwoDevices } from './two-devices.ts';

let a: App;
let b: App;

withTwoDevices(async (two) => {
  ({ a, b } = two);
  await a.createSpace('Ada');
  await a.addList('Hut');
  for (const title of ['Rope', 'Candles', 'Matches', 'Bread']) await a.addItem(title);
});

const at = (app: App, testId: string): Locator => app.page.getByTestId(testId);

/** Titles on the screen from the top down. */
async function titles(app: App): Promise<string[]> {
  const rows = await at(app, 'item-row').evaluateAll((all) =>
    all.map((row) => ({
      top: row.getBoundingClientRect().top,
      title: row.querySelector('[data-testid="item-title"] bdi')?.textContent ?? '',
    })),
  );
  return rows.sort((x, y) => x.top - y.top).map(({ title }) => title);
}

const row = (app: App, title: string): Locator => at(app, 'item-row').filter({ hasText: title });

describe('one list', () => {
  test('APP-12: new items come last; keys and the pointer put them in another order, which is told, kept, and seen elsewhere', async () => {
    expect(await titles(a)).toEqual(['Rope', 'Candles', 'Matches', 'Bread']);
    await row(a, 'Bread').getByTestId('item-title').focus();
    await a.page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => titles(a)).toEqual(['Rope', 'Candles', 'Bread', 'Matches']);
    // The focus goes with the row, so that the same key moves it on.
    await a.page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => titles(a)).toEqual(['Rope', 'Bread', 'Candles', 'Matches']);
    await a.page.getByText('Bread: now 2 of 4.').waitFor({ state: 'attached' });

    // Let go before the code that carries it has come: nothing is carried.
    await row(a, 'Matches')
      .getByTestId('item-grip')
      .evaluate((grip) => {
        const pointer = { pointerId: 77, button: 0, bubbles: true };
        grip.dispatchEvent(new PointerEvent('pointerdown', pointer));
        grip.dispatchEvent(new PointerEvent('pointerup', pointer));
      });
    const from = await row(a, 'Matches').getByTestId('item-grip').boundingBox();
    const to = await row(a, 'Rope').boundingBox();
    if (from === null || to === null) throw new Error('the rows are not on the screen');
    await row(a, 'Matches').hover();
    await a.page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await a.page.mouse.down();
    await a.page.mouse.move(from.x, to.y + to.height / 2, { steps: 5 });
    await a.page.locator('.drop-line:not([hidden])').waitFor({ state: 'attached' });
    await a.page.mouse.up();
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Rope', 'Bread', 'Candles']);
    expect(await a.page.locator('.drop-line').count()).toBe(0);

    await row(a, 'Candles').getByTestId('item-title').click();
    await at(a, 'move-up').click();
    await a.page.getByText('Now 3 of 4, by hand.').waitFor();
    await a.page.keyboard.press('Escape');
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
    await b.openList('Hut');
    await expect.poll(() => titles(b)).toEqual(['Matches', 'Rope', 'Candles', 'Bread']);
  });

  test('sorts and filters show what they say; a sort is remembered for its list, and what is added is never out of sight', async () => {
    await row(a, 'Bread').getByTestId('item-title').click();
    await at(a, 'detail-due').fill('2024-02-29');
    await at(a, 'detail-priority').selectOption('1');
    await a.page.keyboard.press('Escape');
    await at(a, 'list-sort').selectOption('due');
    await expect.poll(() => titles(a)).toEqual(['Bread', 'Matches', 'Rope', 'Candles']);
    await at(a, 'list-filter').selectOption('late');
    await expect.poll(() => titles(a)).toEqual(['Bread']);
    await at(a, 'list-filter').selectOption('done');
    await a.page.getByText('Nothing here is “Done”.').waitFor();
    await a.addItem('Axe');
    await expect.poll(() => titles(a)).toEqual(['Bread', 'Matches', 'Rope', 'Candles', 'Axe']);
    await a.reload();
    await a.openList('Hut');
    await expect.poll(() => at(a, 'list-sort').inputValue()).toBe('due');
    await at(a, 'list-sort').selectOption('hand');
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Rope', 'Candles', 'Bread', 'Axe']);
  });

  test('several items are chosen, by a range too, and what is done to them is taken back with one key', async () => {
    await at(a, 'choose').click();
    await at(a, 'item-choose').nth(0).click();
    await at(a, 'item-choose')
      .nth(2)
      .click({ modifiers: ['Shift'] });
    expect(await at(a, 'chosen-count').textContent()).toBe('3 selected');
    await at(a, 'chosen-done').click();
    await expect.poll(() => at(a, 'item-count').getAttribute('data-open')).toBe('2');
    await at(a, 'undo').waitFor();
    await a.page.keyboard.press('Control+z');
    await expect.poll(() => at(a, 'item-count').getAttribute('data-open')).toBe('5');
    expect(await titles(a)).toEqual(['Matches', 'Rope', 'Candles', 'Bread', 'Axe']);

    // With the keyboard alone: x chooses, Escape ends, on a row and on the bar.
    const choose = async (): Promise<void> => {
      await row(a, 'Rope').getByTestId('item-title').focus();
      await a.page.keyboard.press('x');
      await expect.poll(() => at(a, 'chosen-count').textContent()).toBe('1 selected');
    };
    const end = async (): Promise<void> => {
      await a.page.keyboard.press('Escape');
      await at(a, 'selection').waitFor({ state: 'detached' });
    };
    await choose();
    await end();
    await choose();
    await at(a, 'choose-all').focus();
    await end();
    await choose();
    await a.page.keyboard.press('Control+a');
    await expect.poll(() => at(a, 'chosen-count').textContent()).toBe('5 selected');
    // Arrows go through a closed menu; Enter takes what they came upon.
    await at(a, 'chosen-priority').focus();
    await a.page.keyboard.press('ArrowDown');
    await a.page.keyboard.press('ArrowDown');
    await expect.poll(() => at(a, 'chosen-priority').inputValue()).toBe('2');
    expect(await at(a, 'chosen-count').textContent()).toBe('5 selected');
    await a.page.keyboard.press('Enter');
    await a.page.getByText('Priority of 5 items: Medium.').waitFor();
    await at(a, 'undo').click();
    await at(a, 'choose').click();
    await at(a, 'choose-all').click();
    await expect.poll(() => at(a, 'chosen-count').textContent()).toBe('5 selected');
    await at(a, 'chosen-delete').click();
    await a.page.getByText('5 items were deleted.').waitFor();
    await expect.poll(() => titles(a)).toEqual([]);
    await at(a, 'undo').click();
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Rope', 'Candles', 'Bread', 'Axe']);
  });

  test('APP-12: the key Delete deletes the item that has the focus, which goes on to the next, and the message goes when it is back', async () => {
    await row(a, 'Rope').getByTestId('item-title').focus();
    await a.page.keyboard.press('Delete');
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Candles', 'Bread', 'Axe']);
    const message = a.page.getByText('“Rope” was deleted.');
    await message.waitFor();
    expect(await a.page.evaluate(() => document.activeElement?.textContent)).toContain('Candles');
    // As long as its button holds the focus it does not go by itself. Ben brings the item back: there is nothing left to take back.
    await at(a, 'undo').focus();
    await b.restore('Rope');
    await message.waitFor({ state: 'detached' });
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Rope', 'Candles', 'Bread', 'Axe']);
  });
});

describe('all lists', () => {
  test('APP-12: lists are put in order by hand with keys and the pointer, and the arrows go from one to the next', async () => {
    const names = (app: App): Promise<string[]> => at(app, 'list-row').allTextContents();
    for (const title of ['Garden', 'Trip']) await a.addList(title);
    await expect.poll(() => names(a)).toEqual(['Garden', 'Hut', 'Trip']);
    await at(a, 'list-row').nth(1).focus();
    await a.page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => names(a)).toEqual(['Hut', 'Garden', 'Trip']);
    await a.page.keyboard.press('ArrowDown');
    expect(await a.page.evaluate(() => document.activeElement?.textContent)).toBe('Garden');
    const open = new URL(a.page.url()).hash;
    const to = await at(a, 'list-row').nth(0).boundingBox();
    await at(a, 'list-row').nth(2).hover();
    const grip = await at(a, 'list-grip').nth(2).boundingBox();
    if (grip === null || to === null) throw new Error('the lists are not on the screen');
    await a.page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
    await a.page.mouse.down();
    await a.page.mouse.move(grip.x, to.y + to.height / 2, { steps: 5 });
    await a.page.locator('.drop-line:not([hidden])').waitFor({ state: 'attached' });
    await a.page.mouse.up();
    await expect.poll(() => names(a)).toEqual(['Trip', 'Hut', 'Garden']);
    // Carrying a list opens none.
    expect(new URL(a.page.url()).hash).toBe(open);
  });

  test('an import is taken back as a whole, with the lists that it made', async () => {
    const csv = 'list,title\r\nNew one,First\r\nHut,Second\r\n';
    expect(await a.importCsv('both.csv', csv)).toEqual({ rows: 2, lists: 1, faults: 0 });
    await at(a, 'csv-undo').click();
    await a.page.getByText('2 items from both.csv were taken back.').waitFor();
    await a.openList('Hut');
    expect(await titles(a)).not.toContain('Second');
    expect(await at(a, 'list-row').allTextContents()).not.toContain('New one');
  });

  test('APP-12: an item goes to another list from its own page, and the focus stays in the list that it left', async () => {
    const onScreen = (): Promise<boolean> =>
      a.page.evaluate(() => document.activeElement?.matches('.items .window a, .lists a') ?? false);
    await row(a, 'Axe').getByTestId('item-title').click();
    await at(a, 'detail-list').selectOption({ label: 'Garden' });
    await row(a, 'Axe').waitFor({ state: 'detached' });
    await a.page.keyboard.press('Escape');
    await expect.poll(onScreen).toBe(true);
    await a.openList('Garden');
    await row(a, 'Axe').getByTestId('item-title').click();
    await at(a, 'detail-list').selectOption({ label: 'Hut' });
    await row(a, 'Axe').waitFor({ state: 'detached' });
    await a.page.keyboard.press('Escape');
    await expect.poll(onScreen).toBe(true);
  });

  test('search finds words in titles, notes and names of lists, whatever the case, and leads to them and back', async () => {
    await a.addList('Provisions for the hut');
    await a.addItem('Crème fraîche');
    await a.writeNote('Crème fraîche', 'for the soup with bread');
    await a.page.keyboard.press('Escape');
    await a.page.keyboard.press('Control+k');
    await expect
      .poll(() => a.page.evaluate(() => document.activeElement?.getAttribute('data-testid')))
      .toBe('search-field');
    await a.page.keyboard.type('BREAD');
    await expect.poll(() => titles(a)).toEqual(['Bread', 'Crème fraîche']);
    await at(a, 'search-field').fill('creme');
    await expect.poll(() => titles(a)).toEqual(['Crème fraîche']);
    expect(new URL(a.page.url()).hash).toBe('#/search');
    await at(a, 'item-title').click();
    await expect.poll(() => at(a, 'detail-title').inputValue()).toBe('Crème fraîche');
    await a.page.keyboard.press('Escape');
    await expect.poll(() => at(a, 'search-field').inputValue()).toBe('creme');
    await at(a, 'search-field').fill('hut');
    await expect.poll(() => at(a, 'found-list').allTextContents()).toEqual(['Hut', 'Provisions for the hut']);
    await at(a, 'search-field').fill('nowhere at all');
    await a.page.getByText('Nothing here has “nowhere at all” in it.').waitFor();
  });

  test('MRG-4, MRG-8: what another device deleted is found with who did it, and a list comes back with all it hid', async () => {
    await b.openList('Hut');
    await b.deleteItem('Axe');
    await b.deleteOpenList();
    await b.upToDate();
    await a.page.evaluate(() => {
      location.hash = '#/deleted';
    });
    const list = at(a, 'deleted-row').filter({ hasText: 'Hut' });
    await expect.poll(() => list.textContent()).toMatch(/List with 4 items, deleted on Ben’s computer/);
    await a.page.getByText('4 items are hidden because the list is deleted.').waitFor();
    const next = await at(a, 'restore').nth(1).getAttribute('aria-label');
    await list.getByTestId('restore').click();
    await list.waitFor({ state: 'detached' });
    // Its button went with it: the next one is at hand.
    expect(await a.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(next);
    await a.openList('Hut');
    await expect.poll(() => titles(a)).toEqual(['Matches', 'Rope', 'Candles', 'Bread']);

    // One is deleted and another added, and both come at once: there are as many as before.
    await a.upToDate();
    await b.openList('Hut');
    await b.profile.goOffline();
    await b.deleteItem('Candles');
    await b.addItem('Lamp');
    await a.page.evaluate(() => {
      location.hash = '#/deleted';
    });
    await at(a, 'deleted-row').filter({ hasText: 'Axe' }).waitFor();
    await b.profile.goOnline();
    await at(a, 'deleted-row').filter({ hasText: 'Candles' }).waitFor();
  });

  test('on a phone one column with a bar under the thumb reaches lists, search, invitations and settings', async () => {
    await a.page.setViewportSize({ width: 360, height: 640 });
    const bar = a.page.getByRole('navigation', { name: 'Places' });
    await bar.getByText('Search').click();
    await at(a, 'search-field').waitFor();
    await bar.getByText('Settings').click();
    await at(a, 'settings-panel').waitFor();
    expect(await bar.getByText('Settings').getAttribute('aria-current')).toBe('page');
    await bar.getByText('Invite').click();
    await at(a, 'invite-make').waitFor();
    await a.page.keyboard.press('Escape');
    await bar.getByText('Lists').click();
    await at(a, 'list-add').waitFor();
    // A finger that hits what stands below a title opens the item as well.
    await at(a, 'list-row').filter({ hasText: 'Hut' }).first().click();
    const marks = await row(a, 'Bread').getByText('High').boundingBox();
    if (marks === null) throw new Error('the priority is not on the screen');
    await a.page.mouse.click(marks.x + marks.width / 2, marks.y + marks.height / 2);
    await expect.poll(() => at(a, 'detail-title').inputValue()).toBe('Bread');
    await bar.getByText('Lists').click();
    await at(a, 'list-add').waitFor();
    // Nothing is wider than the phone, and the bar is at its end.
    expect(await a.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const box = await bar.boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBe(640);
    // A desk's page at 400 %: all of a list is still within reach.
    await a.page.setViewportSize({ width: 320, height: 256 });
    await at(a, 'list-row').filter({ hasText: 'Hut' }).first().click();
    await at(a, 'item-add').click();
    await row(a, 'Bread').getByTestId('item-title').click();
    await expect.poll(() => at(a, 'detail-title').inputValue()).toBe('Bread');
    expect(await a.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await a.page.keyboard.press('Escape');
    await a.page.setViewportSize({ width: 640, height: 360 });
    await at(a, 'choose').click();
    await at(a, 'item-choose').first().click();
    await expect.poll(() => at(a, 'chosen-count').textContent()).toBe('1 selected');
    // On a phone that lies on its side, what can be done to it stays in sight.
    const steps = await at(a, 'selection').boundingBox();
    expect((steps?.y ?? 360) + (steps?.height ?? 0)).toBeLessThanOrEqual((await bar.boundingBox())?.y ?? 0);
    await at(a, 'choose-end').click();
    expect(a.profile.errors).toEqual([]);
    expect(b.profile.errors).toEqual([]);
  });

  test('APP-18: an import whose tab crashes in the middle is told of at the next opening, and only then', async () => {
    await a.page.evaluate(() => {
      location.hash = '#/import';
    });
    const buffer = Buffer.from(`list,title\n${'Heap,One of many\n'.repeat(50_000)}`);
    await at(a, 'csv-file').setInputFiles({ name: 'heap.csv', mimeType: 'text/csv', buffer });
    await at(a, 'csv-start').click();
    const written = async (): Promise<number> =>
      Number(await at(a, 'csv-progress').getAttribute('data-rows'));
    await expect.poll(written).toBeGreaterThan(0);
    await a.profile.crashTab();
    await a.open();
    const message = a.page.getByText('The import of heap.csv was cut off half-way.');
    await message.waitFor();
    await a.reload();
    await at(a, 'list-row').getByText('Heap').waitFor();
    expect(await message.count()).toBe(0);
  });
});
