/**
 * A simulated device: one profile with one to three tabs. It notes each local write that a store said was durable, as the person at
 * the device would.
 */
import { isError } from '../../src/errors.ts';
import type { Bytes, SpaceId } from '../../src/format/bytes.ts';
import { type Changeset, decodeChangeset } from '../../src/format/changeset.ts';
import type { PageName } from '../../src/format/page-name.ts';
import type { DeviceNumber } from '../../src/format/stamp.ts';
import type { Draft } from '../../src/model/draft.ts';
import { localRecord } from '../../src/store/local-write.ts';
import type { LocalRecord } from '../../src/store/record.ts';
import type { Store } from '../../src/store/store.ts';
import { Broken } from './broken.ts';
import { isBrokenStorage, isExpected } from './expected.ts';
import type { Network } from './network.ts';
import type { PlannedOp } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Surroundings } from './surroundings.ts';
import { Tab } from './tab.ts';
import { Profile } from './virtual-runtime.ts';

/** A write that the device was told is durable. */
export interface Committed {
  readonly device: DeviceNumber;
  readonly changeset: Changeset;
  /** Of its record in the device's journal. */
  readonly position: number;
}

export class Device implements Surroundings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly profile: Profile;
  readonly pages = new Map<PageName, Bytes>();
  readonly space: SpaceId | null;
  readonly tabs: readonly Tab[];
  readonly committed: Committed[] = [];
  readonly counts = { storageFaults: 0, deaths: 0, freezes: 0, folds: 0 };
  readonly surprises: unknown[] = [];
  /** How many more transactions may write before the disk is full. */
  room = Number.POSITIVE_INFINITY;

  constructor(
    name: string,
    tabs: number,
    { scheduler, network }: Pick<Surroundings, 'scheduler' | 'network'>,
    random: Random,
    storage: IDBFactory,
    space: SpaceId | null,
  ) {
    this.profile = new Profile(name, storage);
    this.scheduler = scheduler;
    this.network = network;
    this.random = random;
    this.space = space;
    this.tabs = Array.from({ length: tabs }, (_, index) => new Tab(`${name}-${index + 1}`, this));
  }

  /** The stores that are open, frozen tabs included. */
  get stores(): readonly Store[] {
    return this.tabs.flatMap(({ store }) => (store === null ? [] : [store]));
  }

  tab(index: number): Tab {
    return this.tabs[index % this.tabs.length] as Tab; // a device has a tab
  }

  /** The tab that took the last term; null if it is gone. */
  get leader(): Tab | null {
    let newest: Store | null = null;
    for (const store of this.stores) {
      if (newest === null || store.standing.term > newest.standing.term) newest = store;
    }
    return this.tabs.find(({ life }) => life?.tabName === newest?.standing.tab) ?? null;
  }

  takesRoom(mode: IDBTransactionMode): boolean {
    if (mode !== 'readwrite') return true;
    this.room -= 1;
    return this.room >= 0;
  }

  /** A local transaction in one tab; noted once its store says that it is durable. */
  async write(tab: Tab, ops: readonly PlannedOp[]): Promise<void> {
    const { life } = tab;
    const store = life?.store;
    if (!life || !store || tab.isFrozen) return;
    tab.enter();
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
        if (record !== null) this.#checkRises(store, record);
        return record;
      });
      const written = record as LocalRecord | null;
      if (added === null || written === null) return;
      const changeset = decodeChangeset(written.changeset);
      this.committed.push({ device: written.device, changeset, position: added.position });
    } catch (thrown) {
      if (isError(thrown, 'not-found')) return;
      if (isBrokenStorage(thrown)) tab.kill(1_000);
      else if (!isExpected(thrown)) this.surprises.push(thrown);
    }
  }

  /** A write is above everything that its writer has applied. */
  #checkRises(store: Store, { changeset }: LocalRecord): void {
    const { stamp } = decodeChangeset(changeset);
    for (const table of store.rows.above.tables()) {
      for (const [id, { cells, tombstone, restored }] of store.rows.above.scan(table)) {
        const marks = [tombstone, restored].flatMap((mark) => (mark === null ? [] : [mark]));
        const versions = [...[...cells.values()].map(({ version }) => version), ...marks];
        if (versions.some((version) => version.stamp >= stamp))
          this.surprises.push(new Broken(`${this.profile.name} writes below what it has applied of ${id}`));
      }
    }
  }
}
