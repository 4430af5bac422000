/** A worker that keeps a store and folds it when the page says so, its awaits counted. */
import './await-points.ts';
import { expose } from 'comlink';
import type { SpaceId } from '../../../src/format/bytes.ts';
import type { Draft } from '../../../src/model/draft.ts';
import { defineSchema, integer, ref, text } from '../../../src/model/schema.ts';
import type { Runtime } from '../../../src/runtime.ts';
import { compact, sweep } from '../../../src/store/compaction.ts';
import { localRecord } from '../../../src/store/local-write.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { browserRuntime } from '../../../src/worker/browser-runtime.ts';
import { definitionsOf } from '../../../src/worker/compacting.ts';
import { type Founder, found } from '../../store/harness.ts';
import { start } from '../../store/space.ts';
import { passedPoints } from './await-points.ts';
import { type Disk, readDisk } from './folding-disk.ts';

const tables = {
  lists: { name: text() },
  items: { title: text(), n: integer(), list: ref('lists') },
};
/** Apps that declare more or fewer indexes: one that only the first has is built anew after a fold of the second. */
const definitions = {
  many: definitionsOf(defineSchema({ version: 1, tables, indexes: { items: [['n'], ['title', 'n']] } })),
  few: definitionsOf(defineSchema({ version: 1, tables, indexes: { items: [['n']] } })),
};
export type Indexes = keyof typeof definitions;

/** How many awaits of each kind something took. */
export type Points = Readonly<Record<string, number>>;

/** One sequence of stamps for one seed. */
const runtime: Runtime = { ...browserRuntime(), now: () => start };

export class Life {
  #store: Store | null = null;

  get #open(): Store {
    if (this.#store === null) throw new Error('No store is open');
    return this.#store;
  }

  async create(space: SpaceId, founder: Founder): Promise<void> {
    this.#store = await openStore(runtime, space, { tailEveryMs: null });
    await found(this.#store, founder);
  }

  async open(space: SpaceId) {
    let store: Store | null = null;
    const points = await counted(async () => {
      store = await openStore(runtime, space, { create: false, tailEveryMs: null });
    });
    this.#store = store;
    const { standing, rows } = this.#open;
    return {
      points,
      /** Nothing is ever sent, so all of them are in the outbox. */
      writes: standing.outbox.length,
      stamp: standing.outbox.at(-1)?.stamp ?? 0,
      above: rows.above.size,
    };
  }

  /** Gives the stamp. */
  async write(drafts: readonly Draft[]): Promise<number> {
    const store = this.#open;
    const added = await store.append((standing) => localRecord(drafts, store.rows, standing, runtime.now()));
    const item = store.standing.outbox.find(({ position }) => position === added?.position);
    if (item === undefined) throw new Error('Nothing was written');
    return item.stamp;
  }

  /** As the compactor does. */
  async fold(indexes: Indexes): Promise<Points> {
    const store = this.#open;
    const before = store.standing.base;
    return counted(async () => {
      await compact(store, { indexes: definitions[indexes] });
      await sweep(store, before);
    });
  }

  /** Deletes what only the bases of before name: no other tab reads them. */
  async tidy(): Promise<void> {
    const store = this.#open;
    await sweep(store, store.standing.base);
  }

  look(): Promise<Disk> {
    return readDisk(this.#open, [...definitions.many, ...definitions.few]);
  }

  async erase(): Promise<void> {
    await this.#open.erase();
  }
}

async function counted(work: () => Promise<void>): Promise<Points> {
  const before = passedPoints();
  await work();
  const since = [...passedPoints()].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return Object.fromEntries(since.filter(([, count]) => count > 0));
}

expose(new Life());
