/** A `Runtime` whose every part is simulated: one a running tab of a simulated device. */
import type { Channel, Locks, Runtime } from '../../src/runtime.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What the tabs of one simulated device share: its storage, its locks, its channels, its clock's error. */
export class Profile {
  readonly name: string;
  readonly indexedDB: IDBFactory;
  online = true;
  /** How far the device's wall clock is from the true time, milliseconds. */
  skewMs = 0;
  readonly locks = new Map<string, (() => void)[]>();
  readonly channels = new Map<string, Set<VirtualChannel>>();

  constructor(name: string, indexedDB: IDBFactory) {
    this.name = name;
    this.indexedDB = indexedDB;
  }
}

class VirtualChannel implements Channel {
  listener: ((message: unknown) => void) | null = null;
  readonly #peers: Set<VirtualChannel>;
  readonly #scheduler: Scheduler;
  readonly #alive: () => boolean;

  constructor(peers: Set<VirtualChannel>, scheduler: Scheduler, alive: () => boolean) {
    this.#peers = peers;
    this.#scheduler = scheduler;
    this.#alive = alive;
    peers.add(this);
  }

  post(message: unknown): void {
    if (!this.#alive()) return;
    const copy = structuredClone(message);
    for (const peer of this.#peers) {
      if (peer !== this) this.#scheduler.enqueue('channel', () => peer.hear(copy));
    }
  }

  hear(message: unknown): void {
    if (this.#alive() && this.#peers.has(this)) this.listener?.(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.listener = listener;
  }

  close(): void {
    this.#peers.delete(this);
  }
}

/** One life of one tab. When it is killed nothing that it started goes on, and its locks are free. */
export class VirtualRuntime implements Runtime {
  readonly fetch: Runtime['fetch'];
  readonly indexedDB: IDBFactory;
  readonly locks: Locks;
  alive = true;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #releases = new Set<() => void>();

  constructor(
    scheduler: Scheduler,
    random: Random,
    profile: Profile,
    network: Network,
    indexedDB: IDBFactory,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#profile = profile;
    this.indexedDB = indexedDB;
    const fetch = network.fetchOf(() => this.alive && profile.online);
    this.fetch = (url, init) =>
      new Promise((resolve, reject) => {
        fetch(url, init).then(
          (answer) => this.alive && resolve(answer),
          (error: unknown) => this.alive && reject(error),
        );
      });
    this.locks = { request: (name, signal, held) => this.#lock(name, signal, held) };
  }

  now(): number {
    return this.#scheduler.now + this.#profile.skewMs;
  }

  monotonic(): number {
    return this.#scheduler.now;
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    return this.#random.bytes(length);
  }

  setTimer(ms: number, callback: () => void): () => void {
    return this.#scheduler.setTimer(ms, () => {
      if (this.alive) callback();
    });
  }

  openChannel(name: string): Channel {
    let peers = this.#profile.channels.get(name);
    if (peers === undefined) {
      peers = new Set();
      this.#profile.channels.set(name, peers);
    }
    return new VirtualChannel(peers, this.#scheduler, () => this.alive);
  }

  kill(): void {
    this.alive = false;
    for (const release of [...this.#releases]) release();
  }

  async #lock<T>(name: string, signal: AbortSignal | null, held: () => Promise<T>): Promise<T> {
    const waiting = this.#profile.locks.get(name);
    if (waiting === undefined) this.#profile.locks.set(name, []);
    else {
      await new Promise<void>((resolve, reject) => {
        const grant = (): void => (this.alive ? resolve() : this.#release(name));
        waiting.push(grant);
        signal?.addEventListener('abort', () => {
          const index = waiting.indexOf(grant);
          if (index >= 0) waiting.splice(index, 1);
          reject(signal.reason);
        });
      });
    }
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#releases.delete(release);
      this.#release(name);
    };
    this.#releases.add(release);
    try {
      return await held();
    } finally {
      release();
    }
  }

  #release(name: string): void {
    const next = this.#profile.locks.get(name)?.shift();
    if (next === undefined) this.#profile.locks.delete(name);
    else this.#scheduler.enqueue('locks', next);
  }
}
