import type { Locator, Page } from 'playwright-core';
import type { Profile } from './profile.ts';
import { syncMs, until } from './waiting.ts';

/** The app as a person uses it, on one device. Every step waits for what it brings about. */
export class App {
  readonly profile: Profile;

  constructor(profile: Profile) {
    this.profile = profile;
  }

  get page(): Page {
    return this.profile.page;
  }

  #at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Opens the app and makes a new space. */
  async createSpace(memberName: string): Promise<void> {
    await this.profile.goto('/');
    await this.#at('member-name').fill(memberName);
    await this.#at('device-name').fill(`${memberName}’s computer`);
    await this.#at('create-space').click();
    await this.#at('list-add').waitFor();
  }

  /** Opens the app on a device that has a space already. */
  async open(): Promise<void> {
    await this.profile.goto('/');
    await this.#at('list-add').waitFor();
  }

  /** Reloads the page as a person does, where they are. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#at('list-add').waitFor();
  }

  async invite(): Promise<string> {
    await this.#at('invite').click();
    await this.#at('invite-make').click();
    const link = await this.#at('invite-link').inputValue();
    await this.page.keyboard.press('Escape');
    return link;
  }

  /** Opens the invitation and joins; rows may still be arriving then. */
  async join(link: string, memberName: string): Promise<void> {
    await this.page.goto(link);
    await this.#at('member-name').fill(memberName);
    await this.#at('device-name').fill(`${memberName}’s computer`);
    await this.#at('join').click();
    await this.#at('list-add').waitFor();
  }

