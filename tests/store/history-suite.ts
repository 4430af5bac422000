/** Random histories of two tabs, other devices, faults and reopenings against plain maps, over any IndexedDB. */
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Changeset, Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import type { Draft } from '../../src/model/draft.ts';
import type { RowState } from '../../src/model/row.ts';
import { compact, sweep } from '../../src/store/compaction.ts';
import type { Rows } from '../../src/store/rows.ts';
import { property } from '../property.ts';
import { type Fault, faults } from './faulty-indexeddb.ts';
import { type Tab, TestDevice, write } from './harness.ts';
import { PlainRows, plainly } from './plain-rows.ts';
import { checkQueries, indexes, query } from './query-check.ts';
import { OtherLog, start } from './space.ts';

const table = fc.constantFrom('items', 'lists');
const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const cells = fc
  .tuple(
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 0, max: 3 }), { minKeys: 1 }),
    fc.option(id, { nil: undefined }),
  )
  .map(
    ([object, list]) =>
      new Map<string, CborValue>(Object.entries(list === undefined ? object : { ...object, p: list })),
  );
const draft: fc.Arbitrary<Draft> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'patch' as const), table, id, cells }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'restore' as const), table, id }),
);
const drafts = fc.array(draft, { minLength: 1, maxLength: 4 });
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), table, id, cells, seen: fc.constant(new Map()) }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'restore' as const), table, id }),
);
/** At most one op a row, as a changeset has them. */
const ops = fc.uniqueArray(op, { selector: (one) => `${one.table}/${one.id}`, maxLength: 4 });
const tab = fc.nat({ max: 1 });

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), tab, drafts }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race' as const), one: drafts, two: drafts }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('remote' as const),
      tab,
      device: fc.constantFrom(2, 3),
      /** Milliseconds around the start, rising within the batch. */
      after: fc.integer({ min: -50, max: 50 }),
      entries: fc.array(fc.array(ops, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      tab,
      /** What the same tab writes meanwhile. */
      drafts: fc.option(drafts),
      sweeps: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('query' as const), tab, query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refresh' as const), tab }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen' as const), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save' as const), tab }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('clock' as const), by: fc.integer({ min: -100, max: 100 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deaf' as const), deaf: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      tab,
      fault: fc.constantFrom(...faults),
      /** At which of the tab's next transactions. */
      next: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** So small that a few rows make several pages and levels. */
const sizes = { leaf: { least: 64, most: 256, fewest: 1 }, node: { least: 128, most: 512, fewest: 2 } };

export function historySuite(factory: () => IDBFactory, runs: number): void {
  describe('histories', () => {
    property(
      'STORE-4, STORE-1, STORE-2, STORE-3, STORE-18: under any history of writes, pulls, faults and reopenings of two tabs, rows equal those of plain maps',
      { runs, timeout: 600_000 },
      fc.array(step, { maxLength: 24 }),
      async (steps) => {
        const history = await History.begin(factory());
        for (const one of steps) await history.step(one);
        await history.end();
      },
    );
  });
}

interface Life {
  tab: Tab;
  /** The fault that waits for a transaction of this tab. */
  readonly waiting: { fault: Fault; in: number } | { fault: null; in: 0 };
  readonly mirror: Mirror;
}

class History {
  readonly #here: TestDevice;
  readonly #lives: [Life, Life];
  readonly #oracle = new PlainRows();
  readonly #logs = new Map<number, OtherLog>();
  readonly #stamped = new Map<number, number>();
  #time = start;
  /** The greatest stamp in the journal, and how many records it has. */
  #clock = 0;
  #position = 2;
  #locals = 0;
  /** How many records of compactions are among them. */
  #folded = 0;

  private constructor(here: TestDevice, lives: [Life, Life]) {
    this.#here = here;
    this.#lives = lives;
  }

