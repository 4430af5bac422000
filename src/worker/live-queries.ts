/**
 * The live queries of one page. Changed rows are taken down as they come and looked at once a frame, for all queries
 * together; what a query's rows did not show before is told as a difference, and nothing at all is told when
 * nothing visible changed (PULL-18).
 */
import { toFailure } from '../errors.ts';
import { difference, isEmptyDifference } from '../model/difference.ts';
import type { RowKey } from '../model/row.ts';
import { LiveWindow } from './live-window.ts';
import type { LiveNews, PlainQuery, RowView } from './protocol.ts';
import { QueryPlan } from './query-plan.ts';
import type { ShownRows } from './shown-rows.ts';

interface LiveQuery {
  readonly window: LiveWindow;
  /** What the page shows; null before the first news. */
  sent: readonly RowView[] | null;
}

export class LiveQueries {
  readonly #rows: ShownRows;
  readonly #queries = new Map<number, LiveQuery>();
  #changed = new Map<string, Set<string>>();

  constructor(rows: ShownRows) {
    this.#rows = rows;
  }

  /** @throws value-invalid, schema-invalid */
  watch(live: number, table: string, query: PlainQuery): void {
    // Changes before this moment are in its rows already, and looking at them twice does no harm.
    this.#queries.set(live, {
      window: new LiveWindow(this.#rows, new QueryPlan(this.#rows.schema, table, query)),
      sent: null,
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

  /** What changed for the page since the last call. */
  news(): LiveNews[] {
    const changed = this.#changed;
    this.#changed = new Map();
    const news: LiveNews[] = [];
    for (const [live, query] of this.#queries) {
      const ids = changed.get(query.window.plan.table);
      if (ids === undefined && query.sent !== null) continue;
      try {
        if (ids !== undefined) query.window.update(ids);
        const told = tell(live, query);
        if (told !== null) news.push(told);
      } catch (thrown) {
        this.#queries.delete(live);
        news.push({ kind: 'error', live, error: toFailure(thrown) });
      }
    }
    return news;
  }
}

function tell(live: number, query: LiveQuery): LiveNews | null {
  const { rows } = query.window;
  const before = query.sent;
  query.sent = rows;
  if (before === null) return { kind: 'rows', live, rows };
  const step = difference(before, rows);
  return isEmptyDifference(step) ? null : { kind: 'difference', live, difference: step };
}
