/**
 * A real worker in real Chromium, killed at awaits that a seed chooses, on two devices at once that sync over a real relay
 * process: it opens again each time, nothing acknowledged is missing, nothing is there twice, and in the end both agree.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSeed } from '../property.ts';
import { RelayProcess } from './relay-process.ts';
import { KillSite } from './seeded-kills/site.ts';
import { until } from './waiting.ts';

/** Over both devices: a share of what `npm run soak` runs. */
const kills = Number(process.env.KILLS ?? 40);

let relay: RelayProcess;
let site: KillSite;

beforeAll(async () => {
  relay = await RelayProcess.start();
  site = await KillSite.start('page.html');
});

afterAll(async () => {
  await site?.dispose();
  await relay?.dispose();
});

async function openDevice(errors: string[]): Promise<Page> {
  const page = await site.open(errors);
  await page.waitForFunction(() => 'makeDevice' in globalThis);
  await page.evaluate((origin) => makeDevice(origin), relay.origin);
  return page;
}

test(`PUSH-1, PUSH-3, PULL-15, STORE-1, STORE-15, TEST-11: ${kills} kills of a worker at seeded awaits: it opens, nothing acknowledged is missing or doubled, two devices agree`, {
  // Several times what it takes where nothing else runs.
  timeout: 120_000 + kills * 5_000,
}, async () => {
  const started = performance.now();
  const errors: string[] = [];
  const [a, b] = [await openDevice(errors), await openDevice(errors)];
  const link = await a.evaluate(() => device.create());
  await b.evaluate((invitation) => device.join(invitation), link);
  const each = kills / 2;
  const seed = runSeed();
  const reports = await Promise.all([
    a.evaluate(([from, count]) => device.endure('a', from, count), [seed, each] as const),
    b.evaluate(([from, count]) => device.endure('b', from, count), [seed + 1, each] as const),
  ]);
  const settled = await until(
    'both devices agree',
    async () => [await a.evaluate(() => device.settle()), await b.evaluate(() => device.settle())],
    ([here, there]) =>
      here !== undefined && here.unsent === 0 && there?.unsent === 0 && here.digest === there.digest,
    120_000,
  );
  // No position was sealed twice, and no device had to go on as another.
  for (const { devices, holds } of settled) expect({ devices, holds }).toEqual({ devices: 2, holds: 0 });
  const counts = await a.evaluate(() => device.counts());
  expect(await b.evaluate(() => device.counts())).toEqual(counts);
  const known = new Set(reports.flatMap(({ acknowledged, unsure }) => [...acknowledged, ...unsure]));
  for (const title of reports.flatMap(({ acknowledged }) => acknowledged)) {
    expect(counts[title], title).toBe(1);
  }
  for (const [title, count] of Object.entries(counts)) {
    expect([title, known.has(title), count]).toEqual([title, true, 1]);
  }
  expect(errors).toEqual([]);
  const kinds: Record<string, number> = {};
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${kills} kills from seed ${seed} in ${seconds} s, ${Object.keys(counts).length} rows; killed at`,
    Object.fromEntries(Object.entries(kinds).sort(([, x], [, y]) => y - x)),
  );
  for (const report of reports) expect(report.kills).toBeGreaterThanOrEqual(each);
});