  /** Goes to a place of the app by its address. */
  async #go(hash: string): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  async addList(title: string): Promise<void> {
    await this.#at('list-add').fill(title);
    await this.page.keyboard.press('Enter');
    await until(
      'the list is open',
      () => this.#at('list-title').inputValue(),
      (name) => name === title,
    );
  }

  async openList(title: string): Promise<void> {
    await this.#go('#/');
    await this.#at('list-row').getByText(title, { exact: true }).click();
    await until(
      'the list is open',
      () => this.#at('list-title').inputValue(),
      (name) => name === title,
    );
  }

  /** Deletes the list that is open. */
  async deleteOpenList(): Promise<void> {
    await this.#at('list-delete').click();
    await this.#at('list-title').waitFor({ state: 'detached' });
  }

  async addItem(title: string): Promise<void> {
    await this.typeItem(title);
    await this.#item(title).waitFor();
  }

  /** Types an item and presses Enter; what then becomes of it is the test's to see. */
  async typeItem(title: string): Promise<void> {
    await this.#at('item-add').fill(title);
    await this.page.keyboard.press('Enter');
  }

  #item(title: string): Locator {
    const exact = this.page.getByTestId('item-title').getByText(title, { exact: true });
    return this.#at('item-row').filter({ has: exact });
  }

  /** The titles on screen of the list that is open. */
  async itemTitles(): Promise<string[]> {
    return (await this.#at('item-title').allTextContents()).sort();
  }

  /** How many items the list that is open has, on screen or not. */
  /** How many items the open list has, once they have come. */
  async itemCount(): Promise<number> {
    const counted = () => this.#at('item-count').getAttribute('data-all');
    return Number(await until('the items of the list are here', counted, (count) => count !== null));
  }

  async retitle(title: string, to: string): Promise<void> {
    await this.#openItem(title);
    await this.#at('detail-title').fill(to);
    await this.#at('detail-title').blur();
    await this.#item(to).waitFor();
  }

  async writeNote(title: string, note: string): Promise<void> {
    await this.#openItem(title);
    await this.#at('detail-note').fill(note);
    await this.#at('detail-note').blur();
    await this.#item(title).getByText('has a note').waitFor({ state: 'attached' });
  }

  async noteOf(title: string): Promise<string> {
    await this.#openItem(title);
    return this.#at('detail-note').inputValue();
  }

  async #openItem(title: string): Promise<void> {
    await this.#item(title).getByTestId('item-title').click();
    await until(
      'the item is open',
      () => this.#at('detail-title').inputValue(),
      (name) => name === title,
    );
  }

  async tick(title: string): Promise<void> {
    await this.#item(title).getByTestId('item-done').click();
    await until(
      'the item is done',
      () => this.#item(title).getAttribute('data-done'),
      (done) => done === 'true',
    );
  }

  async deleteItem(title: string): Promise<void> {
    await this.#item(title).getByTestId('item-delete').click();
    await this.#item(title).waitFor({ state: 'detached' });
  }

  /** Restores what was deleted on this device. */
  async restore(title: string): Promise<void> {
    const before = new URL(this.page.url()).hash;
    await this.#go('#/deleted');
    const row = this.#at('deleted-row').filter({ hasText: title });
    await row.getByTestId('restore').click();
    await row.waitFor({ state: 'detached' });
    await this.#go(before);
  }

  /** Imports a CSV file to its end. */
  async importCsv(name: string, csv: string): Promise<{ rows: number; lists: number; faults: number }> {
    await this.#go('#/import');
    await this.#at('csv-file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await this.#at('csv-start').click();
    const report = this.#at('csv-report');
    await report.waitFor({ timeout: 120_000 });
    const count = async (of: string): Promise<number> => Number(await report.getAttribute(`data-${of}`));
    return { rows: await count('rows'), lists: await count('lists'), faults: await count('faults') };
  }

  /** The kinds of reasons why this device is not up to date; empty when it is. */
  async reasons(): Promise<string[]> {
    const kinds = (await this.#at('pill').getAttribute('data-kind')) ?? '';
    return kinds === '' ? [] : kinds.split(' ');
  }

  /** Waits until the app itself says that everything is synced. */
  async upToDate(): Promise<void> {
    await until(
      'up to date',
      () => this.reasons(),
      (reasons) => reasons.length === 0,
      syncMs,
    );
  }

  /** Waits until the app names this as one of the reasons why it is not up to date. */
  async says(reason: string): Promise<void> {
    await until(
      `says ${reason}`,
      () => this.reasons(),
      (reasons) => reasons.includes(reason),
      syncMs,
    );
  }

  /** Asks for a sync now, as the button in the sync panel does, and waits for its end. */
  async syncNow(): Promise<void> {
    await this.#go('#/sync');
    await this.#at('sync-now').click();
    await until('the sync asked for is over', () => this.#at('sync-now').isEnabled(), Boolean, syncMs);
  }

  async #exactTerms(): Promise<Locator> {
    await this.#go('#/sync');
    const fold = this.#at('exact-terms');
    await fold.evaluate((details) => {
      if (details instanceof HTMLDetailsElement) details.open = true;
    });
    return fold;
  }

  /** The digest over all rows, cells and stamps, as the app computes it now. */
  async digest(): Promise<string> {
    await this.#exactTerms();
    await this.#at('digest-again').click();
    const digest = this.#at('digest');
    // State and text in one look: a change of status in between has it computed anew.
    const look = () =>
      digest.evaluate((at) => (at.getAttribute('data-state') === 'ready' ? at.textContent : null));
    return (await until('the digest is computed', look, (text) => text !== null)) ?? '';
  }

  /** Rows that can be seen, and rows that wait for their list. */
  async rows(): Promise<{ shown: number; hidden: number }> {
    await this.#exactTerms();
    const text = (await this.#at('exact-rows').textContent()) ?? '';
    const [shown = Number.NaN, hidden = Number.NaN] = (text.match(/\d+/g) ?? []).map(Number);
    return { shown, hidden };
  }

  /** Waits until the app says that it can be opened without a network. */
  async readyOffline(): Promise<void> {
    await this.#go('#/settings');
    const state = (): Promise<string | null> => this.#at('offline-ready').getAttribute('data-state');
    await until('ready for offline', state, (is) => is === 'ready', 60_000);
  }
}

/** Waits until all devices say that they are up to date and hold the same rows; gives their one digest. */
export async function converged(...apps: readonly App[]): Promise<string> {
  const digests = async (): Promise<string[]> => {
    // Each may be up to date with what it has heard of while what another pushed a moment ago is still on its way.
    for (const app of apps) await app.upToDate();
    return Promise.all(apps.map((app) => app.digest()));
  };
  // A change of status in between has it computed anew: then there is no digest to read for a moment.
  const isOne = (all: readonly string[]): boolean =>
    new Set(all).size === 1 && all.every((digest) => /^[0-9a-f]{64}$/.test(digest));
  const [digest = ''] = await until('one digest', digests, isOne, syncMs);
  for (const app of apps) await app.upToDate();
  return digest;
}
