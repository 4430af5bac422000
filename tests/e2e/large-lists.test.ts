/**
 * How long the page stands still with large lists. Limits are those of the requirement: no task of the main thread over 50 ms, no key
 * press over 100 ms until the screen shows it. A machine that others use stops threads for as long as it likes, so a busy loop beside
 * the browser says whether it did: where the loop ran evenly, the clock counts; else the time for which the main thread had the
 * processor, which is all that the product can answer for. A task that is too long by that is too long anywhere.
 *
 * `ITEMS=100000` runs the whole, as `npm run soak` does; without it a share.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { App } from './app.ts';
import { blankFrames, presentedFrames, rowBox } from './drawn-rows.ts';
import { type Task, type Watched, watchMainThread } from './main-thread.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';

const items = Number(process.env.ITEMS ?? 20_000);
const taskMs = 50;
const keyMs = 100;
/** A loop of a few milliseconds that never takes half as long again was never stopped. */
const evenStretch = 1.5;

/** Of a row of the list, in pixels. */
const rowHeight = 52;

const list = 'Everything';

describe('a list of many items', () => {
  let relay: RelayProcess;
  let app: App;
  let folder: string;
  beforeAll(async () => {
    relay = await RelayProcess.start();
    app = new App(await Profile.open(relay));
    folder = await mkdtemp(join(tmpdir(), 'cairn-large-'));
  });
  afterAll(async () => {
    await app?.profile.dispose();
    await relay?.dispose();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('APP-13: while thousands of rows are imported into the list that is open, a person types, and no key press waits', async () => {
    const { page } = app;
    await app.createSpace('Ada');
    await app.addList(list);
    await app.addItem('A letter');
    await page.getByTestId('item-title').getByText('A letter', { exact: true }).click();
    await page.getByTestId('detail-note').waitFor();
    const letter = await page.evaluate(() => location.hash);

    // By its path: what is handed over as bytes is unpacked in the page.
    const file = join(folder, 'everything.csv');
    await writeFile(file, csvOf(items));
    await go(page, letter.replace(/\/item\/.*/, '/import'));
    await page.getByTestId('csv-file').setInputFiles(file);
    await page.getByTestId('csv-start').waitFor();
    let typed = '';
    const watched = await watchMainThread(page, async () => {
      await page.getByTestId('csv-start').click();
      await go(page, letter);
      await page.getByTestId('detail-note').click();
      for (const letter of forEver('the quick brown fox jumps over the lazy dog ')) {
        await page.keyboard.press(letter === ' ' ? 'Space' : letter);
        typed += letter;
        if (typed.length % 10 === 0 && (await importedAll(page))) break;
      }
    });
    expect(typed.length, 'keys pressed during the import').toBeGreaterThan(20);
    expect(await page.getByTestId('detail-note').inputValue()).toBe(typed);
    expect(watched.keys.length).toBeGreaterThanOrEqual(2 * typed.length);
    expect(tooLong(watched, watched.keys, keyMs)).toEqual([]);
    expect(tooLong(watched, watched.tasks, taskMs)).toEqual([]);
  });

  test('APP-13: a list of many items is opened, scrolled and written to, and the page never stands still', async () => {
    const { page } = app;
    await app.reload();
    let seen = { frames: 0, blank: [] as readonly string[] };
    const watched = await watchMainThread(page, async () => {
      await app.openList(list);
      await page.waitForFunction(
        (count) =>
          document.querySelector('[data-testid="item-count"]')?.getAttribute('data-all') === String(count),
        items + 1,
      );
      seen = await blankFrames(page, async () => {
        await scrollFast(page);
        await jumpAbout(page);
      });
      await page.locator(rowBox).evaluate((box) => box.scrollTo(0, 0));
      await page.getByText('A letter', { exact: true }).waitFor();
      await page.getByTestId('item-done').first().click();
      await page.getByText('A letter', { exact: true }).waitFor({ state: 'detached' });
      await page.getByTestId('item-add').click();
      await page.keyboard.type('One more');
      await page.keyboard.press('Enter');
      await page.getByText('One more', { exact: true }).waitFor();
    });
    expect(seen.frames).toBeGreaterThan(30);
    expect(seen.blank).toEqual([]);
    expect(watched.keys.length).toBeGreaterThanOrEqual(2 * 'One more'.length);
    expect(tooLong(watched, watched.keys, keyMs)).toEqual([]);
    expect(tooLong(watched, watched.tasks, taskMs)).toEqual([]);
  });

  test('APP-13: no blank row is on the screen either while a long list is scrolled fast', async () => {
    const { page } = app;
    await page.evaluate((box) => document.querySelector(box)?.scrollTo(0, 0), rowBox);
    const { frames, blank } = await presentedFrames(page, rowHeight, () => scrollFast(page));
    expect(frames).toBeGreaterThan(5);
    expect(blank).toBe(0);
  });
});

/** Turns the wheel over the list as fast as a hand can, down and up again: some thousand pixels with each turn. */
async function scrollFast(page: Page): Promise<void> {
  const rect = await page.locator(rowBox).boundingBox();
  if (rect === null) throw new Error('There is no list on the screen');
  await page.mouse.move(rect.x + rect.width / 2, rect.y + rect.height / 2);
  for (const by of [3_000, -3_000]) {
    for (let turn = 0; turn < 15; turn += 1) await page.mouse.wheel(0, by);
  }
}

/** To places all over the list, as by its scroll bar; each for two frames. */
async function jumpAbout(page: Page): Promise<void> {
  await page.evaluate(async (selector) => {
    const box = document.querySelector(selector);
    const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(done));
    for (let jump = 1; box !== null && jump <= 20; jump += 1) {
      box.scrollTop = ((jump * 7919) % 1000) * (box.scrollHeight / 1000);
      await frame();
      await frame();
    }
  }, rowBox);
}

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

function csvOf(count: number): string {
  const lines = Array.from({ length: count }, (_, i) =>
    [list, `Item ${i} of a long list`, `Some words about item ${i}`, i % 7 === 0 ? 'yes' : ''].join(','),
  );
  return `list,title,note,done\n${lines.join('\n')}\n`;
}

function* forEver(text: string): Generator<string> {
  for (;;) yield* text;
}

async function importedAll(page: Page): Promise<boolean> {
  return (await page.getByTestId('item-count').getAttribute('data-all')) === String(items + 1);
}

/** Those that took longer than they may, in words. */
function tooLong({ stretch }: Watched, taken: readonly Task[], limitMs: number): string[] {
  const isEven = stretch < evenStretch;
  return taken
    .filter(({ wallMs, cpuMs }) => (isEven ? wallMs : cpuMs) > limitMs)
    .map(
      ({ wallMs, cpuMs }) =>
        `${wallMs.toFixed(0)} ms, with the processor for ${cpuMs.toFixed(0)}; the loop beside it took up to ${stretch.toFixed(1)} times as long`,
    );
}
