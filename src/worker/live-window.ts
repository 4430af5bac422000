/**
 * The rows of one live query, in order, kept current from the ids of rows that changed.
 *
 * 1. After `update` the rows are those that running the query anew would give.
 * 2. Only changed rows are looked at. A query with a limit knows some rows beyond it; all matching rows up to its
 *    `edge` are known. Only when so many have gone that fewer than the limit are left is the table scanned again.
 * 3. A row in which nothing visible changed stays the same object.
 */
import { sameRow } from '../model/difference.ts';
import type { RowView } from './protocol.ts';
import type { QueryPlan } from './query-plan.ts';
import { rowsOf, type ShownRows } from './shown-rows.ts';

/** How many rows beyond its limit a query knows, so that rows that go are followed by rows that are here. */
const spare = 64;

export class LiveWindow {
  readonly plan: QueryPlan;
  readonly #rows: ShownRows;
  /** All matching rows that are not after `#edge`, in order. */
  #known: readonly RowView[] = [];
  /** The last place up to which all matching rows are known; null when all of them are. */
  #edge: RowView | null = null;

  constructor(rows: ShownRows, plan: QueryPlan) {
    this.#rows = rows;
    this.plan = plan;
    this.#scan();
  }

  /** The rows of the query now. */
  get rows(): readonly RowView[] {
    const { limit } = this.plan;
    return this.#known.length > limit ? this.#known.slice(0, limit) : this.#known;
  }

  update(changed: ReadonlySet<string>): void {
    const { compare, limit } = this.plan;
    const edge = this.#edge;
    const before = new Map<string, RowView>();
    const staying: RowView[] = [];
    for (const row of this.#known) {
      if (changed.has(row.id)) before.set(row.id, row);
      else staying.push(row);
    }
    const coming: RowView[] = [];
    for (const id of changed) {
      const row = this.#view(id, before.get(id));
      // Beyond the edge others may stand before it that nobody looked at.
      if (row !== null && (edge === null || compare(row, edge) <= 0)) coming.push(row);
    }
    if (before.size === 0 && coming.length === 0) return;
    this.#known = merged(staying, coming.sort(compare), compare);
    if (edge !== null && this.#known.length < limit) this.#scan();
    else this.#trim();
  }

  #view(id: string, before: RowView | undefined): RowView | null {
    const row = this.#rows.get(this.plan.table, id);
    if (row === undefined || !this.#rows.isShown(this.plan.table, id)) return null;
    if (this.plan.glimpse(id, row) === null) return null;
    const now = this.plan.view(id, row);
    return before !== undefined && sameRow(before, now) ? before : now;
  }

  #scan(): void {
    const before = new Map(this.#known.map((row) => [row.id, row]));
    const found = rowsOf(this.#rows, this.plan, this.plan.limit + spare + 1);
    this.#edge = null;
    this.#known = found.map((row) => {
      const old = before.get(row.id);
      return old !== undefined && sameRow(old, row) ? old : row;
    });
    this.#trim();
  }

  /** Lets go of rows far beyond the limit. */
  #trim(): void {
    const most = this.plan.limit + spare;
    if (this.#known.length <= most) return;
    this.#known = this.#known.slice(0, most);
    this.#edge = this.#known.at(-1) ?? null;
  }
}

function merged(
  a: readonly RowView[],
  b: readonly RowView[],
  compare: (a: RowView, b: RowView) => number,
): readonly RowView[] {
  if (b.length === 0) return a;
  const all: RowView[] = [];
  let i = 0;
  for (const row of b) {
    for (let next = a[i]; next !== undefined && compare(next, row) < 0; next = a[i]) {
      all.push(next);
      i += 1;
    }
    all.push(row);
  }
  return all.concat(a.slice(i));
}
