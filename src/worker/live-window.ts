/**
 * The rows of one live query, in order, kept current from the ids of rows that changed.
 *
 * 1. When no scan is under way the rows are those that running the query anew would give.
 * 2. Only changed rows are looked at. A query with a limit knows some rows beyond it; all matching rows up to its
 *    `edge` are known. Only when so many have gone that fewer than the limit are left is the table scanned again.
 * 3. A row in which nothing visible changed stays the same object. A whole row is decoded when it is first told.
 * 4. No turn of a scan looks at more than `turnRows` rows: between two of them the worker answers what it is asked. Rows that change
 *    meanwhile are looked at when it ends.
 */
import { applyDifference, type Coming, differenceOf, sameRow } from '../model/difference.ts';
import type { RowView } from './protocol.ts';
import type { QueryPlan } from './query-plan.ts';
import type { ShownRows } from './shown-rows.ts';

/** How many rows beyond its limit a query knows, so that rows that go are followed by rows that are here. */
const spare = 64;

/** A row that a query has found. */
export interface Found {
  /** Its id and what the query looks at of it; two that are the same to the order are one row's. */
  readonly seen: RowView;
  /** The whole row; null until it is told. */
  view: RowView | null;
}

interface Scan {
  readonly ids: Iterator<string>;
  readonly found: Found[];
}

export class LiveWindow {
  readonly plan: QueryPlan;
  readonly #rows: ShownRows;
  /** All matching rows that are not after `#edge`, in order. */
  #known: readonly Found[] = [];
  readonly #byId = new Map<string, Found>();
  /** The last place up to which all matching rows are known; null when all of them are. */
  #edge: Found | null = null;
  #scan: Scan | null;
  /** Rows that changed while it scanned. */
  readonly #missed = new Set<string>();
  #first: readonly Found[] | null = null;
  readonly #turnRows: number;

  constructor(rows: ShownRows, plan: QueryPlan, turnRows: number) {
    this.#turnRows = turnRows;
    this.#rows = rows;
    this.plan = plan;
    this.#scan = this.#newScan();
  }

  get isScanning(): boolean {
    return this.#scan !== null;
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

  /** The whole row, as it is now or as it was told. */
  view(found: Found): RowView {
    if (found.view === null) {
      const { id } = found.seen;
      const row = this.#rows.get(this.plan.table, id);
      // Rows are deleted in a table, never from it.
      found.view = row === undefined ? found.seen : this.plan.view(id, row);
    }
    return found.view;
  }

  /** Looks at more of the table, if it scans. */
  advance(): void {
    const scan = this.#scan;
    if (scan === null) return;
    const { byId, compare, limit, table } = this.plan;
    const most = limit + spare + 1;
    const from = scan.found.length;
    for (let looked = 0; looked < this.#turnRows; looked += 1) {
      const { value: id, done } = scan.ids.next();
      if (done === true || (byId && scan.found.length >= most) || limit === 0) {
        this.#end(scan);
        return;
      }
      const row = this.#rows.get(table, id);
      if (row === undefined || !this.#rows.isShown(table, id)) continue;
      const seen = this.plan.glimpse(id, row);
      if (seen !== null) scan.found.push(this.#byId.get(id) ?? { seen, view: null });
    }
    if (byId) return;
    if (scan.found.length > 2 * most) {
      // None of the others can be among the first ones.
      scan.found.sort((a, b) => compare(a.seen, b.seen));
      scan.found.length = most;
    } else {
      // Sorted runs make the last sorting quick.
      const run = scan.found.splice(from).sort((a, b) => compare(a.seen, b.seen));
      for (const found of run) scan.found.push(found);
    }
  }

  update(changed: ReadonlySet<string>): void {
    if (this.#scan !== null) {
      for (const id of changed) this.#missed.add(id);
      return;
    }
    const { compare, limit } = this.plan;
    const gone: number[] = [];
    const news: Found[] = [];
    for (const id of changed) {
      const old = this.#byId.get(id);
      const now = this.#look(id);
      if (old !== undefined && now !== null && this.#isSame(old, now)) continue;
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
    if (row === undefined || !this.#rows.isShown(this.plan.table, id)) return null;
    const seen = this.plan.glimpse(id, row);
    if (seen === null) return null;
    if (this.#edge !== null && this.plan.compare(seen, this.#edge.seen) > 0) return null;
    return { seen, view: null };
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
    return { ids: this.#rows.ids(this.plan.table)[Symbol.iterator](), found: [] };
  }

  #end({ found }: Scan): void {
    const { byId, compare } = this.plan;
    this.#scan = null;
    this.#edge = null;
    if (!byId) found.sort((a, b) => compare(a.seen, b.seen));
    this.#set(found);
    this.#byId.clear();
    for (const one of found) this.#byId.set(one.seen.id, one);
    this.#trim();
    const missed = new Set(this.#missed);
    this.#missed.clear();
    this.update(missed);
  }

  /** Lets go of rows far beyond the limit. */
  #trim(): void {
    const most = this.plan.limit + spare;
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
