/**
 * One way through the rows of a table in search of those that a query finds: first what the base has, in the order in which it is read,
 * then the rows that lie above it.
 *
 * 1. When it is over, `found` holds every row of the query, or the first `most` of them and perhaps others, provided that whoever runs
 *    it looks again at the rows that changed since it began.
 * 2. It is void once another base took the place of the one it began with.
 * 3. It never asks for more of the base than it takes to know the first `most` rows, where the base is read in the query's order.
 */
import type { RowState } from '../model/row.ts';
import { Away } from '../store/away.ts';
import type { Base } from '../store/base.ts';
import type { RowView } from './protocol.ts';
import type { QueryPlan } from './query-plan.ts';
import type { ShownRows } from './shown-rows.ts';

/** A row that a query has found. */
export interface Found {
  /** Its id and what the query looks at of it; two that are the same to the order are one row's. */
  readonly seen: RowView;
  /** The whole row; null until it is told. */
  view: RowView | null;
  /** What the base has of a row that nothing was written to since, so that it is not read again to be told; else null. */
  row: RowState | null;
}

/** So many rows are kept as they were read; who finds more counts them, or reads them anew when they are told. */
const mostKept = 5_000;

/** A row of the base that may be one of the query's. */
export interface Candidate {
  readonly id: string;
  readonly row: RowState;
  /** Rows of different groups come in the order of the query; null where no order is known. */
  readonly group: string | null;
}

export class Scan {
  readonly base: Base;
  readonly #rows: ShownRows;
  readonly #plan: QueryPlan;
  readonly #most: number;
  #found: Found[] = [];
  #candidates: AsyncGenerator<readonly Candidate[]> | null;
  #batch: readonly Candidate[] = [];
  #next = 0;
  #lastGroup: string | null = null;
  #pulling: Promise<void> | null = null;
  #direct: readonly string[] | null = null;

  constructor(rows: ShownRows, plan: QueryPlan, most: number) {
    this.base = rows.base;
    this.#rows = rows;
    this.#plan = plan;
    this.#most = most;
    // The one behind the first `most` shows that they are all.
    this.#candidates = rows.reader === null ? null : plan.candidates(rows.base, rows.reader, most + 1);
  }

  /** In order once it is over. */
  get found(): Found[] {
    return this.#found;
  }

  /** Looks at no more than `turn` rows; true when it is over. @throws Away, and what reading throws */
  advance(turn: number): boolean {
    const { compare, limit } = this.#plan;
    if (limit === 0) return true;
    const from = this.#found.length;
    const looked = this.#lookBelow(turn);
    const isOver = looked < turn && this.#lookAbove(turn - looked);
    if (isOver) this.#found.sort((a, b) => compare(a.seen, b.seen));
    else this.#tidy(from);
    return isOver;
  }

  /** Gives how many rows it looked at; fewer than `turn` when nothing of the base is left. */
  #lookBelow(turn: number): number {
    const { table } = this.#plan;
    let looked = 0;
    while (this.#candidates !== null) {
      for (; this.#next < this.#batch.length; this.#next += 1) {
        if (looked >= turn) return looked;
        const candidate = this.#batch[this.#next];
        if (candidate === undefined) continue;
        const { id, row, group } = candidate;
        if (group !== this.#lastGroup && group !== null && this.#found.length >= this.#most) {
          this.#candidates = null;
          return looked;
        }
        // What is not at hand ends this turn here; the next one begins with the same row.
        const isOne = !this.#rows.isDirect(table, id) && this.#rows.shows(table, row);
        this.#lastGroup = group;
        looked += 1;
        const seen = isOne ? this.#plan.glimpse(id, row) : null;
        if (seen !== null)
          this.#found.push({ seen, view: null, row: this.#found.length < mostKept ? row : null });
      }
      throw new Away(() => this.#pull());
    }
    return looked;
  }

  #pull(): Promise<void> {
    this.#pulling ??= (async () => {
      try {
        const { value, done } = (await this.#candidates?.next()) ?? { value: undefined, done: true };
        this.#batch = done === true ? [] : value;
        this.#next = 0;
        if (done === true) this.#candidates = null;
      } finally {
        this.#pulling = null;
      }
    })();
    return this.#pulling;
  }

  #lookAbove(turn: number): boolean {
    const { table, byId, ids } = this.#plan;
    if (this.#direct === null) {
      const direct =
        ids === null ? this.#rows.direct(table) : ids.filter((id) => this.#rows.isDirect(table, id));
      this.#rows.need(direct.map((id) => [table, id]));
      this.#direct = direct;
      this.#next = 0;
      // Rows that were written to since they were found in the base are looked at as they are now.
      if (this.#found.length > 0) {
        this.#found = this.#found.filter(({ seen }) => !this.#rows.isDirect(table, seen.id));
      }
    }
    const end = Math.min(this.#direct.length, this.#next + turn);
    for (; this.#next < end; this.#next += 1) {
      const id = this.#direct[this.#next];
      if (id === undefined) continue;
      if (byId && this.#found.length >= this.#most && this.base.tables.size === 0) return true;
      const row = this.#rows.get(table, id);
      if (row === undefined || !this.#rows.shows(table, row)) continue;
      const seen = this.#plan.glimpse(id, row);
      if (seen === null) continue;
      this.#found.push({ seen, view: null, row: null });
    }
    return this.#next >= this.#direct.length;
  }

  /** After a turn that was not the last. */
  #tidy(from: number): void {
    const { compare, byId } = this.#plan;
    if (byId) return;
    if (this.#found.length > 2 * this.#most) {
      // None of the others can be among the first ones.
      this.#found.sort((a, b) => compare(a.seen, b.seen));
      this.#found.length = this.#most;
    } else {
      // Sorted runs make the last sorting quick.
      const run = this.#found.splice(from).sort((a, b) => compare(a.seen, b.seen));
      for (const found of run) this.#found.push(found);
    }
  }
}
