/** A `Runtime` whose every part is simulated: one a running tab of a simulated device. */
import type { Channel, Locks, Runtime } from '../../src/runtime.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** A lock of a profile: who holds it, and who waits for it, the first first. */
interface Lock {
  holder: Request | null;
  readonly waiting: Request[];
}

interface Request {
  readonly runtime: VirtualRuntime;
  readonly grant: () => void;
  /** The lock was taken away. */
  readonly robbed: () => void;
}

/** What the tabs of one simulated device share: its storage, its locks, its channels, its clock's error. */
export class Profile {
  readonly name: string;
  readonly indexedDB: IDBFactory;
  online = true;
  /** How far the device's wall clock is from the true time, milliseconds. */
  skewMs = 0;
  /** Probability that a message between its tabs is lost. */
  loseMessage = 0;
  /** Its clock was wrong at some time. */
  wasSkewed = false;
  /** Requests for changes: at what true time they were made, by the wall time of the device. */
  readonly #asked = new Map<number, number>();
  /** When it was first asked what was asked again at that wall time. */
  readonly #firstAsked = new Map<number, number>();
  /** When the last question was asked that was answered with a lie. */
  #deceivedAt = Number.NEGATIVE_INFINITY;
  readonly locks = new Map<string, Lock>();
  readonly channels = new Map<string, Set<VirtualChannel>>();

  constructor(name: string, indexedDB: IDBFactory) {
    this.name = name;
    this.indexedDB = indexedDB;
  }

  /** `again`: when the same was asked before and refused for its token; a comparison is as of the first time. */
  asks(wall: number, again: number | null): void {
    if (!this.#asked.has(wall)) this.#asked.set(wall, wall - this.skewMs);
    if (again !== null && again !== wall) this.#firstAsked.set(wall, again);
  }

  /** The question of that moment was answered with a lie: nobody can compare with what a relay keeps to itself. */
  isDeceived(wall: number): void {
    for (const at of [wall, this.#firstAsked.get(wall) ?? wall]) {
      this.#deceivedAt = Math.max(this.#deceivedAt, this.#asked.get(at) ?? 0);
      this.#asked.set(at, Number.NEGATIVE_INFINITY);
    }
  }

  /** The true time of a comparison as of `wall`; long ago if that can't be told. */
  askedAt(wall: number): number {
    const known = this.#asked.get(wall);
    if (known !== undefined) return known;
    return this.wasSkewed || wall <= this.#deceivedAt ? Number.NEGATIVE_INFINITY : wall;
  }
}

class VirtualChannel implements Channel {
  listener: ((message: unknown) => void) | null = null;
  readonly #peers: Set<VirtualChannel>;
  readonly #runtime: VirtualRuntime;

  constructor(peers: Set<VirtualChannel>, runtime: VirtualRuntime) {
    this.#peers = peers;
    this.#runtime = runtime;
    peers.add(this);
  }

  post(message: unknown): void {
    if (!this.#runtime.alive || this.#peers.size < 2) return;
    const copy = structuredClone(message);
    for (const peer of this.#peers)
      if (peer !== this) this.#runtime.tell(peer.#runtime, () => peer.#hear(copy));
  }

  #hear(message: unknown): void {
    if (this.#runtime.alive && this.#peers.has(this)) this.listener?.(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.listener = listener;
  }

  close(): void {
    this.#peers.delete(this);
  }
}

/** One life of one tab. When it is killed nothing that it started goes on, and its locks are free. */
export class VirtualRuntime implements Runtime, Owner {
  readonly name: string;
  readonly fetch: Runtime['fetch'];
  readonly indexedDB: IDBFactory;
  readonly locks: Locks;
  alive = true;
  /** The random bytes that were asked for last. */
  drawn: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #profile: Profile;

  constructor(
    name: string,
    scheduler: Scheduler,
    random: Random,
    profile: Profile,
    network: Network,
    indexedDB: IDBFactory,
  ) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#profile = profile;
    this.indexedDB = indexedDB;
    this.fetch = network.fetchOf(this, profile);
    this.locks = {
      request: (name, signal, held) => this.#lock(name, signal, held, false),
      steal: (name, held) => this.#lock(name, null, held, true),
    };
  }

  now(): number {
    return this.#scheduler.now + this.#profile.skewMs;
  }

  monotonic(): number {
    return this.#scheduler.now;
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    this.drawn = this.#random.bytes(length);
    return this.drawn;
  }

  setTimer(ms: number, callback: () => void): () => void {
    return this.#scheduler.setTimer(ms, callback, this);
  }

  openChannel(name: string): Channel {
    let peers = this.#profile.channels.get(name);
    if (peers === undefined) {
      peers = new Set();
      this.#profile.channels.set(name, peers);
    }
    return new VirtualChannel(peers, this);
  }

  /** A message to another tab of the profile, if it arrives. */
  tell(other: VirtualRuntime, hear: () => void): void {
    if (this.#profile.loseMessage > 0 && this.#random.chance(this.#profile.loseMessage)) return;
    this.#scheduler.enqueue('channel', hear, other);
  }

  kill(): void {
    this.alive = false;
    this.#scheduler.forget(this);
    const mine = ({ runtime }: Request): boolean => runtime === this;
    for (const [name, lock] of this.#profile.locks) {
      lock.waiting.splice(0, lock.waiting.length, ...lock.waiting.filter((request) => !mine(request)));
      if (lock.holder !== null && mine(lock.holder)) this.#pass(name, lock);
    }
  }

  #lock<T>(name: string, signal: AbortSignal | null, held: () => Promise<T>, steal: boolean): Promise<T> {
    const lock = this.#profile.locks.get(name) ?? { holder: null, waiting: [] };
    this.#profile.locks.set(name, lock);
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const done = (): void => {
        if (lock.holder === request) this.#pass(name, lock);
      };
      let given = true;
      const run = (): void => {
        // One that was taken away before its holder heard of it is still heard of.
        if (!given) return;
        signal?.removeEventListener('abort', onAbort);
        held().then(resolve, reject).finally(done);
      };
      const request: Request = {
        runtime: this,
        grant: () => this.#scheduler.enqueue('locks', run, this),
        robbed: () => {
          const broken = new DOMException('Lock broken by another request', 'AbortError');
          this.#scheduler.enqueue('locks', () => reject(broken), this);
        },
      };
      const onAbort = (): void => {
        const index = lock.waiting.indexOf(request);
        if (index >= 0) lock.waiting.splice(index, 1);
        else if (lock.holder === request) this.#pass(name, lock);
        given = false;
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (steal) {
        lock.holder?.robbed();
        lock.holder = null;
        lock.waiting.unshift(request);
      } else lock.waiting.push(request);
      if (lock.holder === null) this.#pass(name, lock);
    });
  }

  /** The lock goes to whoever waits first. */
  #pass(name: string, lock: Lock): void {
    lock.holder = lock.waiting.shift() ?? null;
    if (lock.holder === null) this.#profile.locks.delete(name);
    else lock.holder.grant();
  }
}
