/**
 * One tab of a simulated device, through its lives: opened, killed, frozen, thawed and opened again, with the real store and the real
 * sync of a tab inside.
 */
import { toHex } from '../../src/format/bytes.ts';
import { deriveStatus, type SpaceStatus } from '../../src/model/sync-status.ts';
import { baseReading } from '../../src/store/base-reader.ts';
import { foldMembers } from '../../src/store/fold-members.ts';
import type { RecordKind } from '../../src/store/record.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { CycleState } from '../../src/sync/cycle.ts';
import { joinStateOf } from '../../src/sync/join-state.ts';
import { knownSync, unknownSync } from '../../src/worker/known-sync.ts';
import { statusFacts } from '../../src/worker/status-facts.ts';
import { SyncSide } from '../../src/worker/sync-side.ts';
import { type Fault, FaultyTab } from '../store/faulty-indexeddb.ts';
import { Broken } from './broken.ts';
import { isExpected } from './expected.ts';
import { relayOrigin, request } from './request.ts';
import type { Surroundings } from './surroundings.ts';
import { VirtualRuntime } from './virtual-runtime.ts';

/** A plan kills a tab some dozen times; one that dies more often does so by itself. */
const mostDeaths = 200;

/** So little that a tab folds every few writes, into several pages and levels. */
const foldSizes = {
  due: { ops: 12, bytes: 1_000_000 },
  sizes: { leaf: { least: 64, most: 512, fewest: 1 }, node: { least: 128, most: 512, fewest: 2 } },
};

/** Records that only the tab whose turn it is may add. */
const ofSync: readonly RecordKind[] = ['applied', 'sealed', 'sent', 'acknowledged', 'held', 'released'];

/** One life of the tab. */
export interface Life {
  readonly runtime: VirtualRuntime;
  readonly faulty: FaultyTab;
  store: Store | null;
  side: SyncSide | null;
  /** By what name the tab takes terms. */
  tabName: string;
  /** What it was told of sync. */
  sync: CycleState;
}

