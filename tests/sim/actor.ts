/**
 * A simulated device: one profile whose tab is opened, killed and opened again, with the real store and the real sync inside.
 * It notes each local write that its store said was durable, as the person at the device would.
 */

import { isError } from '../../src/errors.ts';
import type { SpaceId } from '../../src/format/bytes.ts';
import { type Changeset, decodeChangeset } from '../../src/format/changeset.ts';
import type { DeviceNumber } from '../../src/format/stamp.ts';
import type { Draft } from '../../src/model/draft.ts';
import { deriveStatus, type SpaceStatus } from '../../src/model/sync-status.ts';
import { foldMembers } from '../../src/store/fold-members.ts';
import { localRecord } from '../../src/store/local-write.ts';
import type { LocalRecord } from '../../src/store/record.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { openSync } from '../../src/sync/context.ts';
import { type Cycle, startCycle, unknownCycle as unknownSync } from '../../src/sync/cycle.ts';
import { joinFact } from '../../src/sync/join.ts';
import { DeviceNames } from '../../src/worker/device-names.ts';
import { takeTurns } from '../../src/worker/leader.ts';
import { statusFacts } from '../../src/worker/status-facts.ts';
import { type Fault, FaultyTab } from '../store/faulty-indexeddb.ts';
import type { Network } from './network.ts';
import type { PlannedOp } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { Profile, VirtualRuntime } from './virtual-runtime.ts';

/** A plan kills a device some dozen times; one that dies more often does so by itself. */
const mostDeaths = 100;

export const relayOrigin = 'http://relay.test';

/** A write that the device was told is durable. */
export interface Committed {
  readonly device: DeviceNumber;
  readonly changeset: Changeset;
}

/** One life of the device's tab. */
interface Life {
  readonly runtime: VirtualRuntime;
  readonly tab: FaultyTab;
  readonly over: AbortController;
  store: Store | null;
  cycle: Cycle | null;
}

export class Actor {
  readonly profile: Profile;
  readonly committed: Committed[] = [];
  /** Transactions of this life that will meet a fault, by index. */
  readonly #faults = new Map<number, Fault>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #network: Network;
  #space: SpaceId | null = null;
  #life: Life | null = null;
  #lives = 0;
  /** Storage faults that were met, and lives that ended. */
  readonly counts = { faults: 0, deaths: 0 };
  /** Errors of no known kind: each fails the run. */
  readonly surprises: unknown[] = [];

  constructor(name: string, scheduler: Scheduler, random: Random, network: Network, storage: IDBFactory) {
    this.profile = new Profile(name, storage);
    this.#scheduler = scheduler;
    this.#random = random;
    this.#network = network;
  }

  get store(): Store | null {
    return this.#life?.store ?? null;
  }

  get cycle(): Cycle | null {
    return this.#life?.cycle ?? null;
  }

  get alive(): boolean {
    return this.#life !== null;
  }

