import type { CDPSession, Page, Worker } from 'playwright-core';
import { App } from './app.ts';
import { frozenPath } from './network.ts';
import type { Profile } from './profile.ts';
import { shortMs, until } from './waiting.ts';

/** One of several tabs of a profile. It can be frozen as a browser freezes tabs in the background, and thawed. */
export class Tab extends App {
  readonly #page: Page;
  readonly #session: CDPSession;

  private constructor(profile: Profile, page: Page, session: CDPSession) {
    super(profile);
    this.#page = page;
    this.#session = session;
  }

  /** The tab that shows this page. */
  static async of(profile: Profile, page: Page): Promise<Tab> {
    return new Tab(profile, page, await profile.context.newCDPSession(page));
  }

  /** A new tab that shows the app, with the profile's space open. */
  static async open(profile: Profile, address: string): Promise<Tab> {
    const page = await profile.context.newPage();
    const tab = await Tab.of(profile, page);
    await page.goto(address);
    await tab.shown();
    return tab;
  }

  override get page(): Page {
    return this.#page;
  }

  async #worker(): Promise<Worker> {
    return this.#page.workers()[0] ?? (await this.#page.waitForEvent('worker'));
  }

  async shown(): Promise<void> {
    await this.#page.getByTestId('list-add').waitFor();
  }

  /** Whether this tab's worker holds the lock of the tab that syncs. */
  async leads(): Promise<boolean> {
    const [worker] = this.#page.workers();
    if (worker === undefined) return false;
    return worker.evaluate(async () => {
      const probe = `tests-${Math.random()}`;
      return navigator.locks.request(probe, async () => {
        const { held = [] } = await navigator.locks.query();
        const own = held.find(({ name }) => name === probe)?.clientId;
        return held.some(({ name, clientId }) => clientId === own && /^cairn-leader-[^-]/.test(name ?? ''));
      });
    });
  }

  /** Waits until it leads, which takes it eight seconds without a sign of the other; gives how long that took, in milliseconds. */
  async takesOver(): Promise<number> {
    const from = performance.now();
    await until('the tab takes over', () => this.leads(), Boolean, shortMs);
    return Math.round(performance.now() - from);
  }

  /**
   * Freezes the page, and its worker as well: Chromium's own freezing through this protocol leaves dedicated workers running, so the
   * worker is paused, which stops its timers, messages and promises just so.
   */
  async freeze(): Promise<void> {
    const paused = this.#toWorker('Debugger.paused');
    await this.#session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    await paused;
    await this.#session.send('Page.setWebLifecycleState', { state: 'frozen' });
  }

  async thaw(): Promise<void> {
    await this.#session.send('Page.setWebLifecycleState', { state: 'active' });
    // The debugger goes, and whoever stands in it goes on.
    await this.#session.send('Target.setAutoAttach', {
      autoAttach: false,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
  }

  /** Has the worker pause as soon as it is attached to; settles when it says `event`. */
  #toWorker(event: string): Promise<void> {
    return new Promise((resolve) => {
      this.#session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
        if (targetInfo.type !== 'worker') return;
        for (const [id, method] of ['Debugger.enable', 'Debugger.pause'].entries()) {
          const message = JSON.stringify({ id: id + 1, method });
          void this.#session.send('Target.sendMessageToTarget', { sessionId, message });
        }
      });
      this.#session.on('Target.receivedMessageFromTarget', ({ message }) => {
        if (JSON.parse(message).method === event) resolve();
      });
    });
  }

  /**
   * Stops the worker's thread, and nothing else of the tab, right when the next journal record of that kind is durable. The promise
   * inside settles when it stands there; `Network.thaw` lets it go on from that very point.
   */
  async freezeWorkerAfter(kind: string): Promise<{ readonly reached: Promise<void> }> {
    const reached = this.profile.network.frozen();
    const worker = await this.#worker();
    await worker.evaluate(
      ({ kind, path }) => {
        const add = IDBObjectStore.prototype.add;
        const wanted = String.fromCharCode(0x60 + kind.length) + kind;
        IDBObjectStore.prototype.add = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
          const isHere =
            this.name === 'journal' &&
            value instanceof Uint8Array &&
            String.fromCharCode(...value.subarray(0, 40)).includes(wanted);
          if (isHere) {
            IDBObjectStore.prototype.add = add;
            const { transaction } = this;
            const freeze = ({ target }: Event): void => {
              if (target !== transaction) return;
              transaction.db.removeEventListener('complete', freeze, { capture: true });
              const request = new XMLHttpRequest();
              request.open('POST', path, false);
              request.send();
            };
            // On the way down to the transaction: before the store hears of it and begins anything new.
            transaction.db.addEventListener('complete', freeze, { capture: true });
          }
          return add.call(this, value, key);
        };
      },
      { kind, path: frozenPath },
    );
    return { reached };
  }

  /** Notes from now on when Enter is pressed, as wall time in milliseconds with fractions. */
  async notesKeys(): Promise<() => Promise<readonly number[]>> {
    await this.#page.evaluate(() => {
      const times: number[] = [];
      Object.assign(window, { testKeys: times });
      const note = (event: KeyboardEvent): void => {
        if (event.key === 'Enter') times.push(performance.timeOrigin + performance.now());
      };
      addEventListener('keydown', note, { capture: true });
    });
    return () => this.#page.evaluate((): number[] => Reflect.get(window, 'testKeys'));
  }

  /** Notes from now on when the number of items of the open list on screen becomes another: `[count, wall time]`. */
  async notesCounts(): Promise<() => Promise<readonly (readonly [number, number])[]>> {
    await this.#page.getByTestId('item-count').evaluate((shown) => {
      const times: [number, number][] = [];
      Object.assign(window, { testCounts: times });
      new MutationObserver(() => {
        const count = Number(shown.getAttribute('data-all'));
        times.push([count, performance.timeOrigin + performance.now()]);
      }).observe(shown, { attributes: true, attributeFilter: ['data-all'] });
    });
    return () => this.#page.evaluate((): [number, number][] => Reflect.get(window, 'testCounts'));
  }

  /** Crashes the page's process, which takes its worker along, and closes what is left. */
  async crash(): Promise<void> {
    const gone = this.#page.waitForEvent('crash');
    // The crash takes the answer to this call along.
    this.#session.send('Page.crash').catch(() => {});
    await gone;
    await this.#page.close();
  }

  /** Marks the page as it is in memory: one that is loaded anew has no mark. */
  async mark(): Promise<void> {
    await this.#page.evaluate(() => {
      Object.assign(window, { testMark: true });
    });
  }

  async isMarked(): Promise<boolean> {
    return this.#page.evaluate(() => 'testMark' in window);
  }

  /** From now on no message of this tab's worker announces a write. */
  async losesAnnouncements(): Promise<void> {
    const worker = await this.#worker();
    await worker.evaluate(() => {
      const post = BroadcastChannel.prototype.postMessage;
      BroadcastChannel.prototype.postMessage = function (this: BroadcastChannel, message: unknown) {
        if (message !== 'appended') post.call(this, message);
      };
    });
  }
}