  static async begin(inner: IDBFactory): Promise<History> {
    const here = await TestDevice.make(inner);
    await (await here.openFounded()).store.close();
    return new History(here, [await live(here), await live(here)]);
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'write': {
        const life = this.#lives[step.tab === 0 ? 0 : 1];
        await this.#acting(life, () => write(life.tab, ...step.drafts), step.drafts);
        break;
      }
      case 'race':
        await this.#race(step.one, step.two);
        break;
      case 'remote':
        await this.#remote(step);
        break;
      case 'compact':
        await this.#compact(step);
        break;
      case 'query':
        await this.#looking(this.#lives[step.tab === 0 ? 0 : 1], ({ store }) =>
          checkQueries(store.rows, [step.query]),
        );
        break;
      case 'refresh':
        await this.#idle(step.tab, (life) => life.tab.store.refresh());
        break;
      case 'save':
        await this.#idle(step.tab, (life) => life.tab.store.saveFold());
        break;
      case 'reopen':
        await this.#idle(step.tab, (life) => life.tab.store.close());
        await this.#revive(this.#lives[step.tab === 0 ? 0 : 1]);
        break;
      case 'clock':
        this.#time += step.by;
        for (const life of this.#lives) life.tab.runtime.time = this.#time;
        break;
      case 'deaf':
        this.#here.origin.deaf = step.deaf;
        break;
      case 'fault': {
        const { waiting } = this.#lives[step.tab === 0 ? 0 : 1];
        Object.assign(waiting, { fault: step.fault, in: step.next });
        break;
      }
    }
    for (const life of this.#lives) await this.#looking(life, ({ store }) => life.mirror.check(store.rows));
  }

