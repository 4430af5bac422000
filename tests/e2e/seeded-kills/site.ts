/** A page of seeded kills, built, served, and opened in a Chromium of its own. Its workers can stand still for good: see `await-points`. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { root } from '../../../src/prepare.mjs';
import { chromiumArgs, findChromium } from '../../engines/chromium.mjs';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
};

export class KillSite {
  readonly #html: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(html: string, folder: string, server: Server, browser: Browser) {
    this.#html = html;
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  /** `html` is a file of this folder. */
  static async start(html: string): Promise<KillSite> {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('No Chromium here; `npm test` installs one');
    const folder = await mkdtemp(join(tmpdir(), 'cairn-seeded-kills-'));
    const source = join(root, 'tests', 'e2e', 'seeded-kills');
    await build({
      root: source,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: 'es2023',
        rolldownOptions: { input: join(source, html) },
      },
    });
    const server = createServer((request, response) => {
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
    const browser = await chromium.launch({ executablePath, headless: true, args: chromiumArgs });
    return new KillSite(html, folder, server, browser);
  }

  /** The page in a profile of its own; what it throws and nobody catches goes to `errors`. */
  async open(errors: string[]): Promise<Page> {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The page is not served');
    const page = await (await this.#browser.newContext()).newPage();
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    await page.goto(`http://localhost:${address.port}/${this.#html}`);
    return page;
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
