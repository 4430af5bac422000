/** Every screen and state that one device or two can be brought to, looked at on a phone and on a desk, light and dark (APP-12). */
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import type { App } from './app.ts';
import { look } from './look.ts';
import type { RelayProcess } from './relay-process.ts';
import { withTwoDevices } from './two-devices.ts';

let relay: RelayProcess;
let a: App;
let b: App;
const faults: string[] = [];

withTwoDevices((two) => {
  ({ relay, a, b } = two);
});

const at = (app: App, testId: string): Locator => app.page.getByTestId(testId);

async function see(app: App, name: string): Promise<void> {
  faults.push(...(await look(app.page, name)));
}

async function go(app: App, hash: string, testId: string): Promise<void> {
  await app.page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await at(app, testId).first().waitFor();
}

async function openFold(app: App, testId: string): Promise<void> {
  await at(app, testId).locator('summary').click();
}

test('APP-12, APP-4: from the first run to two people at work, each screen passes axe in both themes and both sizes', async () => {
  await a.profile.goto('/');
  await at(a, 'create-space').waitFor();
  await see(a, 'first-run');
  await at(a, 'join-link-input').fill(`${relay.origin}/#join=AAAA`);
  await at(a, 'join-open').click();
  await at(a, 'trouble').waitFor();
  await see(a, 'invitation-invalid');
  await at(a, 'join-not-now').click();

  await a.createSpace('Ada');
  await a.upToDate();
  await see(a, 'no-lists');
  await a.addList('Hut');
  await see(a, 'list-empty');
  await a.addList('Garden');
  await a.importCsv(
    'Hut.csv',
    'list,title,done,priority,due,note\nHut,Rope,,1,2024-02-29,8 mm\nHut,Candles,,2,2199-12-24,\nHut,"Matches, the long ones that burn in the wind",,3,,\nHut,Map,x,,,\n',
  );
  await see(a, 'import-report');
  await a.page.getByText('Import another file').click();
  await a.openList('Hut');
  await a.upToDate();
  await see(a, 'list');
  await at(a, 'list-filter').selectOption('late');
  await see(a, 'list-filtered');
  await at(a, 'list-filter').selectOption('all');
  await at(a, 'choose').click();
  await at(a, 'item-choose').nth(1).click();
  await see(a, 'choose');
  await at(a, 'chosen-done').click();
  await at(a, 'undo').waitFor();
  await see(a, 'undo');
  await at(a, 'undo').click();
  await at(a, 'item-row').filter({ hasText: 'Rope' }).getByTestId('item-title').click();
  await at(a, 'detail-note').waitFor();
  await see(a, 'item');

  await go(a, '#/search', 'search-field');
  await see(a, 'search');
  await at(a, 'search-field').fill('a');
  await at(a, 'found-list').waitFor();
  await see(a, 'search-found');

  await go(a, '#/import', 'csv-file');
  await see(a, 'import');
  await at(a, 'csv-file').setInputFiles({
    name: 'Trip.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('title,due\nBoots,2027-01-01\nStove,soon\n'),
  });
  await at(a, 'csv-start').waitFor();
  await see(a, 'import-columns');
  await at(a, 'csv-start').click();
  await at(a, 'csv-fault').first().waitFor();
  await see(a, 'import-faults');

  await go(a, '#/deleted', 'deleted-panel');
  await a.page.getByText('Nothing is deleted.').waitFor();
  await see(a, 'deleted-nothing');
  await a.openList('Garden');
  await a.addItem('Beans');
  await a.deleteOpenList();
  await go(a, '#/deleted', 'deleted-row');
  await see(a, 'deleted');
  await go(a, '#/list/none', 'pill');
  await a.page.getByText('This list is not here.').waitFor();
  await see(a, 'list-gone');

  await go(a, '#/settings', 'settings-panel');
  await a.page.getByText('Keys', { exact: true }).click();
  await see(a, 'settings');
  await go(a, '#/sync', 'sync-panel');
  await a.upToDate();
  await see(a, 'sync');
  await openFold(a, 'exact-terms');
  await openFold(a, 'activity');
  await at(a, 'activity-line').first().waitFor();
  await see(a, 'sync-exact');
  await go(a, '#/new', 'create-space');
  await see(a, 'another-space');
  await go(a, '#/', 'list-add');

  await at(a, 'invite').click();
  await at(a, 'invite-make').waitFor();
  await see(a, 'invite');
  await at(a, 'invite-make').click();
  const link = await at(a, 'invite-link').inputValue();
  await see(a, 'invite-link');
  await a.page.keyboard.press('Escape');
  await b.page.goto(link);
  await at(b, 'join').waitFor();
  await see(b, 'join');
  await at(b, 'join-not-now').click();
  await b.join(link, 'Ben');
  await b.upToDate();
  await go(b, '#/sync', 'sync-panel');
  await see(b, 'sync-two');
  expect(faults).toEqual([]);
});

test('APP-12, APP-4: what goes wrong passes axe as well: offline, a conflict, an item gone, a question before a loss', async () => {
  await a.openList('Hut');
  await b.openList('Hut');
  await b.upToDate();
  await b.profile.goOffline();
  await b.says('offline');
  await b.retitle('Rope', 'Rope, 10 mm');
  await see(b, 'offline');
  await go(b, '#/sync', 'sync-panel');
  await see(b, 'sync-offline');
  await go(b, '#/settings', 'erase');
  await at(b, 'erase').click();
  await at(b, 'erase-confirm').waitFor();
  await see(b, 'erase-unsent');
  await b.page.keyboard.press('Escape');

  await a.retitle('Rope', 'Rope, 8 mm');
  await a.upToDate();
  await b.profile.goOnline();
  await b.upToDate();
  for (const app of [a, b]) await app.upToDate();
  // Of two titles that had not seen each other one lost, on the device that wrote it.
  const loser = await Promise.race(
    [a, b].map(async (app) => {
      await at(app, 'pill-conflicts').waitFor();
      return app;
    }),
  );
  await go(loser, '#/sync', 'conflict');
  await see(loser, 'conflict');

  await a.openList('Hut');
  await a.page.getByTestId('item-title').getByText('Candles').click();
  await at(a, 'detail-note').fill('Twelve of them');
  await b.openList('Hut');
  // A note that is written after the deletion would bring the item back.
  await at(b, 'item-row')
    .filter({ hasText: 'Candles' })
    .getByText('has a note')
    .waitFor({ state: 'attached' });
  await b.deleteItem('Candles');
  await at(a, 'gone-item').waitFor();
  await see(a, 'item-gone');

  await at(a, 'invite').click();
  await at(a, 'role-reader').click();
  await at(a, 'invite-make').click();
  const link = await at(a, 'invite-link').inputValue();
  await a.page.keyboard.press('Escape');
  await go(b, '#/settings', 'erase');
  await at(b, 'erase').click();
  await at(b, 'erase-confirm').click();
  await at(b, 'create-space').waitFor();
  await b.page.goto(link);
  await at(b, 'member-name').fill('Cleo');
  await at(b, 'device-name').fill('Cleo’s tablet');
  await at(b, 'join').click();
  await at(b, 'list-row').first().click();
  await at(b, 'read-only').first().waitFor();
  await see(b, 'reader');
  await at(b, 'item-title').first().click();
  await at(b, 'item-detail').waitFor();
  await see(b, 'reader-item');
  expect(faults).toEqual([]);
  expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
});
