/**
 * Devices with the real store and the real sync, and the real relay handler, in one process: what tests of sync run on. Time
 * stands still until a test moves it, the network does what a test tells it, and any tab may be killed at any transaction.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import type { CborValue } from '../../src/format/cbor.ts';
import { decodeChangeset } from '../../src/format/changeset.ts';
import type { DeviceNumber } from '../../src/format/stamp.ts';
import { digestRows } from '../../src/model/digest.ts';
import type { Draft } from '../../src/model/draft.ts';
import type { Role } from '../../src/model/membership.ts';
import { createRelay, type Relay } from '../../src/relay/app.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { defaultRates, type Rates } from '../../src/relay/rate-limit.ts';
import type { Storage } from '../../src/relay/storage.ts';
import type { Channel, Runtime } from '../../src/runtime.ts';
import { localRecord } from '../../src/store/local-write.ts';
import type { Standing } from '../../src/store/standing.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { openSync, type SyncContext } from '../../src/sync/context.ts';
import { invite } from '../../src/sync/invite.ts';
import { beginJoin, finishJoin } from '../../src/sync/join.ts';
import { type CycleResult, runCycle } from '../../src/sync/one-cycle.ts';
import { Presence } from '../../src/sync/presence.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { Random } from '../sim/random.ts';
import { type Fault, FaultyTab } from '../store/faulty-indexeddb.ts';
import { rest } from './rest.ts';

export { rest } from './rest.ts';

export const relayUrl = 'https://relay.example';
export const startMs = 1_790_000_000_000;
const day = 24 * 60 * 60_000;

/** One request on its way, as a test may meddle with it. */
export interface Sent {
  readonly device: string;
  /** Below `/v1/spaces/:space`. */
  readonly path: string;
  readonly request: Request;
}
export type Meddle = (sent: Sent, go: () => Promise<Response>) => Promise<Response>;

/** Rates that no test meets by accident. */
const unlimited: Rates = { device: { perSecond: 1e6, burst: 1e6 }, address: { perSecond: 1e6, burst: 1e6 } };

export class World {
  time = startMs;
  readonly random: Random;
  storage: Storage = new MemoryStorage();
  relay: Relay;
  meddle: Meddle = (_sent, go) => go();
  /** Every request that left a device. */
  readonly sent: string[] = [];
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(seed = 1, rates: Rates = unlimited) {
    this.random = new Random(seed);
    this.relay = this.#makeRelay(rates);
  }

  #makeRelay(rates: Rates = defaultRates): Relay {
    const clock = { now: () => this.time, setTimer: (ms: number, run: () => void) => this.setTimer(ms, run) };
    return createRelay({ storage: this.storage, clock, origin: relayUrl, rates });
  }

  /** A relay that knows nothing, at the same address. */
  wipeRelay(): void {
    this.storage = new MemoryStorage();
    this.relay = this.#makeRelay(unlimited);
  }

  setTimer(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, firing what falls due; what each timer starts comes to rest before the next. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      const [due] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (due === undefined) break;
      this.#timers.delete(due);
      this.time = Math.max(this.time, due.at);
      due.run();
      await rest();
    }
    this.time = until;
    await rest();
  }

  async found(name = 'Ada'): Promise<Device> {
    const device = new Device(this, name);
    const runtime = device.begin();
    device.use(await makeSpace(runtime, { memberName: name, deviceName: `${name}'s phone` }, quiet));
    await device.lead();
    return device;
  }

  async join(host: Device, name = 'Ben', role: Role = 'writer'): Promise<Device> {
    const link = await host.invite(role);
    const device = new Device(this, name);
    await device.join(link);
    return device;
  }
}

const quiet = { tailEveryMs: null } as const;

export class Device {
  readonly world: World;
  readonly name: string;
  readonly indexedDB: IDBFactory = new IDBFactory();
  skewMs = 0;
  online = true;
  tab: FaultyTab;
  runtime: Runtime;
  presence = new Presence();
  #store: Store | null = null;
  #ctx: SyncContext | null = null;
  /** Transactions of this life that meet a fault, by index. */
  readonly faults = new Map<number, Fault>();
  readonly #random: Random;
  #lives = 0;

  constructor(world: World, name: string, indexedDB?: IDBFactory) {
    this.world = world;
    this.name = name;
    this.#random = world.random.fork(name);
    if (indexedDB !== undefined) this.indexedDB = indexedDB;
    this.tab = new FaultyTab(this.indexedDB);
    this.runtime = this.#makeRuntime();
  }