export class Tab {
  readonly name: string;
  readonly #around: Surroundings;
  /** Transactions of this life that will meet a fault, by index. */
  readonly #faults = new Map<number, Fault>();
  #life: Life | null = null;
  #lives = 0;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
  }

  get life(): Life | null {
    return this.#life;
  }

  get store(): Store | null {
    return this.#life?.store ?? null;
  }

  get isFrozen(): boolean {
    return this.#life !== null && this.#around.scheduler.isFrozen(this.#life.runtime);
  }

  /** What runs until the next step of the scheduler is this tab's doing. */
  enter(): void {
    this.#around.scheduler.current = this.#life?.runtime ?? null;
  }

  /** A life without a store yet. */
  begin(): Life {
    const { scheduler, random, profile, network } = this.#around;
    this.#lives++;
    this.#faults.clear();
    const name = `${this.name} ${this.#lives}`;
    const faulty = new FaultyTab(profile.indexedDB, ({ index, mode }) => this.#faultAt(index, mode));
    const runtime = new VirtualRuntime(name, scheduler, random.fork(name), profile, network, faulty.factory);
    const life: Life = { runtime, faulty, store: null, side: null, tabName: '', sync: unknownSync };
    faulty.onKilled = () => this.#ended(life);
    faulty.onEvent = () => {
      scheduler.current = runtime;
    };
    this.#life = life;
    this.enter();
    return life;
  }

  async open(): Promise<void> {
    const { space } = this.#around;
    if (this.#life !== null || space === null) return;
    const life = this.begin();
    try {
      const store = await openStore(life.runtime, space, {
        create: false,
        tailEveryMs: 5_000,
        saveEvery: 16,
        // Loaded already: what a simulation awaits comes from its own queue alone.
        loadFoldMembers: async () => foldMembers,
        loadBaseReading: async () => baseReading,
      });
      const known = await knownSync(store);
      if (this.#life === life) this.serve(store, known);
    } catch (thrown) {
      if (!isExpected(thrown)) this.#around.surprises.push(thrown);
      if (this.#life === life) this.kill(1_000);
    }
  }

  /** Lets a store that this life made, or opened, take part in sync from now on. */
  serve(store: Store, known: CycleState): void {
    const life = this.#life;
    if (life === null) return;
    const { surprises } = this.#around;
    life.store = store;
    life.sync = known;
    const { pages } = this.#around;
    const put = store.pages.put.bind(store.pages);
    store.pages.put = async (some) => {
      for (const [name, bytes] of some) pages.set(name, bytes);
      await put(some);
    };
    store.onEvent((event) => {
      // A store that broke for good is opened again, as people do with the app; on a full disk they wait.
      if (event.kind === 'failed' && event.failure.code !== 'storage-full') this.kill(1_000);
    });
    store.onChange(({ kinds, own }) => {
      const syncs = own && ofSync.some((kind) => kinds.has(kind));
      if (syncs && store.standing.tab !== life.tabName)
        surprises.push(new Broken(`${this.name} records sync in the turn of another tab`));
      if (own && kinds.has('folded')) this.#around.counts.folds++;
      if (kinds.has('members')) life.side?.openNames();
    });
    const told = (state: CycleState): void => {
      life.sync = state;
      life.side?.saw(this.#statusOf(store, life));
      const { lastError } = state;
      if (lastError?.code === 'internal') surprises.push(new Error(`${this.name}: ${lastError.message}`));
    };
    const relay = (): string => relayOrigin;
    const named = (): void => undefined;
    // People look at the first tab of a device.
    const isSeen = (): boolean => this.name.endsWith('-1');
    const { runtime } = life;
    const status = this.#statusOf(store, life);
    life.side = new SyncSide({
      runtime,
      store,
      request,
      relay,
      isSeen,
      known,
      status,
      told,
      named,
      foldSizes,
    });
    // The name is the first that it draws.
    life.tabName = toHex(life.runtime.drawn);
  }

  /** The nth transaction from now meets a fault. */
  arm(after: number, fault: Fault): void {
    if (this.#life !== null) this.#faults.set(this.#life.faulty.transactions + after, fault);
  }

  disarm(): void {
    this.#faults.clear();
  }

  #faultAt(index: number, mode: IDBTransactionMode): Fault | null {
    const { counts } = this.#around;
    const fault = this.#faults.get(index) ?? (this.#around.takesRoom(mode) ? null : 'quota');
    if (fault !== null) counts.storageFaults++;
    return fault;
  }

  /** The browser closes its database connections, without a reason. */
  drop(): void {
    if (this.isFrozen) return;
    this.enter();
    this.#life?.faulty.dropConnections();
  }

  /** Nothing of it runs until it thaws; to be called while it is idle. */
  freeze(): void {
    const life = this.#life;
    if (life?.store == null) return;
    this.#around.counts.freezes++;
    this.#around.scheduler.freeze(life.runtime);
  }

  thaw(): void {
    if (this.#life !== null) this.#around.scheduler.thaw(this.#life.runtime);
  }

  /** The tab dies here and is opened again later. */
  kill(downMs: number): void {
    const life = this.#life;
    if (life === null) return;
    life.faulty.onKilled = () => undefined;
    life.faulty.kill();
    this.#ended(life, downMs);
  }

  #ended(life: Life, downMs = 100): void {
    if (this.#life !== life) return;
    const { counts, scheduler, surprises } = this.#around;
    this.#life = null;
    counts.deaths++;
    if (this.#lives > mostDeaths) surprises.push(new Error(`${this.name} never stays alive`));
    life.runtime.kill();
    scheduler.setTimer(downMs, () => void this.open());
  }

  /** What the app would show now; null while nobody can look at it. */
  status(): SpaceStatus | null {
    const life = this.#life;
    if (life?.store == null || life.side === null || this.isFrozen) return null;
    return this.#statusOf(life.store, life);
  }

  #statusOf({ standing }: Store, { sync, side }: Life): SpaceStatus {
    return deriveStatus(
      statusFacts({
        standing,
        sync,
        names: side?.names ?? null,
        online: this.#around.profile.online,
        join: joinStateOf(standing.joining),
        relay: relayOrigin,
        health: { persisted: null, usage: null, quota: null },
        fault: null,
        rows: { live: 0, hidden: 0 },
      }),
    );
  }
}
