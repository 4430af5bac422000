/** Every figure: how it is measured, and the greatest ratio to its limit. */
import { firstLoad } from './first-load.mjs';
import { largeFigures } from './large-figures.mjs';
import { repeated } from './repeated.mjs';
import { startToRows } from './start-to-rows.mjs';

/** @typedef {{ours: number, limit: number, note?: string}} Measured */
/** @typedef {{name: string, unit: string, atMost: number, slow?: true, run: (browser: import('./browser.mjs').BenchBrowser) => Promise<Measured[]>}} Figure */

/** @type {readonly Figure[]} */
export const figures = [
  {
    // One local write until durable, through the whole library and its worker, offline; one bare put in its own transaction.
    name: 'local-write-p50',
    unit: 'ms',
    atMost: 1.5,
    run: (browser) =>
      browser.onNewDevice(async (page) => {
        await page.evaluate(() => bench.localWrite(100));
        return repeated(9, () => page.evaluate(() => bench.localWrite(500)));
      }),
  },
  {
    // 1,000 sealed one-row entries of one author, from bytes until applied and durable; 1,000 bare puts in one
    // transaction and SHA-256 of the same bytes.
    name: 'apply-1000-changesets',
    unit: 'ms',
    atMost: 0.7,
    run: (browser) =>
      browser.onNewDevice(async (page) => {
        await page.evaluate(() => bench.applyEntries(1000));
        return repeated(15, () => page.evaluate(() => bench.applyEntries(1000)));
      }),
  },
  {
    // 10,000 rows, 500 a changeset, onto a device that has none, from the moment it is online until they are readable and
    // durable, over loopback; one bare put a row in one transaction.
    name: 'first-sync-10k',
    unit: 'ms',
    atMost: 0.5,
    run: (browser) =>
      browser.onNewDevice(async (source) => {
        const count = 10_000;
        const once = () =>
          browser.onNewDevice(async (device) => {
            const link = await source.evaluate((relay) => bench.startSource(relay), browser.relay);
            await device.evaluate((text) => bench.joinEmpty(text), link);
            await device.context().setOffline(true);
            await source.evaluate((rows) => bench.fillSource(rows), count);
            const measured = device.evaluate((rows) => bench.firstSync(rows), count);
            await device.waitForFunction(() => document.title === 'ready');
            await device.context().setOffline(false);
            return measured;
          });
        await once();
        return repeated(7, once);
      }),
  },
  {
    // What page and worker load before the rows of a space are on the screen; the rest, loaded after them, in the note.
    name: 'bundle-gzip',
    unit: 'KB',
    atMost: 1,
    run: (browser) =>
      repeated(5, () =>
        browser.onNewProfile(async (page) => {
          const { kilobytes, later } = await firstLoad(page, browser.relay);
          return {
            ours: kilobytes,
            limit: 70,
            note: `${later.toFixed(1)} KB more are loaded behind the rows`,
          };
        }),
      ),
  },
  {
    // The app, in the browser before, opened without a network: from the start of the navigation until 50 rows are on the
    // screen, of 1,000 in the space.
    name: 'start-to-rows',
    unit: 'ms',
    atMost: 1,
    run: (browser) => browser.onNewProfile((page) => startToRows(page, browser.relay, 15)),
  },
  ...largeFigures,
];
