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
 * 5. A query that waits for rows from disk is told later; the others do not wait for it.
 */
import { toFailure } from '../errors.ts';
import { applyDifference, type Coming, differenceOf, isEmptyDifference } from '../model/difference.ts';
import type { RowKey } from '../model/row.ts';
import { Away } from '../store/away.ts';
import { LiveWindow } from './live-window.ts';
import type { LiveNews, PlainQuery } from './protocol.ts';
import { QueryPlan } from './query-plan.ts';
import type { Found } from './scan.ts';
import type { StoreRows } from './shown-rows.ts';

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
  /** Rows that it told may have ceased to be shown, though they did not change. */
  hasFlipped: boolean;
  /** What it looks at is on its way from disk. */
  isWaiting: boolean;
  /** What kept that from being read. */
  failure: unknown;
}

export class LiveQueries {
  readonly #rows: StoreRows;
  readonly #onNews: () => void;
  readonly #sizes: PieceSizes;
  readonly #queries = new Map<number, LiveQuery>();
  #changed = new Map<string, Set<string>>();
  /** Whether rows that others refer to are shown is on its way from disk. */
  #isWaiting = false;
  /** What kept that from being read. */
  #failure: unknown = null;

  /** `onNews` is called when what was on its way from disk is here. */
  constructor(rows: StoreRows, onNews: () => void, sizes = usualSizes) {
    this.#rows = rows;
    this.#onNews = onNews;
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
      hasFlipped: false,
      isWaiting: false,
      failure: null,
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
    return (
      !this.#isWaiting && [...this.#queries.values()].some((query) => query.isBehind && !query.isWaiting)
    );
  }

  /** What changed for the page since the last call, as far as one message should hold it. */
  news(): LiveNews[] {
    const news: LiveNews[] = [];
    const flipped = this.#takeFlipped();
    if (this.#failure !== null) {
      for (const live of [...this.#queries.keys()]) news.push(this.#fail(live, this.#failure));
      this.#failure = null;
    }
    if (flipped === null) return news;
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [live, query] of this.#queries) {
      const { table } = query.window.plan;
      const ids = changed.get(table);
      if (flipped.has(table)) {
        query.window.scanAgain();
        query.hasFlipped = true;
      } else if (ids === undefined && !query.isBehind) continue;
      try {
        if (ids !== undefined) query.window.changed(ids);
        if (query.failure !== null) throw query.failure;
        const told = query.isWaiting ? null : tell(live, query, this.#sizes);
        if (told !== null) news.push(told);
      } catch (thrown) {
        if (thrown instanceof Away) this.#await(query, thrown);
        else news.push(this.#fail(live, thrown));
      }
    }
    return news;
  }

  /** Null if that is not known yet: until then nothing is told, or a part of a change could be seen without the rest. */
  #takeFlipped(): ReadonlySet<string> | null {
    if (this.#isWaiting) return null;
    try {
      return this.#rows.takeFlipped();
    } catch (thrown) {
      if (!(thrown instanceof Away)) throw thrown;
      this.#isWaiting = true;
      const goOn = (): void => {
        this.#isWaiting = false;
        this.#onNews();
      };
      const brought = thrown.bring().catch((failure: unknown) => this.#rows.recover(failure));
      brought.then(goOn, (failure: unknown) => {
        this.#failure = failure;
        goOn();
      });
      return null;
    }
  }

  #await(query: LiveQuery, away: Away): void {
    query.isWaiting = true;
    query.isBehind = true;
    const goOn = (): void => {
      query.isWaiting = false;
      this.#onNews();
    };
    const brought = away.bring().catch((thrown: unknown) => this.#rows.recover(thrown));
    brought.then(goOn, (failure: unknown) => {
      query.failure = failure;
      goOn();
    });
  }

  #fail(live: number, thrown: unknown): LiveNews {
    this.#queries.delete(live);
    return { kind: 'error', live, error: toFailure(thrown) };
  }
}

function tell(live: number, query: LiveQuery, sizes: PieceSizes): LiveNews | null {
  const { window, told } = query;
  window.advance();
  query.isBehind = true;
  if (window.isBehind) return query.hasFlipped ? tellGone(live, query) : null;
  query.hasFlipped = false;
  const isLong = told === null && window.found.length > sizes.further;
  const most = isLong ? sizes.first : sizes.further;
  const { gone, coming } = untold(window, told ?? [], most);
  const more = coming.length > most;
  // What was to come may have gone, and that has to be told as well.
  const isOwed = query.owesMore && !more;
  const step = more ? piece(window, told ?? [], gone, coming.slice(0, most)) : differenceOf(gone, coming);
  const now = applyDifference(told ?? [], step);
  const added = step.added.map(([at, found]) => [at, window.views(found)] as const);
  query.told = now;
  query.isBehind = more;
  query.owesMore = more;
  if (told === null) return { kind: 'rows', live, rows: window.views(now), more };
  if (isEmptyDifference(step) && !isOwed) return null;
  return { kind: 'difference', live, difference: { removed: step.removed, added }, more };
}

/** Rows that cannot be shown any more do not wait for those that take their places. */
function tellGone(live: number, query: LiveQuery): LiveNews | null {
  const told = query.told ?? [];
  const gone = told.flatMap((found, place) => (query.window.isAttached(found) ? [] : [place]));
  query.hasFlipped = false;
  if (gone.length === 0) return null;
  const step = differenceOf<Found>(gone, []);
  query.told = applyDifference(told, step);
  query.owesMore = true;
  return { kind: 'difference', live, difference: { removed: step.removed, added: [] }, more: true };
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