  /** A tab without a store yet, for making or joining a space. */
  begin(): VirtualRuntime {
    this.#lives++;
    this.#faults.clear();
    const tab = new FaultyTab(this.profile.indexedDB, ({ index }) => this.#faultAt(index));
    const runtime = new VirtualRuntime(
      this.#scheduler,
      this.#random.fork(`life ${this.#lives}`),
      this.profile,
      this.#network,
      tab.factory,
    );
    const life: Life = { runtime, tab, over: new AbortController(), store: null, cycle: null };
    tab.onKilled = () => this.#ended(life);
    this.#life = life;
    return runtime;
  }

  /** Lets a store that this life made, or opened, sync from now on. */
  lead(store: Store): void {
    const life = this.#life;
    if (life === null) return;
    this.#space = store.space;
    life.store = store;
    store.onEvent((event) => {
      if (event.kind !== 'failed') return;
      // A store that broke for good is opened again, as the app does.
      this.kill(1_000);
    });
    const run = async (turn: AbortSignal): Promise<void> => {
      const { runtime } = life;
      const term = store.standing.term;
      const ctx = openSync({ runtime, store, relay: relayOrigin, schemaVersion: 1, readableSince: 1, term });
      life.cycle = startCycle(ctx, turn);
      await life.cycle.ended;
    };
    takeTurns(life.runtime, store, `${this.profile.name} ${this.#lives}`, life.over.signal, run, (thrown) => {
      if (isBrokenStorage(thrown)) this.kill(1_000);
      else if (!isExpected(thrown)) this.surprises.push(thrown);
    }).catch((thrown: unknown) => this.surprises.push(thrown));
  }

  async open(): Promise<void> {
    if (this.#life !== null || this.#space === null) return;
    const runtime = this.begin();
    const life = this.#life as Life | null;
    try {
      const store = await openStore(runtime, this.#space, {
        create: false,
        tailEveryMs: 5_000,
        saveEvery: 16,
        // Loaded already: what a simulation awaits comes from its own queue alone.
        loadFoldMembers: async () => foldMembers,
      });
      if (this.#life === life) this.lead(store);
    } catch (thrown) {
      if (!isExpected(thrown)) this.surprises.push(thrown);
      this.kill(1_000);
    }
  }

  /** The nth transaction from now meets a fault. */
  arm(after: number, fault: Fault): void {
    if (this.#life !== null) this.#faults.set(this.#life.tab.transactions + after, fault);
  }

  #faultAt(transaction: number): Fault | null {
    const fault = this.#faults.get(transaction) ?? null;
    if (fault !== null) this.counts.faults++;
    return fault;
  }

  disarm(): void {
    this.#faults.clear();
  }

  /** The tab dies here and is opened again later. */
  kill(downMs: number): void {
    const life = this.#life;
    if (life === null) return;
    life.tab.onKilled = () => undefined;
    life.tab.kill();
    this.#ended(life, downMs);
  }

  #ended(life: Life, downMs = 100): void {
    if (this.#life !== life) return;
    this.#life = null;
    this.counts.deaths++;
    if (this.counts.deaths > mostDeaths)
      this.surprises.push(new Error(`${this.profile.name} never stays alive`));
    life.runtime.kill();
    life.over.abort(new Error('killed'));
    this.#scheduler.setTimer(downMs, () => void this.open());
  }

  /** A local transaction; noted once its store says that it is durable. */
  async write(ops: readonly PlannedOp[]): Promise<void> {
    const life = this.#life;
    const store = life?.store;
    if (!life || !store) return;
    const drafts = ops.map((op): Draft => {
      const { kind, table, id } = op;
      return kind === 'put' || kind === 'patch'
        ? { kind, table, id, cells: new Map(op.cells) }
        : { kind, table, id };
    });
    let record: LocalRecord | null = null;
    try {
      const added = await store.append((standing) => {
        record = localRecord(drafts, store.rows, standing, life.runtime.now());
        return record;
      });
      const written = record as LocalRecord | null;
      if (added === null || written === null) return;
      this.committed.push({ device: written.device, changeset: decodeChangeset(written.changeset) });
    } catch (thrown) {
      if (isError(thrown, 'not-found')) return;
      if (isBrokenStorage(thrown)) this.kill(1_000);
      else if (!isExpected(thrown)) this.surprises.push(thrown);
    }
  }

  /** What the app would show now; null while the tab is not there. */
  async status(): Promise<SpaceStatus | null> {
    const store = this.store;
    if (store === null) return null;
    return deriveStatus(
      statusFacts({
        standing: store.standing,
        sync: this.cycle?.state.value ?? unknownSync,
        names: new DeviceNames(),
        online: this.profile.online,
        join: joinFact(store.standing.joining),
        relay: relayOrigin,
        health: { persisted: null, usage: null, quota: null },
        fault: null,
        rows: { live: 0, hidden: 0 },
      }),
    );
  }
}

/** Errors that the faults of a run bring about. */
function isExpected(thrown: unknown): boolean {
  if (thrown instanceof Error && thrown.message === 'killed') return true;
  return (
    isBrokenStorage(thrown) ||
    (['storage-full', 'closed', 'moved'] as const).some((code) => isError(thrown, code))
  );
}

function isBrokenStorage(thrown: unknown): boolean {
  return (['storage-broken', 'storage-unavailable', 'storage-blocked'] as const).some((code) =>
    isError(thrown, code),
  );
}
