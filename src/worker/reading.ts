/** Reads that are answered once: each answer holds at one moment, that at which the work of `Rows.read` ends. */
import type { RowKey } from '../model/row.ts';
import { decodeRow, tableOf } from '../model/schema.ts';
import type { Rows } from '../store/rows.ts';
import { LiveWindow } from './live-window.ts';
import type { ReadAnswer, RowRead, RowView } from './protocol.ts';
import { QueryPlan } from './query-plan.ts';
import type { ShownRows } from './shown-rows.ts';

/** How many rows are looked at before others have their turn. */
const turnRows = 20_000;

/** The reads that are under way. */
export class Reading {
  readonly #rows: Rows;
  readonly #windows = new Map<LiveWindow, string>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** To be told which rows changed, before anything else is read. */
  changed(keys: readonly RowKey[]): void {
    for (const [window, table] of this.#windows) {
      window.changed(keys.flatMap(([changed, id]) => (changed === table ? [id] : [])));
    }
  }

  /**
   * The answer, and what `moment` gave at the moment at which it held.
   * @throws value-invalid, schema-invalid, storage-…
   */
  async answer<M>(
    rows: ShownRows,
    read: RowRead,
    moment: () => M,
  ): Promise<{ readonly answer: ReadAnswer; readonly moment: M }> {
    if (read.kind === 'get') {
      return this.#rows.read(() => ({ answer: rowAt(rows, read.table, read.id), moment: moment() }));
    }
    const plan = new QueryPlan(rows.schema, read.table, read.query);
    const window = new LiveWindow(rows, plan, turnRows, 0);
    this.#windows.set(window, read.table);
    let { turns } = rows;
    try {
      return await this.#rows.read(() => {
        if (rows.turns !== turns) window.scanAgain();
        turns = rows.turns;
        while (window.isBehind) window.advance();
        const answer = read.kind === 'count' ? window.found.length : window.views(window.found);
        return { answer, moment: moment() };
      });
    } finally {
      this.#windows.delete(window);
    }
  }
}

/** @throws Away, schema-invalid */
function rowAt(rows: ShownRows, table: string, id: string): RowView | null {
  const columns = tableOf(rows.schema, table);
  const row = rows.get(table, id);
  return row !== undefined && rows.shows(table, row) ? decodeRow(columns, id, row) : null;
}
