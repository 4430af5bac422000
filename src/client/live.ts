/**
 * Live queries on the page: each holds the newest rows and applies the differences that the host sends. A row object
 * is replaced only when something in it changed, so a list that compares by `===` draws only what did.
 *
 * A long answer comes in pieces. Taking one in costs a copy of references and work for each row in it, never work for all
 * rows. What a new host tells again takes the place of what is shown when all of it is here.
 */
import type { Failure } from '../errors.ts';
import { toFailure } from '../errors.ts';
import { applyDifference, type Difference, sameRow } from '../model/difference.ts';
import { Source } from '../observable.ts';
import type { LiveNews, PlainQuery, RowView } from '../worker/protocol.ts';
import type { HostLink } from './host-link.ts';
import type { Live, LiveResult } from './space.ts';

const nothingYet: LiveResult<RowView> = { rows: [], loading: true, error: null };

interface OpenQuery {
  readonly table: string;
  readonly query: PlainQuery;
  readonly result: Source<LiveResult<RowView>>;
  /** What a new host has told of the answer so far, beside what is shown. */
  again: Again | null;
}

/** An answer told anew, with the objects that are shown already where nothing in a row changed. */
interface Again {
  readonly rows: readonly RowView[];
  readonly shown: ReadonlyMap<string, RowView>;
}

/** All live queries of one space. */
export class LiveQueries {
  readonly #link: HostLink;
  readonly #open = new Map<number, OpenQuery>();
  #last = 0;

  constructor(link: HostLink) {
    this.#link = link;
  }

  start(table: string, query: PlainQuery): Live<RowView> {
    this.#last += 1;
    const number = this.#last;
    const result = new Source<LiveResult<RowView>>(nothingYet);
    this.#open.set(number, { table, query, result, again: null });
    this.#watch(number);
    return {
      get value() {
        return result.value;
      },
      subscribe: (listener) => {
        if (!this.#open.has(number)) {
          listener(result.value);
          return () => {};
        }
        return result.subscribe((value) => {
          if (this.#open.has(number)) listener(value);
        });
      },
      close: () => {
        if (!this.#open.delete(number)) return;
        // A host that died or was closed has forgotten the query already.
        this.#link.ask((host) => host.unwatch(number)).catch(() => {});
      },
    };
  }

  hear(news: LiveNews): void {
    const live = this.#open.get(news.live);
    if (live === undefined) return;
    switch (news.kind) {
      case 'rows':
        this.#begin(live, news.rows, news.more);
        break;
      case 'difference':
        this.#go(live, news.difference, news.more);
        break;
      case 'error':
        this.#fail(live, news.error);
        break;
    }
  }

  /** The host is gone: what is shown stays, and is loading. */
  pause(): void {
    for (const live of this.#open.values()) {
      live.again = null;
      live.result.set({ ...live.result.value, loading: true });
    }
  }

  /** A new host is there. */
  resume(): void {
    for (const number of this.#open.keys()) this.#watch(number);
  }

  end(failure: Failure): void {
    for (const live of this.#open.values()) this.#fail(live, failure);
  }

  #watch(number: number): void {
    const live = this.#open.get(number);
    if (live === undefined) return;
    this.#link
      .ask((host) => host.watch(number, live.table, live.query))
      .catch((thrown: unknown) => {
        const failure = toFailure(thrown);
        // A death is followed by a replacement, which watches again.
        if (failure.code !== 'worker-died') this.#fail(live, failure);
      });
  }

  #begin(live: OpenQuery, rows: readonly RowView[], more: boolean): void {
    const before = live.result.value.rows;
    if (before.length === 0) {
      live.result.set({ rows, loading: more, error: null });
      return;
    }
    const shown = new Map(before.map((row) => [row.id, row]));
    this.#gather(live, { rows: keepingSame(shown, rows), shown }, more);
  }

  #go(live: OpenQuery, difference: Difference<RowView>, more: boolean): void {
    const { again, result } = live;
    if (again === null) {
      result.set({ rows: applyDifference(result.value.rows, difference), loading: more, error: null });
      return;
    }
    const { shown } = again;
    const added = difference.added.map(([at, rows]) => [at, keepingSame(shown, rows)] as const);
    this.#gather(live, { rows: applyDifference(again.rows, { ...difference, added }), shown }, more);
  }

  #gather(live: OpenQuery, again: Again, more: boolean): void {
    live.again = more ? again : null;
    if (!more) live.result.set({ rows: again.rows, loading: false, error: null });
  }

  #fail(live: OpenQuery, error: Failure): void {
    live.again = null;
    live.result.set({ rows: live.result.value.rows, loading: false, error });
  }
}

/** The rows, with the objects that are shown where nothing in a row changed. */
function keepingSame(shown: ReadonlyMap<string, RowView>, rows: readonly RowView[]): readonly RowView[] {
  return rows.map((row) => {
    const old = shown.get(row.id);
    return old !== undefined && sameRow(old, row) ? old : row;
  });
}
