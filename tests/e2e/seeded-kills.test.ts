/**
 * A real worker in real Chromium, killed at awaits that a seed chooses, on two devices at once that sync over a real relay
 * process: it opens again each time, nothing acknowledged is missing, nothing is there twice, and in the end both agree.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../src/prepare.mjs';
import { chromiumArgs, findChromium } from '../engines/chromium.mjs';
import { runSeed } from '../property.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

/** Over both devices: a share of what `npm run soak` runs. */
const kills = Number(process.env.KILLS ?? 40);

let folder: string;
let server: Server;
let relay: RelayProcess;
let browser: Browser;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
};

beforeAll(async () => {
  relay = await RelayProcess.start();
  folder = await mkdtemp(join(tmpdir(), 'cairn-seeded-kills-'));
  await build({
    root: join(root, 'tests', 'e2e', 'seeded-kills'),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      rolldownOptions: { input: join(root, 'tests', 'e2e', 'seeded-kills', 'page.html') },
    },
  });
  server = createServer((request, response) => {
    // A worker that stands at its kill point: never answered.
    if (request.url === '/frozen') return;
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    readFile(join(folder, path)).then(
      (bytes) => {
        response.setHeader('content-type', contentTypes[extname(path)] ?? 'application/octet-stream');
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium here; `npm test` installs one');
  browser = await chromium.launch({ executablePath, headless: true, args: chromiumArgs });
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  await relay?.dispose();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A page in a profile of its own. */
async function openDevice(errors: string[]): Promise<Page> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The page is not served');
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await page.goto(`http://localhost:${address.port}/page.html`);
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