  /** Both tabs read on and a third opens: all three and the oracle agree. */
  async end(): Promise<void> {
    for (const life of this.#lives) {
      await this.#soothe(life);
      await life.tab.store.refresh();
      await this.#looking(life, (tab) => this.#compare(tab));
      expect(life.tab.store.standing).toEqual(this.#lives[0].tab.store.standing);
    }
    const third = await this.#here.open();
    expect(third.store.standing).toEqual(this.#lives[0].tab.store.standing);
    await this.#compare(third);
    for (const one of [third, ...this.#lives.map((life) => life.tab)]) await one.store.close();
  }

  async #compare({ store }: Tab): Promise<void> {
    expect(await allOf(store.rows)).toEqual(this.#oracle.all());
    expect(store.standing.position).toBe(this.#position);
    expect(store.standing.outbox.length).toBe(this.#locals);
    expect(store.standing.clock).toBe(this.#clock);
  }

  /** One tab writes; what came of it is what the oracle says, or what the journal shows where the tab died. */
  async #acting(
    life: Life,
    act: () => Promise<unknown>,
    drafts: readonly Draft[],
    beside: Promise<unknown> = Promise.resolve(),
  ): Promise<void> {
    const stale = life.tab.store.standing.position < this.#position;
    const outcome = await settled(life, act);
    await beside;
    if (outcome === 'failed') await this.#revive(life);
    await this.#looking(life, (tab) => this.#count(tab));
    if (stale && outcome !== 'failed' && life.tab.store.standing.position <= this.#position) {
      // Nothing was written, and that was decided on what this tab had read: it may not know better yet.
      return;
    }
    const expected = this.#oracle.settle(drafts);
    if (outcome !== 'failed') {
      expect(outcome === 'not-found').toBe(expected === null);
      if (expected !== null && expected.length > 0) this.#wrote(life.tab, expected);
      return this.#looking(life, (tab) => this.#compare(tab));
    }
    if (life.tab.store.standing.position > this.#position) {
      if (expected === null) throw new TypeError('a refused write is in the journal');
      this.#wrote(life.tab, expected);
    }
    await this.#looking(life, (tab) => this.#compare(tab));
  }

  #wrote({ store }: Tab, expected: readonly Op[]): void {
    const { clock, device } = store.standing;
    expect(clock).toBeGreaterThan(this.#clock);
    this.#clock = clock;
    this.#position += 1;
    this.#locals += 1;
    this.#oracle.merge(expected, [clock, device ?? 0]);
  }

  /** Both tabs write at once, on time for neither to know of the other; without faults. */
  async #race(one: readonly Draft[], two: readonly Draft[]): Promise<void> {
    for (const life of this.#lives) await this.#soothe(life);
    const [first, second] = this.#lives;
    const results = await Promise.all(
      [
        { life: first, drafts: one },
        { life: second, drafts: two },
      ].map(async ({ life, drafts }) => {
        const at = await write(life.tab, ...drafts).catch((thrown: unknown) => {
          expect(thrown).toMatchObject({ code: 'not-found' });
          return null;
        });
        return { at: at?.position ?? null, drafts };
      }),
    );
    const { store } = first.tab;
    await Promise.all(this.#lives.map((life) => life.tab.store.refresh()));
    for (const { at, drafts } of results
      .filter(({ at }) => at !== null)
      .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
      const stamp = store.standing.outbox.find((item) => item.position === at)?.stamp ?? 0;
      const expected = this.#oracle.settle(drafts);
      expect(expected).not.toBeNull();
      expect(stamp).toBeGreaterThan(this.#clock);
      this.#clock = stamp;
      this.#position += 1;
      this.#locals += 1;
      this.#oracle.merge(expected ?? [], [stamp, 1]);
    }
    for (const life of this.#lives) await this.#looking(life, (tab) => this.#compare(tab));
  }

  async #remote(step: Extract<Step, { do: 'remote' }>): Promise<void> {
    const life = this.#lives[step.tab === 0 ? 0 : 1];
    const device = asDeviceNumber(step.device);
    const log = this.#logs.get(device) ?? new OtherLog(this.#here.space.space, device);
    this.#logs.set(device, log);
    const { cursor } = log;
    // One device never gives a stamp twice.
    let ms = Math.max(this.#time + step.after, this.#stamped.get(device) ?? 0);
    const entries: Changeset[][] = step.entries.map((changesets) =>
      changesets.map((some) => {
        ms += 1;
        return { stamp: makeStamp(ms, step.device), ops: some };
      }),
    );
    this.#stamped.set(device, ms);
    const run = log.run(entries);
    const outcome = await settled(life, () =>
      life.tab.store.append((standing) =>
        (standing.cursors.get(device)?.size ?? 0) === cursor.size
          ? { kind: 'applied', heads: [], logs: [run] }
          : null,
      ),
    );
    if (outcome !== 'done' || (await settled(life, () => life.tab.store.refresh())) !== 'done') {
      await this.#revive(life);
    }
    const applied = life.tab.store.standing.position > this.#position;
    if (!applied) {
      log.cursor = cursor;
      return;
    }
    this.#position += 1;
    for (const { stamp, ops } of entries.flat()) {
      this.#clock = Math.max(this.#clock, stamp);
      this.#oracle.merge(ops, [stamp, device]);
    }
    await this.#looking(life, (tab) => this.#compare(tab));
  }

  /** A compaction, perhaps beside a write of the same tab. It adds one record, or none if it ended before. */
  async #compact(step: Extract<Step, { do: 'compact' }>): Promise<void> {
    const life = this.#lives[step.tab === 0 ? 0 : 1];
    const { store } = life.tab;
    const { base } = store.standing;
    const compacting = settled(life, async () => {
      await compact(store, { indexes, sizes });
      if (step.sweeps) await sweep(store, base);
    });
    if (step.drafts !== null && life.waiting.fault === null) {
      await this.#acting(life, () => write(life.tab, ...(step.drafts ?? [])), step.drafts, compacting);
    } else if ((await compacting) !== 'done') await this.#revive(life);
    // A tab that had nothing to fold or write may not have heard of what others wrote.
    if ((await settled(life, () => life.tab.store.refresh())) !== 'done') await this.#revive(life);
    await this.#looking(life, (tab) => this.#count(tab));
    await this.#looking(life, (tab) => this.#compare(tab));
  }

  /** Counts the records of compactions that the journal holds by now. */
  async #count({ store }: Tab): Promise<void> {
    let folded = 0;
    for await (const { kind } of store.records()) if (kind === 'folded') folded += 1;
    this.#position += folded - this.#folded;
    this.#folded = folded;
  }

  /** Looks at a tab; one that dies meanwhile, in the background, is opened anew and looked at again. */
  async #looking(life: Life, look: (tab: Tab) => Promise<void>): Promise<void> {
    // A fault that waits is for what a tab does, not for looking at it.
    const waiting = { ...life.waiting };
    for (;;) {
      const { tab } = life;
      Object.assign(life.waiting, { fault: null, in: 0 });
      const looked = look(tab).then(() => true);
      if (await Promise.race([looked, death(tab).then(() => false)])) break;
      await this.#revive(life);
    }
    Object.assign(life.waiting, waiting);
  }

  async #idle(which: number, act: (life: Life) => Promise<void>): Promise<void> {
    const life = this.#lives[which === 0 ? 0 : 1];
    const outcome = await settled(life, () => act(life));
    if (outcome !== 'done') await this.#revive(life);
  }

  /**
   * Takes back the fault that waits, and opens the tab anew if it has died in the background. A fault may already have struck a
   * transaction that is still on its way: reading on and saving stand behind it, so it is over after them.
   */
  async #soothe(life: Life): Promise<void> {
    Object.assign(life.waiting, { fault: null, in: 0 });
    const { store } = life.tab;
    const outcome = await settled(life, async () => {
      await store.refresh();
      await store.saveFold();
    });
    if (outcome !== 'done') await this.#revive(life);
  }

  /** Opens the tab anew, without faults. */
  async #revive(life: Life): Promise<void> {
    Object.assign(life.waiting, { fault: null, in: 0 });
    if (!life.tab.faulty.killed) await life.tab.store.close();
    const fresh = await live(this.#here);
    Object.assign(life, fresh);
    life.tab.runtime.time = this.#time;
  }
}

async function live(here: TestDevice): Promise<Life> {
  const waiting: { fault: Fault | null; in: number } = { fault: null, in: 0 };
  const tab = await here.open({ saveEvery: 4 }, () => {
    if (waiting.fault === null) return null;
    waiting.in -= 1;
    if (waiting.in > 0) return null;
    const { fault } = waiting;
    waiting.fault = null;
    return fault;
  });
  const mirror = await Mirror.of(tab.store.rows);
  tab.store.onChange((change) => mirror.take(tab.store.rows, change.rows));
  return { tab, waiting: waiting as Life['waiting'], mirror };
}

/** Settles when the tab is dead. */
function death({ faulty }: Tab): Promise<void> {
  return new Promise((resolve) => {
    if (faulty.killed) resolve();
    const before = faulty.onKilled;
    faulty.onKilled = () => {
      before();
      resolve();
    };
  });
}

/** How an act ended: it was done, or refused, or it failed or died with the tab. */
async function settled(life: Life, act: () => Promise<unknown>): Promise<'done' | 'not-found' | 'failed'> {
  if (life.tab.faulty.killed) return 'failed';
  const died = death(life.tab).then(() => 'failed' as const);
  const acting = act().then(
    () => 'done' as const,
    (thrown: unknown) => {
      expect(thrown).toBeInstanceOf(CairnError);
      const { code } = thrown as CairnError;
      expect(['not-found', 'storage-full']).toContain(code);
      return code === 'not-found' ? ('not-found' as const) : ('failed' as const);
    },
  );
  return Promise.race([acting, died]);
}

async function allOf(rows: Rows): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const [name, rowId, row] of rows.all()) all.push(plainly(name, rowId, row));
  return all;
}

/** What somebody who only listens to changes knows: PULL-18 asks that every changed row is named, and no other. */
class Mirror {
  readonly #rows = new Map<string, string>();
  readonly #named = new Set<string>();

  static async of(rows: Rows): Promise<Mirror> {
    const mirror = new Mirror();
    for await (const [name, rowId, row] of rows.all())
      mirror.#rows.set(`${name}/${rowId}`, JSON.stringify(plainly(name, rowId, row)));
    return mirror;
  }

  take(rows: Rows, keys: readonly (readonly [string, string])[]): void {
    for (const [name, rowId] of keys) {
      // What lies in pages and is not at hand can be looked at later alone.
      if (rows.base.tables.has(name)) this.#named.add(`${name}/${rowId}`);
      else this.#set(`${name}/${rowId}`, rows.get(name, rowId));
    }
  }

  #set(key: string, row: RowState | undefined): void {
    const [name = '', rowId = ''] = key.split('/');
    if (!row) throw new TypeError(`${key} changed and is not there`);
    const now = JSON.stringify(plainly(name, rowId, row));
    expect(now).not.toBe(this.#rows.get(key));
    this.#rows.set(key, now);
  }

  /** Compares what was known with what there is at this moment; more may change while that is read. */
  async check(rows: Rows): Promise<void> {
    const known = new Map(this.#rows);
    const named = new Set(this.#named);
    for (const key of named) this.#named.delete(key);
    for (const row of await allOf(rows)) {
      const [key] = row as [string];
      const now = JSON.stringify(row);
      if (named.has(key)) this.#rows.set(key, now);
      else expect(known.get(key)).toBe(now);
      known.delete(key);
    }
    expect([...known.keys()].filter((key) => !named.has(key))).toEqual([]);
  }
}
