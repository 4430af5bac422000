/**
 * A device whose worker is killed again and again while it folds its journal into pages and sweeps, at awaits that a seed chooses; after
 * some of these the next worker is killed too, while it opens. After each the store must open and hold what was acknowledged, in pages
 * that are all there.
 */
import { type Remote, wrap } from 'comlink';
import type { Op } from '../../../src/format/changeset.ts';
import { digestRows } from '../../../src/model/digest.ts';
import type { Draft } from '../../../src/model/draft.ts';
import { Random } from '../../sim/random.ts';
import { PlainRows } from '../../store/plain-rows.ts';
import { deviceA, testSpace } from '../../store/space.ts';
import { DrawnChanges } from './folding-changes.ts';
import type { Disk } from './folding-disk.ts';
import type { Indexes, Life, Points } from './folding-worker.ts';
import workerUrl from './folding-worker.ts?worker&url';
import type { ToPage, ToWorker } from './messages.ts';

export interface FoldingReport {
  /** How often the worker was killed at an await of each kind: in a compaction, and while it opened the store. */
  readonly folding: Points;
  readonly opening: Points;
  /** Awaits of each kind in one compaction of all rows, with its sweep. */
  readonly whole: Points;
  /** Compactions that came to their end. */
  readonly folds: number;
  /** Writes of which the page did not hear, and which are there. */
  readonly unheard: number;
  /** The most pages that no base named after a kill. */
  readonly mostUnnamed: number;
  /** Pages that the last compaction left for whoever still reads the base before it. */
  readonly ofBefore: number;
  readonly end: Disk;
}

/** Compactions in one of which the chosen await must come. */
const mostTries = 20;

class Device {
  readonly #seed: number;
  readonly #rowCount: number;
  readonly #random: Random;
  #changes: DrawnChanges;
  #oracle = new PlainRows();
  #digest: string | null = null;
  #writes = 0;
  /** A write that was under way at a kill. */
  #unsure: readonly Op[] | null = null;
  #unheard = 0;
  #folds = 0;
  #mostUnnamed = 0;
  /** Awaits of an opening, of whatever kind. */
  #openingPoints = 0;
  #whole: Record<string, number> = {};
  /** Kinds of awaits that are next. */
  #deck: string[] = [];
  readonly #killed = { folding: new Map<string, number>(), opening: new Map<string, number>() };
  #kills = 0;
  #last = 'nothing';

  constructor(seed: number, rowCount: number) {
    this.#seed = seed;
    this.#rowCount = rowCount;
    this.#random = new Random(seed);
    this.#changes = new DrawnChanges(this.#random.fork('rows'));
  }

  async endure(kills: number): Promise<FoldingReport> {
    try {
      await this.#rehearse();
      (await this.#begin()).end();
      for (let kill = 0; kill < kills; kill += 1) {
        await this.#compact();
        await this.#look(kill % 3 === 2);
      }
      return await this.#end();
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Error(`Seed ${this.#seed}, after kill ${this.#kills}, at ${this.#last}: ${text}`, {
        cause: thrown,
      });
    }
  }

  /** Finds how many awaits of which kinds there are to be killed at. */
  async #rehearse(): Promise<void> {
    let worker = await this.#begin();
    // The first writes all, the second reads what was written, the third sweeps what the first wrote.
    for (const indexes of ['few', 'many', 'many'] as const) {
      worker.end();
      worker = new KillableWorker(0);
      await this.#open(worker);
      await this.#write(worker, this.#changes.scattered(this.#rowCount));
      Object.assign(this.#whole, await worker.ask((life) => life.fold(indexes)));
    }
    await worker.ask((life) => life.erase());
    worker.end();
    for (const kind of Object.keys(this.#whole)) {
      if (!/^(indexedDB|crypto) /.test(kind)) delete this.#whole[kind];
    }
    this.#oracle = new PlainRows();
    this.#changes = new DrawnChanges(this.#random.fork('rows again'));
    this.#writes = 0;
  }

  /** A worker with a new store, which has all rows in its journal. */
  async #begin(): Promise<KillableWorker> {
    const { space, a, members } = await testSpace();
    const founder = { a: { sign: a.sign, wrap: a.wrap }, members };
    const worker = new KillableWorker(0);
    await worker.ask((life) => life.create(space, founder));
    for (const drafts of this.#changes.first(this.#rowCount)) await this.#write(worker, drafts);
    return worker;
  }

  /** Looks at what the last worker left behind; may be killed while it opens that. */
  async #look(isCut: boolean): Promise<void> {
    const worker = new KillableWorker(isCut ? 1 + this.#random.below(this.#openingPoints) : 0);
    if (await this.#dies(this.#killed.opening, () => this.#check(worker))) {
      return this.#look(this.#random.chance(1 / 3));
    }
    worker.end();
  }

  /** Compacts with what was written, in new workers, until one dies at the await that was chosen. */
  async #compact(): Promise<void> {
    let target = this.#choose();
    for (let tries = 0; tries < mostTries; tries += 1) {
      const worker = new KillableWorker(0);
      let { above } = await this.#open(worker);
      if (above > 0 && this.#random.chance(1 / 4)) {
        await this.#fold(worker);
        above = 0;
      }
      // After a compaction that came to its end the next is to be of all rows again.
      if (above === 0) await this.#write(worker, this.#changes.scattered(this.#rowCount));
      else if (this.#random.chance(1 / 2)) await this.#write(worker, this.#changes.few());
      worker.arm(target);
      if (await this.#dies(this.#killed.folding, () => this.#fold(worker))) return;
      worker.end();
      // It came to its end first: not every compaction has as many of that kind as the rehearsal had.
      target = { ...target, arm: Math.ceil(target.arm / 2) };
    }
    throw new Error(`Compactions do not come to ${target.arm} times ${target.kind}`);
  }

  /** Whether the worker dies while something is asked of it. */
  async #dies(killed: Map<string, number>, ask: () => Promise<unknown>): Promise<boolean> {
    try {
      await ask();
      return false;
    } catch (thrown) {
      if (!(thrown instanceof Death)) throw thrown;
      this.#kills += 1;
      this.#last = `${killed === this.#killed.opening ? 'opening, ' : ''}${thrown.message}`;
      killed.set(thrown.message, (killed.get(thrown.message) ?? 0) + 1);
      return true;
    }
  }

  /** Each kind of await in its turn; which of them, is drawn. */
  #choose(): ToWorker {
    if (this.#deck.length === 0) {
      const kinds = Object.keys(this.#whole).sort();
      while (kinds.length > 0) this.#deck.push(...kinds.splice(this.#random.below(kinds.length), 1));
    }
    const kind = this.#deck.pop() ?? '';
    return { kind, arm: 1 + this.#random.below(this.#whole[kind] ?? 1) };
  }

  /** A compaction, in one of three beside a write. */
  async #fold(worker: KillableWorker): Promise<void> {
    const indexes: Indexes = this.#random.chance(1 / 4) ? 'few' : 'many';
    const beside = this.#random.chance(1 / 3) ? this.#changes.few() : null;
    await Promise.all([
      worker.ask((life) => life.fold(indexes)),
      beside === null ? null : this.#write(worker, beside),
    ]);
    this.#folds += 1;
  }

  async #write(worker: KillableWorker, drafts: readonly Draft[]): Promise<void> {
    const ops = this.#oracle.settle(drafts);
    if (ops === null || ops.length === 0) return;
    this.#unsure = ops;
    this.#wrote(ops, await worker.ask((life) => life.write(drafts)));
  }

  #wrote(ops: readonly Op[], stamp: number): void {
    this.#unsure = null;
    this.#oracle.merge(ops, [stamp, deviceA]);
    this.#writes += 1;
    this.#digest = null;
  }