  get store(): Store {
    if (this.#store === null) throw new TypeError(`${this.name} has no store open`);
    return this.#store;
  }
  get standing(): Standing {
    return this.store.standing;
  }
  get ctx(): SyncContext {
    if (this.#ctx === null) throw new TypeError(`${this.name} does not lead`);
    return this.#ctx;
  }
  get number(): DeviceNumber {
    if (this.standing.device === null) throw new TypeError(`${this.name} has no number`);
    return this.standing.device;
  }

  /** A new life of the tab. */
  begin(): Runtime {
    this.faults.clear();
    this.tab = new FaultyTab(this.indexedDB, ({ index }) => this.faults.get(index) ?? null);
    this.runtime = this.#makeRuntime();
    this.presence = new Presence();
    return this.runtime;
  }

  use(store: Store): void {
    this.#store = store;
  }

  /** Takes the next term. */
  async lead(options: { schemaVersion?: number } = {}): Promise<void> {
    const { runtime, store } = this;
    await store.append(({ term }) => ({ kind: 'term', term: term + 1, tab: this.name }), 'strict');
    const { term } = store.standing;
    const { schemaVersion = 1 } = options;
    this.#ctx = openSync({ runtime, store, relay: relayUrl, schemaVersion, readableSince: 0, term });
  }

  /** Dies without a word and is opened again. */
  async restart(options: { schemaVersion?: number } = {}): Promise<void> {
    this.tab.kill();
    this.begin();
    this.#lives += 1;
    this.use(await openStore(this.runtime, this.store.space, quiet));
    await this.lead(options);
  }

  async join(link: string): Promise<void> {
    const runtime = this.begin();
    this.use(
      await beginJoin(runtime, link, { memberName: this.name, deviceName: `${this.name}'s laptop` }, quiet),
    );
    await finishJoin({ runtime, store: this.store }, new AbortController().signal);
    await this.lead();
  }

  async invite(role: Role = 'writer', uses = 1): Promise<string> {
    const terms = { role, uses, lifeMs: day, appUrl: 'https://app.example/' };
    return (await invite(this.ctx, terms, new AbortController().signal)).link;
  }

  cycle(
    signal: AbortSignal = new AbortController().signal,
    onCompared: (at: number) => void = () => undefined,
  ): Promise<CycleResult> {
    return runCycle(this.ctx, this.presence, onCompared, signal);
  }

  /** A cycle that may fail or be cut short by the end of its tab; what it failed with, null if it did not, or 'died'. */
  async tryCycle(): Promise<unknown> {
    const died = new Promise<'died'>((resolve) => {
      this.tab.onKilled = () => resolve('died');
    });
    const done = this.cycle().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return this.tab.killed ? 'died' : Promise.race([done, died]);
  }

  async write(...drafts: Draft[]): Promise<void> {
    await this.store.append((standing) => localRecord(drafts, this.store.rows, standing, this.runtime.now()));
  }

  put(id: string, cells: Readonly<Record<string, CborValue>> = { title: id }): Promise<void> {
    return this.write({ kind: 'put', table: 'items', id, cells: new Map(Object.entries(cells)) });
  }

  /** The title of a row, if it is live. */
  title(id: string): CborValue | undefined {
    return this.store.rows.get('items', id)?.cells.get('title')?.value;
  }

  digest(): Promise<string> {
    return digestRows(allRows(this.store));
  }

  /** The stamps of the local changes in the outbox. */
  async unsealed(): Promise<number[]> {
    const changesets = await this.store.changesets(this.standing.outbox);
    return changesets.map((bytes) => decodeChangeset(bytes).stamp);
  }

  #makeRuntime(): Runtime {
    const { world, tab } = this;
    const alive = (): boolean => !tab.killed;
    const random = this.#random.fork(`life ${this.#lives}`);
    const locks = new Map<string, Promise<unknown>>();
    return {
      now: () => world.time + this.skewMs,
      monotonic: () => world.time,
      randomBytes: (length) => random.bytes(length),
      setTimer: (ms, callback) =>
        world.setTimer(ms, () => {
          if (alive()) callback();
        }),
      fetch: (url, init) => this.#fetch(url, init, alive),
      indexedDB: tab.factory,
      locks: {
        request: async (name, _signal, held) => {
          const before = locks.get(name) ?? Promise.resolve();
          const mine = before.catch(() => undefined).then(held);
          locks.set(name, mine);
          return mine;
        },
        steal: (_name, held) => held(),
      },
      openChannel: () => silentChannel,
    };
  }

  #fetch(url: string, init: RequestInit = {}, alive: () => boolean): Promise<Response> {
    const { world } = this;
    const signal = init.signal ?? null;
    const answer = new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (!this.online) return reject(new TypeError('Failed to fetch'));
      // A relay gets a copy: nothing of the device's memory crosses the wire.
      const request = new Request(url, {
        ...init,
        signal: null,
        body: init.body ? new Uint8Array(bodyOf(init)) : null,
      });
      const path = new URL(url).pathname.replace(/^\/v1\/spaces\/[\w-]+/, '');
      world.sent.push(`${this.name} ${path}`);
      const go = (): Promise<Response> => world.relay.fetch(request.clone());
      world.meddle({ device: this.name, path, request }, go).then(resolve, reject);
    });
    return new Promise((resolve, reject) => {
      answer.then(
        (response) => alive() && resolve(response),
        (error: unknown) => alive() && reject(error),
      );
    });
  }
}

function bodyOf({ body }: RequestInit): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw new TypeError('a body that is no bytes');
}

const silentChannel: Channel = { post: () => undefined, onMessage: () => undefined, close: () => undefined };

export const allRows = ({ rows }: Store) => rows.all();

/** Cycles of each device in turn until nothing changes any more. */
export async function settle(...devices: Device[]): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const before = devices.map(({ standing }) => standing.position).join();
    for (const device of devices) await device.cycle();
    if (devices.map(({ standing }) => standing.position).join() === before) return;
  }
  throw new Error('the devices never come to rest');
}
