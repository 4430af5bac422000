import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { root } from '../../src/prepare.mjs';
import { chromiumArgs, findChromium, versionOfChromium } from '../engines/chromium.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return address.port;
}

/** The bench's page, built for production and served; a relay process; and a fresh browser profile for each device. */
export class BenchBrowser {
  /** @type {(() => Promise<void>)[]} */
  #ends = [];
  relay = '';
  #page = '';
  engine = '';
  #executablePath = '';

  static async start() {
    const bench = new BenchBrowser();
    try {
      await bench.#servePage();
      await bench.#startRelay();
      bench.#executablePath = findChromium() ?? '';
      bench.engine = versionOfChromium(bench.#executablePath) ?? 'Chromium';
      return bench;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  async #servePage() {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
    this.#ends.push(async () => rmSync(folder, { recursive: true, force: true }));
    const shared = /** @type {const} */ ({
      root: join(root, 'tests', 'bench'),
      configFile: false,
      logLevel: 'warn',
    });
    await build({
      ...shared,
      worker: { format: 'es' },
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: 'es2023',
        rolldownOptions: { input: join(root, 'tests', 'bench', 'page.html') },
      },
    });
    const server = await preview({
      ...shared,
      build: { outDir: folder },
      preview: {
        host: 'localhost',
        port: await freePort(),
        // Isolated, a page's clock is exact to some microseconds instead of a tenth of a millisecond.
        headers: {
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-embedder-policy': 'require-corp',
        },
      },
    });
    this.#ends.push(() => server.close());
    this.#page = `${server.resolvedUrls?.local[0]}page.html`;
  }

  async #startRelay() {
    const data = mkdtempSync(join(tmpdir(), 'cairn-bench-relay-'));
    this.#ends.push(async () => rmSync(data, { recursive: true, force: true }));
    const port = await freePort();
    this.relay = `http://localhost:${port}`;
    const child = spawn(process.execPath, [join(root, 'dist', 'relay', 'main.js')], {
      cwd: root,
      env: { ...process.env, PORT: String(port), CAIRN_DATA: data, CAIRN_ORIGIN: this.relay },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#ends.push(async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    for (;;) {
      if (child.exitCode !== null) throw new Error('The relay ended before it was ready');
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
    }
  }

  /**
   * Runs `work` in the bench's page on a device of its own.
   * @template T
   * @param {(page: Page) => Promise<T>} work
   * @returns {Promise<T>}
   */
  onNewDevice(work) {
    return this.onNewProfile(async (page) => {
      await page.goto(this.#page);
      await page.waitForFunction(() => 'bench' in globalThis);
      return work(page);
    });
  }

  /**
   * Runs `work` in an empty page of a browser of its own, with an empty profile on disk.
   * @template T
   * @param {(page: Page) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async onNewProfile(work) {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-profile-'));
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: this.#executablePath,
      headless: true,
      args: chromiumArgs,
    });
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      page.on('pageerror', (error) => console.error(error));
      return await work(page);
    } finally {
      await context.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async close() {
    for (const end of this.#ends.reverse()) await end();
    this.#ends = [];
  }
}
