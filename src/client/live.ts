/**
 * Live queries on the page: each holds the newest rows and applies the differences that the host sends. A row object
 * is replaced only when something in it changed, so a list that compares by `===` draws only what did.
 */
import type { Failure } from '../errors.ts';
import { toFailure } from '../errors.ts';
import { applyDifference, sameRow } from '../model/difference.ts';
import { Source } from '../observable.ts';
import type { LiveNews, PlainQuery, RowView } from '../worker/protocol.ts';
import type { HostLink } from './host-link.ts';
import type { Live, LiveResult } from './space.ts';

const nothingYet: LiveResult<RowView> = { rows: [], loading: true, error: null };

/** All live queries of one space. */
export class LiveQueries {
  readonly #link: HostLink;
  readonly #open = new Map<
    number,
    { readonly table: string; readonly query: PlainQuery; readonly result: Source<LiveResult<RowView>> }
  >();
  #last = 0;

  constructor(link: HostLink) {
    this.#link = link;
  }

  start(table: string, query: PlainQuery): Live<RowView> {
    this.#last += 1;
    const number = this.#last;
    const result = new Source<LiveResult<RowView>>(nothingYet);
    this.#open.set(number, { table, query, result });
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
    const { result } = live;
    switch (news.kind) {
      case 'rows':
        result.set({ rows: keepingSame(result.value.rows, news.rows), loading: false, error: null });
        break;
      case 'difference':
        result.set({
          rows: applyDifference(result.value.rows, news.difference),
          loading: false,
          error: null,
        });
        break;
      case 'error':
        this.#fail(result, news.error);
        break;
    }
  }

  /** The host is gone: what is shown stays, and is loading. */
  pause(): void {
    for (const { result } of this.#open.values()) result.set({ ...result.value, loading: true });
  }

  /** A new host is there. */
  resume(): void {
    for (const number of this.#open.keys()) this.#watch(number);
  }

  end(failure: Failure): void {
    for (const { result } of this.#open.values()) this.#fail(result, failure);
  }

  #watch(number: number): void {
    const live = this.#open.get(number);
    if (live === undefined) return;
    this.#link
      .ask((host) => host.watch(number, live.table, live.query))
      .catch((thrown: unknown) => {
        const failure = toFailure(thrown);
        // A death is followed by a replacement, which watches again.
        if (failure.code !== 'worker-died') this.#fail(live.result, failure);
      });
  }

  #fail(result: Source<LiveResult<RowView>>, error: Failure): void {
    result.set({ rows: result.value.rows, loading: false, error });
  }
}

/** The new rows, with the old objects where nothing in a row changed. */
function keepingSame(before: readonly RowView[], rows: readonly RowView[]): readonly RowView[] {
  if (before.length === 0) return rows;
  const known = new Map(before.map((row) => [row.id, row]));
  return rows.map((row) => {
    const old = known.get(row.id);
    return old !== undefined && sameRow(old, row) ? old : row;
  });
}
