/**
 * One browser profile without a browser: what its tabs share (storage, locks, channels), and tabs that run in real time and
 * can be killed like a process. The network is whatever a test hands in.
 */
import { IDBFactory } from 'fake-indexeddb';
import type { Channel, Locks, Runtime } from '../../src/runtime.ts';

type Fetch = Runtime['fetch'];

export class Origin {
  readonly indexedDB: IDBFactory = new IDBFactory();
  readonly channels = new Map<string, Set<TabChannel>>();
  readonly locks = new Map<string, Waiter[]>();
  readonly #fetch: Fetch;

  constructor(fetch: Fetch = () => Promise.reject(new TypeError('Failed to fetch'))) {
    this.#fetch = fetch;
  }

  /** `storage` stands between the tab and the origin's databases. */
  openTab(storage: IDBFactory = this.indexedDB): Tab {
    return new Tab(this, this.#fetch, storage);
  }
}

/** Who waits for a lock, the holder first. */
interface Waiter {
  readonly tab: Tab;
  grant(): void;
  /** Its lock was taken from it. */
  robbed(): void;
}

export class Tab implements Runtime {
  readonly indexedDB: IDBFactory;
  readonly fetch: Fetch;
  readonly locks: Locks;
  readonly #origin: Origin;
  readonly #storage: TabStorage;
  /** So many times as fast as they should are its timers. */
  hurry = 1;
  /** Timers that have called back. */
  timersRun = 0;
  #alive = true;
  /** What came due while it was frozen; null while it is not. */
  #kept: (() => void)[] | null = null;

  constructor(origin: Origin, fetch: Fetch, storage: IDBFactory) {
    this.#origin = origin;
    this.#storage = new TabStorage(storage);
    this.indexedDB = this.#storage.factory;
    this.fetch = (url, init) => (this.#alive ? fetch(url, init) : new Promise(() => {}));
    this.locks = {
      request: (name, signal, held) => this.#request(name, signal, held),
      steal: (name, held) => this.#request(name, null, held, true),
    };
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  setTimer(ms: number, callback: () => void): () => void {
    let over = false;
    const timer = setTimeout(() => {
      this.whenThawed(() => {
        if (!this.#alive || over) return;
        this.timersRun += 1;
        callback();
      });
    }, ms / this.hurry);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }

  openChannel(name: string): Channel {
    const peers = this.#origin.channels.get(name) ?? new Set();
    this.#origin.channels.set(name, peers);
    return new TabChannel(this, peers);
  }

  /**
   * As a crash: from the transaction on that may be running, storage, timers, requests and messages of this tab come to nothing,
   * and its locks are free.
   */
  kill(): void {
    this.#alive = false;
    this.#storage.kill();
    for (const [name, waiters] of this.#origin.locks)
      this.#leave(name, waiters, (waiter) => waiter.tab === this);
  }

  /** As a browser freezes a tab: timers, messages and locks wait until it thaws. To be called while its storage is at rest. */
  freeze(): void {
    this.#kept ??= [];
  }

  thaw(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const run of kept) run();
  }

  whenThawed(run: () => void): void {
    if (this.#kept === null) run();
    else this.#kept.push(run);
  }

  #request<T>(name: string, signal: AbortSignal | null, held: () => Promise<T>, steal = false): Promise<T> {
    const waiters = this.#origin.locks.get(name) ?? [];
    this.#origin.locks.set(name, waiters);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        tab: this,
        robbed: () => {
          const broken = new DOMException('Lock broken by another request', 'AbortError');
          this.whenThawed(() => reject(broken));
        },
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          const release = (): void => this.#leave(name, waiters, (other) => other === waiter);
          held().then(
            (value) => {
              release();
              resolve(value);
            },
            (thrown: unknown) => {
              release();
              reject(thrown);
            },
          );
        },
      };
      const onAbort = (): void => {
        this.#leave(name, waiters, (other) => other === waiter);
        reject(signal?.reason);
      };
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      if (steal) waiters.shift()?.robbed();
      if (steal) waiters.unshift(waiter);
      else waiters.push(waiter);
      if (waiters[0] === waiter) waiter.grant();
    });
  }

  #leave(name: string, waiters: Waiter[], gone: (waiter: Waiter) => boolean): void {
    const holder = waiters[0];
    const staying = waiters.filter((waiter) => !gone(waiter));
    waiters.splice(0, waiters.length, ...staying);
    const next = waiters[0];
    if (next === undefined) this.#origin.locks.delete(name);
    else if (next !== holder) queueMicrotask(() => next.grant());
  }
}

/** The storage of the origin as one tab reaches it. */
class TabStorage {
  readonly factory: IDBFactory;
  readonly #connections = new Set<IDBDatabase>();
  #dead = false;

  constructor(inner: IDBFactory) {
    this.factory = {
      open: (name: string, version?: number) => {
        this.#check();
        const request = inner.open(name, version);
        request.addEventListener('success', () => {
          if (this.#dead) request.result.close();
          else this.#connections.add(request.result);
        });
        return request;
      },
      deleteDatabase: (name: string) => {
        this.#check();
        return inner.deleteDatabase(name);
      },
      databases: () => inner.databases(),
      cmp: (a: unknown, b: unknown) => inner.cmp(a, b),
    };
  }

  /** A transaction that runs ends by itself; no other begins. */
  kill(): void {
    this.#dead = true;
    for (const connection of this.#connections) connection.close();
  }

  #check(): void {
    if (this.#dead) throw new DOMException('The tab is gone', 'InvalidStateError');
  }
}

class TabChannel implements Channel {
  readonly #tab: Tab;
  readonly #peers: Set<TabChannel>;
  #listener: ((message: unknown) => void) | null = null;

  constructor(tab: Tab, peers: Set<TabChannel>) {
    this.#tab = tab;
    this.#peers = peers;
    peers.add(this);
  }

  post(message: unknown): void {
    if (!this.#tab.isAlive) return;
    const copy: unknown = structuredClone(message);
    for (const peer of this.#peers) {
      if (peer !== this) queueMicrotask(() => peer.#hear(copy));
    }
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#peers.delete(this);
    this.#listener = null;
  }

  #hear(message: unknown): void {
    this.#tab.whenThawed(() => {
      if (this.#tab.isAlive) this.#listener?.(message);
    });
  }
}
