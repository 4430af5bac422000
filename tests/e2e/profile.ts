import { cp, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Worker } from 'playwright-core';
import { chromiumArgs, findChromium } from '../engines/chromium.mjs';
import { frozenPath, Network } from './network.ts';
import type { RelayProcess } from './relay-process.ts';

/**
 * One browser profile of a person, in a browser process of its own with a folder of its own: what a device is to Cairn.
 * Real Chromium, real IndexedDB, real service worker. It can lose its network, be killed with SIGKILL (every process
 * of that browser at once), and be opened again.
 */
export class Profile {
  readonly network: Network;
  readonly #relay: RelayProcess;
  readonly #folder: string;
  #context: BrowserContext | null = null;
  #offline = false;
  /** Errors that no code of the page handled, and what the Content-Security-Policy refused. A test ends with none. */
  readonly errors: string[] = [];

  private constructor(relay: RelayProcess, network: Network, folder: string) {
    this.#relay = relay;
    this.network = network;
    this.#folder = folder;
  }

  /** `relayPort`: where its network leads, if not straight to the relay. */
  static async open(relay: RelayProcess, relayPort: number = relay.port): Promise<Profile> {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-profile-'));
    const profile = new Profile(relay, await Network.open(relayPort), folder);
    await profile.launch();
    return profile;
  }

  /** The same profile once more, as a copied disk is. This one's browser must not be running. */
  async copy(relayPort: number = this.#relay.port): Promise<Profile> {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-profile-'));
    // The lock is a link that names a process which is gone.
    const filter = (path: string): boolean => !/Singleton[A-Z][a-z]+$/.test(path);
    await cp(this.#folder, folder, { recursive: true, filter });
    const copied = new Profile(this.#relay, await Network.open(relayPort), folder);
    await copied.launch();
    return copied;
  }

  /** Starts the browser over this profile's folder; `page` is then an empty page. */
  async launch(): Promise<void> {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('No Chromium here; `npm test` installs one');
    const context = await chromium.launchPersistentContext(this.#folder, {
      executablePath,
      headless: true,
      args: [
        ...chromiumArgs,
        '--hide-crash-restore-bubble',
        `--host-resolver-rules=MAP localhost:${this.#relay.port} 127.0.0.1:${this.network.port}`,
      ],
    });
    context.setDefaultTimeout(60_000);
    context.on('page', (page) => this.#watch(page));
    for (const page of context.pages()) this.#watch(page);
    this.#context = context;
    if (this.#offline) await context.setOffline(true);
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.errors.push(message.text());
    });
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error('The browser of this profile is not running');
    return this.#context;
  }

  get page(): Page {
    const [page] = this.context.pages();
    if (!page) throw new Error('The browser of this profile has no page');
    return page;
  }

  async goto(path = '/'): Promise<void> {
    await this.page.goto(this.#relay.origin + path);
  }

  /** Cuts the network of this profile alone, and lets its pages know, as a radio that is switched off does. */
  async goOffline(): Promise<void> {
    this.#offline = true;
    this.network.cut();
    await this.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    this.#offline = false;
    this.network.restore();
    await this.context.setOffline(false);
  }

  /** The worker of the page that hosts the space. */
  async worker(): Promise<Worker> {
    return this.page.workers()[0] ?? (await this.page.waitForEvent('worker'));
  }

  /** Crashes the page's process, which takes its workers along, and puts an empty page in its place. */
  async crashTab(): Promise<void> {
    const crashed = this.page;
    const gone = crashed.waitForEvent('crash');
    const session = await this.context.newCDPSession(crashed);
    // The crash takes the answer to this call along.
    session.send('Page.crash').catch(() => {});
    await gone;
    await this.context.newPage();
    await crashed.close();
  }

  /** Kills every process of this browser at once. What it had in memory is gone. */
  async kill(): Promise<void> {
    const context = this.context;
    this.#context = null;
    // Chromium names its own process in the lock of its profile; Playwright made it the leader of its group.
    const lock = await readlink(join(this.#folder, 'SingletonLock'));
    const pid = Number(lock.slice(lock.lastIndexOf('-') + 1));
    if (!Number.isSafeInteger(pid) || pid <= 1) throw new Error(`No process in the lock ${lock}`);
    const closed = new Promise<void>((resolve) => context.once('close', () => resolve()));
    process.kill(-pid, 'SIGKILL');
    await closed;
  }

  /** Ends the browser and removes all that this profile stored. */
  async dispose(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
    await this.network.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Where in the life of one journal record its writer is frozen. */
export interface KillPoint {
  /** The record's kind as its bytes name it. */
  readonly kind: string;
  /** Before `add` is called; after it was called, with its transaction still open; after that transaction completed. */
  readonly when: 'before-add' | 'in-transaction' | 'after-commit';
}

/**
 * Arms a kill point in the profile's worker: the next journal record of that kind stops the worker for ever at that very
 * point. The promise inside settles when it stands there; then the browser can be killed exactly so.
 */
export async function armKillPoint(profile: Profile, point: KillPoint): Promise<{ reached: Promise<void> }> {
  const reached = profile.network.frozen();
  const worker = await profile.worker();
  await worker.evaluate(
    ({ kind, when, path }) => {
      const freeze = (): void => {
        // A synchronous request that is never answered: this thread runs no further instruction.
        const request = new XMLHttpRequest();
        request.open('POST', path, false);
        request.send();
        for (;;);
      };
      const add = IDBObjectStore.prototype.add;
      // A record begins with format, position and writer; then its kind, as a CBOR text.
      const wanted = String.fromCharCode(0x60 + kind.length) + kind;
      let armed = true;
      IDBObjectStore.prototype.add = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
        const isHere =
          armed &&
          this.name === 'journal' &&
          value instanceof Uint8Array &&
          String.fromCharCode(...value.subarray(0, 40)).includes(wanted);
        if (!isHere) return add.call(this, value, key);
        armed = false;
        if (when === 'before-add') freeze();
        const done = add.call(this, value, key);
        if (when === 'in-transaction') freeze();
        this.transaction.addEventListener('complete', freeze);
        return done;
      };
    },
    { ...point, path: frozenPath },
  );
  return { reached };
}
