/**
 * Folds changes into the pages of one level of a tree, so that its pages are those that the resulting entries would be cut into from
 * scratch (`model/paging`).
 *
 *     old pages   │ a │ b │ c │ d │ e │ f │ g │          a change in d
 *     new pages   │ a │ b │ c │ d' │ e' │ f │ g │
 *
 * 1. Where an old page ended followed from entries as far as its weight and that of the pages behind it reach. So cutting begins at the
 *    first page that reaches a change (here b), and is over where a new page begins with the first entry of an old one (here f), no change
 *    lies behind that, and the next change is out of its reach. Pages between such stretches are neither read nor written.
 * 2. A page of a stretch that comes out as it was is not packed again; one that was packed and has the name of the old one is not written.
 * 3. What is in memory is one window of entries, what was read ahead, and a reference for each page that changed.
 */
import { platformSha256 } from '../crypto/platform-hash.ts';
import { CairnError } from '../errors.ts';
import { asHash, type Bytes, compareText, type Hash } from '../format/bytes.ts';
import { PageRef } from '../format/node.ts';
import type { PageName } from '../format/page-name.ts';
import { type PageSizes, pageEnd, type Weighed } from '../model/paging.ts';
import type { Entry } from './leaf.ts';
import { type OldEntry, OldPages } from './old-pages.ts';
import type { PageSink } from './page-source.ts';
import type { Place, TreeLevel } from './tree-level.ts';

export interface Level<V> {
  /** The pages as they are; null where there are none. */
  readonly old: TreeLevel | null;
  load(names: readonly PageName[]): Promise<readonly (readonly Entry<V>[])[]>;
  encode(entries: readonly Entry<V>[]): Bytes;
  weight(key: string, value: V): number;
  /** How many entries of the tree the value is or leads to. */
  entries(value: V): number;
  readonly sizes: PageSizes;
}

/** What a change makes of the value at its key: null, none; what was there before, no change. */
export type Merge<V, C> = (key: string, before: V | undefined, change: C) => V | null;

export type Change<C> = readonly [key: string, change: C];

export interface Folding {
  readonly sink: PageSink;
  /** Awaited between pages. */
  pause(): void | Promise<void>;
}

export interface FoldedLevel {
  /** How many pages the level has: 0, 1, or 2 for more. */
  readonly pages: number;
  /** The page, if it is the only one. */
  readonly only: PageRef | null;
  /** Pages that came, by their first keys, and null where one went; in ascending order. */
  readonly changes: readonly Change<PageRef | null>[];
  /** The new pages and those that came out as they were: all, where the level had one page at most. */
  readonly passed: readonly PageRef[];
}

/** A page that was cut, or an old one that is no more. */
interface Outcome {
  readonly key: string;
  readonly old: PageRef | null;
  ref: PageRef | null;
}

/** How many pages are hashed side by side. */
const hashedAtOnce = 8;

type Item<V> = OldEntry<V> & Weighed;

export class LevelFold<V, C> {
  readonly #level: Level<V>;
  readonly #merge: Merge<V, C>;
  readonly #folding: Folding;
  readonly #changes: Iterator<Change<C>>;
  readonly #old: OldPages<V>;
  #change: Change<C> | null = null;
  /** The last key at which something became different. */
  #changed: string | null = null;
  #window: Item<V>[] = [];
  #weight = 0;
  #kept = 0;
  #keptRef: PageRef | null = null;
  readonly #outcomes: Outcome[] = [];
  readonly #hashing: (() => Promise<void>)[] = [];

  constructor(level: Level<V>, changes: Iterable<Change<C>>, merge: Merge<V, C>, folding: Folding) {
    this.#level = level;
    this.#merge = merge;
    this.#folding = folding;
    this.#changes = changes[Symbol.iterator]();
    this.#old = new OldPages(level.old, level.load);
  }