  async #open(worker: KillableWorker) {
    const { space } = await testSpace();
    const opened = await worker.ask((life) => life.open(space));
    this.#openingPoints = Object.values(opened.points).reduce((sum, count) => sum + count, 0);
    return opened;
  }

  /** Opens the store and compares it with what it has to hold. */
  async #check(worker: KillableWorker): Promise<void> {
    const { writes, stamp } = await this.#open(worker);
    // All of what was under way at the kill, or nothing.
    if (this.#unsure !== null && writes === this.#writes + 1) {
      this.#wrote(this.#unsure, stamp);
      this.#unheard += 1;
    }
    this.#unsure = null;
    const seen = await worker.ask((life) => life.look());
    this.#mostUnnamed = Math.max(this.#mostUnnamed, seen.unnamed);
    await this.#compare(writes, seen);
  }

  async #compare(writes: number, { digest }: FoldingReport['end']): Promise<void> {
    if (writes !== this.#writes)
      throw new Error(`${this.#writes} writes were acknowledged, ${writes} are there`);
    this.#digest ??= await digestRows(this.#oracle.states());
    if (digest !== this.#digest) throw new Error(`The digest is ${digest}, not ${this.#digest}`);
  }

  async #end(): Promise<FoldingReport> {
    const worker = new KillableWorker(0);
    await this.#check(worker);
    await this.#write(worker, this.#changes.few());
    await worker.ask((life) => life.fold('many'));
    const { unnamed } = await worker.ask((life) => life.look());
    await worker.ask((life) => life.tidy());
    const end = await worker.ask((life) => life.look());
    await this.#compare(this.#writes, end);
    worker.end();
    return {
      folding: Object.fromEntries(this.#killed.folding),
      opening: Object.fromEntries(this.#killed.opening),
      whole: this.#whole,
      folds: this.#folds,
      unheard: this.#unheard,
      mostUnnamed: this.#mostUnnamed,
      ofBefore: unnamed,
      end,
    };
  }
}

/** What is asked of a worker that is killed; says at which kind of await. */
class Death extends Error {
  override readonly name = 'Death';
}

class KillableWorker {
  readonly #worker: Worker;
  readonly #life: Remote<Life>;
  readonly #died: Promise<never>;

  /** `awaits`: so many of any kind it lives through; 0: all, or as many as it is armed for later. */
  constructor(awaits: number) {
    this.#worker = new Worker(workerUrl, { type: 'module', name: String(awaits) });
    this.#life = wrap<Life>(this.#worker);
    this.#died = new Promise((_, reject) => {
      this.#worker.addEventListener('error', ({ message }) => reject(new Error(message)));
      this.#worker.addEventListener('message', ({ data }: MessageEvent<Partial<ToPage> | null>) => {
        if (data?.frozenAt === undefined) return;
        this.#worker.terminate();
        reject(new Death(data.frozenAt));
      });
    });
    this.#died.catch(() => undefined);
  }

  ask<T>(question: (life: Remote<Life>) => Promise<T>): Promise<T> {
    return Promise.race([question(this.#life), this.#died]);
  }

  arm(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  end(): void {
    this.#worker.terminate();
  }
}

declare global {
  var endureFolding: (seed: number, rows: number, kills: number) => Promise<FoldingReport>;
}

globalThis.endureFolding = (seed, rows, kills) => new Device(seed, rows).endure(kills);
