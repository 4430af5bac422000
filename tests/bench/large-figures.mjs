/** The figures of large spaces: 100,000 and a million rows in pages, beside what IndexedDB itself takes for the same rows. */
import { serialize } from 'node:v8';
import { repeated } from './repeated.mjs';
import { WorkerMemory } from './worker-memory.mjs';

/** @typedef {import('./figures.mjs').Figure} Figure */
/** @typedef {import('./figures.mjs').Measured} Measured */
/** @typedef {import('./browser.mjs').BenchBrowser} BenchBrowser */
/** @typedef {import('playwright-core').Page} Page */

const rows = 100_000;
const million = 1_000_000;
/** One less than what would be folded by itself. */
const opsAbove = 19_999;
/** Of the figures of a million rows, which take minutes. */
const fewRuns = 1;

/** @param {BenchBrowser} browser @param {number} count @param {(page: Page) => Promise<Measured[]>} work */
function onLargeSpace(browser, count, work) {
  return browser.onNewDevice(async (page) => {
    await page.evaluate((count) => bench.makeLarge(count), count);
    return work(page);
  });
}

/**
 * Each on a device of its own: what one leaves behind in the browser would slow the next.
 * @param {BenchBrowser} browser @param {number} runs @param {number} count @param {'sorted' | 'shuffled'} order
 */
function imports(browser, runs, count, order) {
  return repeated(runs, () =>
    browser.onNewDevice(async (page) => {
      const memory = await WorkerMemory.watch(page);
      const ours = await page.evaluate(
        ([count, order]) => bench.importRows(count, order),
        /** @type {const} */ ([count, order]),
      );
      const peak = await memory.end();
      const limit = await page.evaluate(
        ([count, order]) => bench.importBare(count, order),
        /** @type {const} */ ([count, order]),
      );
      return { ours, limit, note: `peak memory of the worker ${(peak / 1e6).toFixed(0)} MB` };
    }),
  );
}

/** @param {BenchBrowser} browser @param {number} runs @param {number} count @param {'new' | 'patches'} what */
function openingTimes(browser, runs, count, what) {
  return browser.onNewDevice(async (page) => {
    await page.evaluate((count) => bench.makeLarge(count), count);
    await page.evaluate(
      ([ops, what]) => bench.writeAbove(ops, what),
      /** @type {const} */ ([opsAbove, what]),
    );
    await page.evaluate(() => bench.openLarge());
    const times = [];
    for (let i = 0; i < runs; i++) times.push(await page.evaluate(() => bench.openLarge()));
    return times;
  });
}

/**
 * The journal holds new rows; what patches of rows all over the pages cost instead is in the note.
 * @param {BenchBrowser} browser @param {number} count @param {number} limit
 */
async function opening(browser, count, limit) {
  const times = await openingTimes(browser, 9, count, 'new');
  const patched = (await openingTimes(browser, 3, count, 'patches')).sort((a, b) => a - b);
  const note = `${patched[1]?.toFixed(0)} ms where these are patches of rows at random`;
  return times.map((ours) => ({ ours, limit, note }));
}

/** @type {readonly Figure[]} */
export const largeFigures = [
  {
    // Written as local changes of 500 rows, until all are durable and folded; one bare put a row in one transaction.
    name: 'import-100k',
    unit: 'ms',
    atMost: 0.4,
    run: (browser) => imports(browser, 5, rows, 'sorted'),
  },
  {
    name: 'import-1m',
    unit: 'ms',
    atMost: 0.4,
    slow: true,
    run: (browser) => imports(browser, fewRuns, million, 'sorted'),
  },
  {
    // Ids at random, and an index of random values.
    name: 'import-1m-shuffled',
    unit: 'ms',
    atMost: 1,
    slow: true,
    run: (browser) => imports(browser, fewRuns, million, 'shuffled'),
  },
  {
    // From the page's call until it has the first 50 rows of an indexed order, with 19,999 ops in the journal above the pages; less the
    // same of an empty space.
    name: 'open-100k',
    unit: 'ms',
    atMost: 1,
    run: (browser) => opening(browser, rows, 150),
  },
  {
    name: 'open-1m',
    unit: 'ms',
    atMost: 1,
    slow: true,
    run: (browser) => opening(browser, million, 250),
  },
  {
    // One after the other, in a new worker; as many bare gets, in another.
    name: 'get-1000-random',
    unit: 'ms',
    atMost: 1.4,
    run: (browser) =>
      onLargeSpace(browser, rows, async (page) => {
        await page.evaluate(() => bench.getRandom(100));
        return repeated(9, () => page.evaluate(() => bench.getRandom(1000)));
      }),
  },
  {
    // The first 50 rows of a list by their due date, through the whole library.
    name: 'query-indexed-p50',
    unit: 'ms',
    atMost: 1,
    run: (browser) =>
      onLargeSpace(browser, rows, (page) =>
        repeated(5, async () => ({ ours: await page.evaluate(() => bench.queryWarm(200)), limit: 2 })),
      ),
  },
  {
    // The same in a new worker, which has nothing but the opened store; 50 bare gets, one after the other, in another.
    name: 'query-indexed-cold',
    unit: 'ms',
    atMost: 1.5,
    run: (browser) =>
      onLargeSpace(browser, rows, async (page) => {
        await page.evaluate(() => bench.queryCold(0));
        let run = 0;
        return repeated(15, () => page.evaluate((run) => bench.queryCold(run), ++run));
      }),
  },
  {
    // A count of rows with a value that no index has; a bare getAll.
    name: 'scan-100k',
    unit: 'ms',
    atMost: 0.8,
    run: (browser) =>
      onLargeSpace(browser, rows, async (page) => {
        await page.evaluate(() => bench.scanLarge());
        return repeated(7, () => page.evaluate(() => bench.scanLarge()));
      }),
  },
  {
    // As local-write-p50, above 100,000 rows and with a live query of 50 rows open for each of 50 lists.
    name: 'local-write-p50-live',
    unit: 'ms',
    atMost: 2,
    run: (browser) =>
      onLargeSpace(browser, rows, async (page) => {
        await page.evaluate(() => bench.writeLive(100));
        return repeated(5, () => page.evaluate(() => bench.writeLive(500)));
      }),
  },
  {
    // What lies in the pages, rows and indexes; bare rows as the engine stores them, with their keys.
    name: 'disk-bytes',
    unit: 'MB',
    atMost: 0.9,
    run: (browser) =>
      repeated(1, () =>
        browser.onNewDevice(async (page) => {
          const { pages, journal, ours, bare } = await page.evaluate((count) => bench.diskBytes(count), rows);
          const some = await page.evaluate(() => bench.sample(1000));
          // A key is kept as it is compared: two bytes a character and three around them.
          const bytes = some.reduce(
            (/** @type {number} */ sum, row) => sum + serialize(row).length + 26 * 2 + 3,
            0,
          );
          const mb = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
          return {
            ours: pages / 1e6,
            limit: (bytes / some.length) * (rows / 1e6),
            note: `the journal ${mb(journal)} MB; by the browser's estimate the space ${mb(ours)}, bare rows ${mb(bare)} MB`,
          };
        }),
      ),
  },
];
