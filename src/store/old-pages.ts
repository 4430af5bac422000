/** The entries of a stretch of old pages, one after the other, read some pages ahead. */
import { CairnError } from '../errors.ts';
import { compareText } from '../format/bytes.ts';
import type { PageName } from '../format/page-name.ts';
import type { Entry } from './leaf.ts';
import type { Place, TreeLevel } from './tree-level.ts';

/** A page that was begun. */
export interface OldPage {
  readonly key: string;
  readonly count: number;
  readonly place: Place;
  readonly ref: Place['ref'];
}

interface ReadPage<V> {
  readonly place: Place;
  readonly entries: readonly Entry<V>[];
}

export interface OldEntry<V> {
  readonly key: string;
  readonly value: V;
  /** The page in which it stands as it is; null for what was changed. */
  readonly page: OldPage | null;
}

const fewestAtOnce = 4;
const mostAtOnce = 16;

export class OldPages<V> {
  readonly #level: TreeLevel | null;
  readonly #load: (names: readonly PageName[]) => Promise<readonly (readonly Entry<V>[])[]>;
  /** The next to be read. */
  #next: Place | null = null;
  #atOnce = fewestAtOnce;
  #ahead: ReadPage<V>[] = [];
  /** Begun, and not passed yet. */
  #begun: (OldPage & ReadPage<V>)[] = [];
  #page: OldPage | null = null;
  #entries: readonly Entry<V>[] = [];
  #at = 0;

  constructor(
    level: TreeLevel | null,
    load: (names: readonly PageName[]) => Promise<readonly (readonly Entry<V>[])[]>,
  ) {
    this.#level = level;
    this.#load = load;
  }

  /** Goes to another page, behind those begun, or to the end; what was begun and not passed stays as it is. */
  start(place: Place | null): void {
    // What was read is not read again.
    const read: readonly ReadPage<V>[] = [...this.#begun, ...this.#ahead];
    const known = read.findIndex((page) => page.place.ref.name === place?.ref.name);
    if (known >= 0) this.#ahead = read.slice(known);
    else {
      this.#ahead = [];
      this.#next = place;
      this.#atOnce = fewestAtOnce;
    }
    this.#begun = [];
    this.#page = null;
    this.#entries = [];
    this.#at = 0;
  }

  /** The key of the next entry; null at the end. */
  get key(): string | null {
    return this.#entries[this.#at]?.[0] ?? null;
  }

  /** Whether the next entry is known only after `read`. */
  get mustRead(): boolean {
    return this.#at === this.#entries.length && (this.#ahead.length > 0 || this.#next !== null);
  }

  take(): OldEntry<V> {
    const entry = this.#entries[this.#at++];
    if (entry === undefined) throw new CairnError('internal', 'No entry is left');
    return { key: entry[0], value: entry[1], page: this.#page };
  }

  /** @throws malformed */
  async read(): Promise<void> {
    if (this.#ahead.length === 0) await this.#readAhead();
    const page = this.#ahead.shift();
    if (page === undefined) return;
    const { place, entries } = page;
    const key = entries[0]?.[0];
    // A page that is alone has no node above it that knows its key.
    if (key === undefined || (place.path.length > 0 && key !== place.ref.key))
      throw new CairnError('malformed', 'A page under a key that is not its own');
    this.#entries = entries;
    this.#at = 0;
    const begun = { key, count: entries.length, place, ref: place.ref, entries };
    this.#page = begun;
    this.#begun.push(begun);
  }

  async #readAhead(): Promise<void> {
    const places: Place[] = [];
    while (this.#next !== null && places.length < this.#atOnce) {
      places.push(this.#next);
      this.#next = (await this.#level?.after(this.#next)) ?? null;
    }
    this.#atOnce = Math.min(mostAtOnce, this.#atOnce * 2);
    const pages = await this.#load(places.map(({ ref }) => ref.name));
    this.#ahead = places.map((place, at) => ({ place, entries: pages[at] ?? [] }));
  }

  /** Takes off the pages that begin below a key; with null, all. */
  passed(key: string | null): OldPage[] {
    let count = 0;
    while (
      count < this.#begun.length &&
      (key === null || compareText(this.#begun[count]?.key ?? '', key) < 0)
    )
      count++;
    return this.#begun.splice(0, count);
  }
}
