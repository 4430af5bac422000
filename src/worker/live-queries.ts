/**
 * The live queries of one page. Changed rows are taken down as they come and looked at once a frame, for all queries
 * together; what a query's rows did not show before is told as a difference, and nothing at all is told when
 * nothing visible changed (PULL-18).
 *
 * A long answer is told in pieces, for a page that takes in many rows at once stands still (APP-13):
 *
 * 1. An answer of no more than 2,000 rows is told whole. The first piece of a longer one holds 200, a screen and more; each further one, a
 *    frame later, 2,000 at most.
 * 2. What the page has is in the order of the query at every moment, rows as they are now or as they were told last; rows come in
 *    order, so the first answer is a beginning that grows.
 * 3. A difference of no more than 2,000 new rows is told whole. News says `more` until the page has all.
 * 4. A piece costs the worker a comparison of references for each row that was told, and work for each row that it tells.
 */
import { toFailure } from '../errors.ts';
import { applyDifference, type Coming, differenceOf, isEmptyDifference } from '../model/difference.ts';
import type { RowKey } from '../model/row.ts';
import { type Found, LiveWindow } from './live-window.ts';
import type { LiveNews, PlainQuery } from './protocol.ts';
import { QueryPlan } from './query-plan.ts';
import type { ShownRows } from './shown-rows.ts';

/** How many rows at most. */
export interface PieceSizes {
  /** In the first piece of an answer that is longer than a further one. */
  readonly first: number;
  /** In a further one: what costs a page a few milliseconds to take in. */
  readonly further: number;
  /** Looked at in one turn, to find the answer. */
  readonly looked: number;
}

const usualSizes: PieceSizes = { first: 200, further: 2_000, looked: 10_000 };

interface LiveQuery {
  readonly window: LiveWindow;
  /** What the page has; null before the first news. */
  told: readonly Found[] | null;
  /** More is to be looked at or told than was. */
  isBehind: boolean;
  /** The page was told that more comes. */
  owesMore: boolean;
}

export class LiveQueries {
  readonly #rows: ShownRows;
  readonly #sizes: PieceSizes;
  readonly #queries = new Map<number, LiveQuery>();
  #changed = new Map<string, Set<string>>();

  constructor(rows: ShownRows, sizes = usualSizes) {
    this.#rows = rows;
    this.#sizes = sizes;
  }

  /** @throws value-invalid, schema-invalid */
  watch(live: number, table: string, query: PlainQuery): void {
    // Changes before this moment are in its rows already, and looking at them twice does no harm.
    const plan = new QueryPlan(this.#rows.schema, table, query);
    this.#queries.set(live, {
      window: new LiveWindow(this.#rows, plan, this.#sizes.looked),
      told: null,
      isBehind: true,
      owesMore: false,
    });
  }

  unwatch(live: number): void {
    this.#queries.delete(live);
  }

  /** True if a query is there that these rows may concern. */
  changed(keys: readonly RowKey[]): boolean {
    if (this.#queries.size === 0) return false;
    for (const [table, id] of keys) {
      const ids = this.#changed.get(table);
      if (ids === undefined) this.#changed.set(table, new Set([id]));
      else ids.add(id);
    }
    return true;
  }

  /** True when the next call of `news` has something to do, though nothing changes until then. */
  get isBehind(): boolean {
    return [...this.#queries.values()].some(({ isBehind }) => isBehind);
  }

  /** What changed for the page since the last call, as far as one message should hold it. */
  news(): LiveNews[] {
    const changed = this.#changed;
    this.#changed = new Map();
    const news: LiveNews[] = [];
    for (const [live, query] of this.#queries) {
      const ids = changed.get(query.window.plan.table);
      if (ids === undefined && !query.isBehind) continue;
      try {
        if (ids !== undefined) query.window.update(ids);
        const told = tell(live, query, this.#sizes);
        if (told !== null) news.push(told);
      } catch (thrown) {
        this.#queries.delete(live);
        news.push({ kind: 'error', live, error: toFailure(thrown) });
      }
    }
    return news;
  }
}

function tell(live: number, query: LiveQuery, sizes: PieceSizes): LiveNews | null {
  const { window, told } = query;
  window.advance();
  query.isBehind = true;
  if (window.isScanning) return null;
  const isLong = told === null && window.found.length > sizes.further;
  const most = isLong ? sizes.first : sizes.further;
  const { gone, coming } = untold(window, told ?? [], most);
  const more = coming.length > most;
  // What was to come may have gone, and that has to be told as well.
  const isOwed = query.owesMore && !more;
  query.isBehind = more;
  query.owesMore = more;
  const step = more ? piece(window, told ?? [], gone, coming.slice(0, most)) : differenceOf(gone, coming);
  query.told = applyDifference(told ?? [], step);
  if (told === null) return { kind: 'rows', live, rows: query.told.map((found) => window.view(found)), more };
  if (isEmptyDifference(step) && !isOwed) return null;
  const added = step.added.map(([at, found]) => [at, found.map((one) => window.view(one))] as const);
  return { kind: 'difference', live, difference: { removed: step.removed, added }, more };
}

/** What the page lacks, in order, as far as one more than `most`; and the places of what it has that is no longer so. */
function untold(
  { found, plan }: LiveWindow,
  told: readonly Found[],
  most: number,
): { gone: number[]; coming: Coming<Found>[] } {
  const gone: number[] = [];
  const coming: Coming<Found>[] = [];
  let next = 0;
  for (let place = 0; place < told.length || next < found.length; ) {
    const old = told[place];
    const now = found[next];
    if (old !== undefined && old === now) {
      place += 1;
      next += 1;
      continue;
    }
    if (old === undefined && coming.length > most) break;
    const order = old === undefined ? 1 : now === undefined ? -1 : plan.compare(old.seen, now.seen);
    if (now !== undefined && order >= 0) {
      if (coming.length <= most) coming.push([place, now]);
      next += 1;
    }
    if (order <= 0) {
      gone.push(place);
      place += 1;
    }
  }
  return { gone, coming };
}

/** A row whose new form has to wait for a later piece stays as it is until then. */
function piece(
  window: LiveWindow,
  told: readonly Found[],
  gone: readonly number[],
  coming: readonly Coming<Found>[],
): ReturnType<typeof differenceOf<Found>> {
  const here = new Set(coming.map(([, { seen }]) => seen.id));
  const leaving = gone.filter((place) => {
    const id = told[place]?.seen.id;
    return id !== undefined && (here.has(id) || !window.knows(id));
  });
  return differenceOf(leaving, coming);
}
