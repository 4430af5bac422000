/**
 * The rows of one live query, in order, kept current from the ids of rows that changed.
 *
 * 1. Unless it is behind the rows are those that running the query anew would give.
 * 2. Only changed rows are looked at. A query with a limit knows some rows beyond it; all matching rows up to its
 *    `edge` are known. Only when so many have gone that fewer than the limit are left is the table scanned again.
 * 3. A row in which nothing visible changed stays the same object. A whole row is decoded when it is first told.
 * 4. No turn of a scan looks at more than `turnRows` rows: between two of them the worker answers what it is asked. Rows that change
 *    meanwhile are looked at when it ends.
 * 5. What throws `Away` changed nothing, and is to be called again.
 */
import { applyDifference, type Coming, differenceOf, sameRow } from '../model/difference.ts';
import type { RowView } from './protocol.ts';
import type { QueryPlan } from './query-plan.ts';
import { type Found, Scan } from './scan.ts';
import type { ShownRows } from './shown-rows.ts';

/** How many rows beyond its limit a query knows, so that rows that go are followed by rows that are here. */
const spare = 64;

export class LiveWindow {
  readonly plan: QueryPlan;
  readonly #rows: ShownRows;
  /** All matching rows that are not after `#edge`, in order. */
  #known: readonly Found[] = [];
  readonly #byId = new Map<string, Found>();
  /** The last place up to which all matching rows are known; null when all of them are. */
  #edge: Found | null = null;
  #scan: Scan | null;
  /** Rows that changed and were not looked at since. */
  readonly #missed = new Set<string>();
  readonly #spare: number;
  #first: readonly Found[] | null = null;
  readonly #turnRows: number;

  /** `beyond`: how many rows beyond its limit it knows. */
  constructor(rows: ShownRows, plan: QueryPlan, turnRows: number, beyond = spare) {
    this.#turnRows = turnRows;
    this.#spare = beyond;
    this.#rows = rows;
    this.plan = plan;
    this.#scan = this.#newScan();
  }

  /** `advance` has something to do. */
  get isBehind(): boolean {
    return this.#scan !== null || this.#missed.size > 0;
  }

  /** The rows of the query, in order; the same array until one of them changes. */
  get found(): readonly Found[] {
    const { limit } = this.plan;
    this.#first ??= this.#known.length > limit ? this.#known.slice(0, limit) : this.#known;
    return this.#first;
  }

  knows(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Scans anew: rows may have begun or ceased to be shown, though they did not change. */
  scanAgain(): void {
    this.#scan = this.#newScan();
  }

  /** The whole row, as it is now or as it was told. @throws Away */
  view(found: Found): RowView {
    if (found.view === null) {
      const { id } = found.seen;
      const row = found.row ?? this.#rows.get(this.plan.table, id);
      // Rows are deleted in a table, never from it.
      found.view = row === undefined ? found.seen : this.plan.view(id, row);
      found.row = null;
    }
    return found.view;
  }

  /** Whether what a row that was told refers to is shown. @throws Away */
  isAttached({ view }: Found): boolean {
    return view === null || this.#rows.isAttached(this.plan.table, (column) => view[column]);
  }

  /** @throws Away */
  views(found: readonly Found[]): RowView[] {
    const unseen = found.filter(({ view, row }) => view === null && row === null);
    if (unseen.length > 0) this.#rows.need(unseen.map(({ seen }) => [this.plan.table, seen.id]));
    return found.map((one) => this.view(one));
  }

  /** Looks at what changed and, while it scans, at more of the table. @throws Away */
  advance(): void {
    if (this.#scan !== null) {
      if (this.#scan.base !== this.#rows.base) this.#scan = this.#newScan();
      if (!this.#scan.advance(this.#turnRows)) return;
      this.#end(this.#scan);
    }
    this.#catchUp();
  }

  /** To be told which rows of the table changed, before anything else is asked of it. */
  changed(ids: Iterable<string>): void {
    for (const id of ids) this.#missed.add(id);
  }

  #catchUp(): void {
    if (this.#missed.size === 0) return;
    const { compare, limit, table } = this.plan;
    const changed = [...this.#missed];
    this.#rows.need(changed.map((id) => [table, id]));
    const looks = changed.map((id) => [id, this.#look(id)] as const);
    this.#missed.clear();
    const gone: number[] = [];
    const news: Found[] = [];
    for (const [id, now] of looks) {
      const old = this.#byId.get(id);
      if (old !== undefined && now !== null && this.#isSame(old, now)) {
        old.row = null;
        continue;
      }
      if (old !== undefined) {
        gone.push(this.#placeOf(old));
        this.#byId.delete(id);
      }
      if (now !== null) {
        news.push(now);
        this.#byId.set(id, now);
      }
    }
    if (gone.length === 0 && news.length === 0) return;
    gone.sort((a, b) => a - b);
    news.sort((a, b) => compare(a.seen, b.seen));
    const coming = news.map((found): Coming<Found> => [this.#placeOf(found), found]);
    this.#set(applyDifference(this.#known, differenceOf(gone, coming)));
    if (this.#edge !== null && this.#known.length < limit) this.#scan = this.#newScan();
    else this.#trim();
  }

  /** The row if it is one of those known; beyond the edge others may stand before it that nobody looked at. */
  #look(id: string): Found | null {
    const row = this.#rows.get(this.plan.table, id);
    if (row === undefined || !this.#rows.shows(this.plan.table, row)) return null;
    const seen = this.plan.glimpse(id, row);
    if (seen === null) return null;
    if (this.#edge !== null && this.plan.compare(seen, this.#edge.seen) > 0) return null;
    return { seen, view: null, row: null };
  }

  #isSame(old: Found, now: Found): boolean {
    if (this.plan.compare(old.seen, now.seen) !== 0) return false;
    return old.view === null || sameRow(old.view, this.view(now));
  }

  /** The index of the first known row that does not stand before this one. */
  #placeOf({ seen }: Found): number {
    let low = 0;
    let high = this.#known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#known[middle];
      if (found !== undefined && this.plan.compare(found.seen, seen) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #newScan(): Scan {
    return new Scan(this.#rows, this.plan, this.plan.limit + this.#spare + 1);
  }

  #end(scan: Scan): void {
    // What was told stays the same object, as long as nothing that counts for the order changed.
    const found = scan.found.map((one) => {
      const old = this.#byId.get(one.seen.id);
      return old !== undefined && this.plan.compare(old.seen, one.seen) === 0 ? old : one;
    });
    this.#scan = null;
    this.#edge = null;
    this.#set(found);
    this.#byId.clear();
    for (const one of found) this.#byId.set(one.seen.id, one);
    this.#trim();
  }

  /** Lets go of rows far beyond the limit. */
  #trim(): void {
    const most = this.plan.limit + this.#spare;
    if (this.#known.length <= most) return;
    for (const { seen } of this.#known.slice(most)) this.#byId.delete(seen.id);
    this.#set(this.#known.slice(0, most));
    this.#edge = this.#known.at(-1) ?? null;
  }

  #set(known: readonly Found[]): void {
    this.#known = known;
    this.#first = null;
  }
}