  /** @throws malformed for pages that are none, and whatever the sink throws */
  async run(): Promise<FoldedLevel | null> {
    this.#advance();
    if (this.#change === null) return null;
    await this.#begin(this.#change[0]);
    for (let isOver = false; !isOver; ) {
      await this.#gather();
      const end = pageEnd(this.#window, this.#level.sizes) || this.#window.length;
      if (end === 0) break;
      await this.#finish(end);
      isOver = await this.#skip();
      await this.#folding.pause();
    }
    // Old pages of which nothing is left.
    for (const { key, ref } of this.#old.passed(null)) this.#outcomes.push({ key, old: ref, ref: null });
    while (this.#hashing.length > 0) await this.#hashing.shift()?.();
    return this.#folded();
  }

  #folded(): FoldedLevel {
    const passed = this.#outcomes.flatMap(({ ref }) => (ref === null ? [] : [ref]));
    const pages = Math.min(2, this.#kept + passed.length);
    return {
      pages,
      only: pages === 1 ? (passed[0] ?? this.#keptRef) : null,
      changes: this.#outcomes
        .filter(({ old, ref }) => old?.name !== ref?.name)
        .map(({ key, ref }): Change<PageRef | null> => [key, ref]),
      passed,
    };
  }

  #advance(): void {
    const { value, done } = this.#changes.next();
    const next: Change<C> | null = done === true ? null : value;
    if (next !== null && this.#change !== null && compareText(this.#change[0], next[0]) >= 0)
      throw new CairnError('internal', 'Changes out of order');
    this.#change = next;
  }

  async #begin(key: string): Promise<void> {
    const { old } = this.#level;
    if (old === null) return;
    const start = await this.#reaching(old, key);
    const first = await old.first();
    if (first.ref.name !== start.ref.name) await this.#keep(old, first, start);
    this.#old.start(start);
  }

  /** The first page that reaches the one in which the key would stand: all between them fit into a page together. */
  async #reaching(old: TreeLevel, key: string): Promise<Place> {
    let place = await old.at(key);
    for (let weight = 0; ; ) {
      const before = await old.before(place);
      if (before === null) return place;
      weight += before.ref.weight;
      if (weight > this.#level.sizes.most) return place;
      place = before;
    }
  }

  /** Takes entries, old and changed, until the first page of the window is known to end, or there are no more. */
  async #gather(): Promise<void> {
    const { most, fewest } = this.#level.sizes;
    while (this.#weight <= most || this.#window.length <= fewest) {
      if (this.#old.mustRead) await this.#old.read();
      const key = this.#old.key;
      const change = this.#change;
      if (change === null) {
        if (key === null) return;
        this.#take(this.#old.take());
        continue;
      }
      const order = key === null ? -1 : compareText(change[0], key);
      if (order > 0) this.#take(this.#old.take());
      else this.#apply(change, order === 0 ? this.#old.take() : null);
    }
  }

  #apply([key, change]: Change<C>, before: OldEntry<V> | null): void {
    const after = this.#merge(key, before?.value, change);
    this.#advance();
    if (before !== null && after === before.value) {
      this.#take(before);
      return;
    }
    if (before !== null || after !== null) this.#changed = key;
    if (after !== null) this.#take({ key, value: after, page: null });
  }

  #take({ key, value, page }: OldEntry<V>): void {
    const weight = this.#level.weight(key, value);
    this.#window.push({ key, value, page, weight });
    this.#weight += weight;
  }

  /** Makes a page of the first entries of the window. */
  async #finish(count: number): Promise<void> {
    const items = this.#window.slice(0, count);
    this.#window = this.#window.slice(count);
    const [first] = items;
    if (first === undefined) return;
    let weight = 0;
    let entries = 0;
    for (const item of items) {
      weight += item.weight;
      entries += this.#level.entries(item.value);
    }
    this.#weight -= weight;

    const { key } = first;
    let old: PageRef | null = null;
    const gone: Outcome[] = [];
    for (const page of this.#old.passed(this.#window[0]?.key ?? null)) {
      if (page.key === key) old = page.ref;
      else
        (compareText(page.key, key) < 0 ? this.#outcomes : gone).push({
          key: page.key,
          old: page.ref,
          ref: null,
        });
    }
    const outcome: Outcome = { key, old, ref: null };
    this.#outcomes.push(outcome, ...gone);
    const refOf = (hash: Hash): PageRef => new PageRef(key, hash, weight, entries);
    if (old !== null && isSame(items)) outcome.ref = refOf(old.hash);
    else await this.#write(this.#level.encode(items.map(({ key, value }) => [key, value])), refOf, outcome);
  }

  async #write(bytes: Bytes, refOf: (hash: Hash) => PageRef, outcome: Outcome): Promise<void> {
    const hash = platformSha256(bytes);
    // It is awaited in its turn; if another fails before, nobody awaits it.
    hash.catch(() => undefined);
    this.#hashing.push(async () => {
      const ref = refOf(asHash(await hash));
      if (ref.name !== outcome.old?.name) await this.#folding.sink.put(ref.name, bytes);
      outcome.ref = ref;
    });
    if (this.#hashing.length >= hashedAtOnce) await this.#hashing.shift()?.();
  }

  /** Goes on to the next stretch if this one is over; true if there is none. */
  async #skip(): Promise<boolean> {
    const { old } = this.#level;
    const [first] = this.#window;
    if (old === null || first === undefined || first.page?.key !== first.key) return false;
    if (this.#changed !== null && compareText(this.#changed, first.key) >= 0) return false;
    const { place } = first.page;
    // A page that was alone in its level has nothing behind it, and above it nothing that would keep it.
    if (place.path.length === 0) return false;
    const start = this.#change === null ? null : await this.#reaching(old, this.#change[0]);
    if (start !== null && compareText(start.ref.key, first.key) <= 0) return false;
    await this.#keep(old, place, start);
    this.#window = [];
    this.#weight = 0;
    this.#old.start(start);
    return start === null;
  }

  /** Notes that old pages stay, from one on and up to another, or all. */
  async #keep(old: TreeLevel, from: Place, to: Place | null): Promise<void> {
    const next = await old.after(from);
    this.#kept += next?.ref.name === to?.ref.name ? 1 : 2;
    this.#keptRef = from.ref;
  }
}

/** Whether the entries are those of an old page, all of them and no other. */
function isSame<V>(items: readonly Item<V>[]): boolean {
  const page = items[0]?.page ?? null;
  return page !== null && page.count === items.length && items.every((item) => item.page === page);
}
