/**
 * A real worker in real Chromium, killed at awaits that a seed chooses while it folds its journal into pages: the store opens each
 * time, holds what was acknowledged, misses no page, and in the end keeps none that nothing leads to.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSeed } from '../property.ts';
import { KillSite } from './seeded-kills/site.ts';

/** A share of what `npm run soak` runs. */
const kills = Number(process.env.KILLS ?? 12);
const rows = Number(process.env.ROWS ?? 8_000);

let site: KillSite;

beforeAll(async () => {
  site = await KillSite.start('folding.html');
});

afterAll(async () => {
  await site?.dispose();
});

const sum = (points: Readonly<Record<string, number>>): number =>
  Object.values(points).reduce((total, count) => total + count, 0);

test(`STORE-1, STORE-4, STORE-7, STORE-8, STORE-25: ${kills} kills of a worker at seeded awaits of a compaction of ${rows} rows: the store opens each time, unchanged, and keeps no page for nothing`, {
  // Several times what it takes where nothing else runs.
  timeout: 120_000 + kills * (2_000 + rows / 4),
}, async () => {
  const started = performance.now();
  const errors: string[] = [];
  const page = await site.open(errors);
  await page.waitForFunction(() => 'endureFolding' in globalThis);
  const seed = runSeed();
  const report = await page.evaluate((all) => endureFolding(...all), [seed, rows, kills] as const);
  const { folding, opening, whole, folds, unheard, mostUnnamed, ofBefore, end } = report;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${kills} kills from seed ${seed} in ${seconds} s over ${rows} rows, ${folds} whole compactions; ` +
      `${unheard} writes unheard; up to ${mostUnnamed} pages for nothing; in the end`,
    end,
    '\nkilled in compactions at',
    folding,
    '\nof',
    whole,
    '\nand while opening at',
    opening,
  );
  expect(errors).toEqual([]);
  expect(sum(folding)).toBe(kills);
  // Every kind of await that a compaction and its sweep come to was one at which it was killed.
  for (const kind of ['pages put', 'pages get', 'pages delete', 'journal add', 'saved put']) {
    expect(whole[`indexedDB ${kind} success`], kind).toBeGreaterThan(0);
  }
  for (const kind of Object.keys(whole)) expect(folding[kind], kind).toBeGreaterThan(0);
  expect(sum(opening)).toBeGreaterThan(0);
  // Kills did leave something to be swept. The first sweep that comes to its end leaves what is new in the base before; the next, nothing.
  expect(mostUnnamed).toBeGreaterThan(0);
  expect(ofBefore).toBeLessThanOrEqual(end.pages);
  expect(end).toMatchObject({ above: 0, unnamed: 0, indexes: 3 });
  expect(end.rows).toBeGreaterThanOrEqual(rows);
  expect(end.pages).toBeGreaterThan(rows / 500);
});
