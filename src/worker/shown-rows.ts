/**
 * The rows that people see: those that are live and whose required references lead to rows that are (DESIGN §4). Two sources answer
 * alike: the store as it stands, and a transaction's own writes laid over it. What is not at hand is `Away`.
 */
import { isLive, type RowKey, type RowState } from '../model/row.ts';
import { requiredRefs, type Schema } from '../model/schema.ts';
import type { Base, BaseReader } from '../store/base.ts';
import type { Rows } from '../store/rows.ts';

export interface ShownRows {
  readonly schema: Schema;
  /** The row's state, shown or not. @throws Away */
  get(table: string, id: string): RowState | undefined;
  /** @throws Away */
  isShown(table: string, id: string): boolean;
  /** Whether a row of the table that looks like this is shown. @throws Away */
  shows(table: string, row: RowState): boolean;
  /** Whether all rows are shown that a row of the table must refer to, by its values. @throws Away */
  isAttached(table: string, cellOf: (column: string) => unknown): boolean;
  /** Returns if all of these rows are at hand. @throws Away */
  need(keys: readonly RowKey[]): void;
  /** Ids of a table's rows that lie above the base or in place of what it has, ascending. */
  direct(table: string): readonly string[];
  isDirect(table: string, id: string): boolean;
  /** Rises when a row that others refer to may have begun or ceased to be shown. */
  readonly turns: number;
  /** What lies below them, and how it is read; another object when another base took its place. */
  readonly base: Base;
  readonly reader: BaseReader | null;
}

type References = ReadonlyMap<string, readonly { readonly column: string; readonly target: string }[]>;

/** The shown rows of a store, kept current by `changed`. */
export class StoreRows implements ShownRows {
  readonly schema: Schema;
  readonly #rows: Rows;
  readonly #references: References;
  /** Whether rows that others refer to are shown, as far as somebody asked. */
  readonly #targets = new Map<string, Map<string, boolean>>();
  /** What was known of targets that changed since. */
  readonly #moved = new Map<string, Map<string, boolean>>();
  #turns = 0;

  constructor(schema: Schema, rows: Rows) {
    this.schema = schema;
    this.#rows = rows;
    this.#references = new Map(
      Object.entries(schema.tables).map(([table, columns]) => [table, requiredRefs(columns)]),
    );
  }

  /** To be told which rows changed, before anything else is read. */
  changed(keys: readonly RowKey[]): void {
    for (const [table, id] of keys) {
      if (this.#targets.get(table)?.has(id) !== true) continue;
      this.#turns += 1;
      this.#forget(table, [id]);
      // Whether rows are shown that refer to it, by one step or several, follows from it.
      for (const child of this.#referrersOf(table)) {
        this.#forget(child, [...(this.#targets.get(child)?.keys() ?? [])]);
      }
    }
  }

  /** What was known of these targets is to be found out anew, and compared. */
  #forget(table: string, ids: readonly string[]): void {
    const targets = this.#targets.get(table);
    if (targets === undefined || ids.length === 0) return;
    const moved = inner(this.#moved, table);
    for (const id of ids) {
      const before = targets.get(id);
      if (before !== undefined && !moved.has(id)) moved.set(id, before);
      targets.delete(id);
    }
  }

  /** The tables of which rows may have begun or ceased to be shown since the last call, for a row they refer to did. @throws Away */
  takeFlipped(): ReadonlySet<string> {
    const flipped = new Set<string>();
    for (const [table, moved] of this.#moved) {
      for (const [id, before] of moved) {
        if (this.#isTargetShown(table, id) === before) continue;
        for (const child of this.#referrersOf(table)) flipped.add(child);
        break;
      }
    }
    this.#moved.clear();
    return flipped;
  }

  get(table: string, id: string): RowState | undefined {
    return this.#rows.get(table, id);
  }

  isShown(table: string, id: string): boolean {
    const row = this.#rows.get(table, id);
    return row !== undefined && this.shows(table, row);
  }

  shows(table: string, row: RowState): boolean {
    return isLive(row) && this.isAttached(table, (column) => row.cells.get(column)?.value);
  }

  isAttached(table: string, cellOf: (column: string) => unknown): boolean {
    const references = this.#references.get(table);
    if (references === undefined) return false;
    for (const { column, target } of references) {
      const value = cellOf(column);
      if (typeof value !== 'string' || !this.#isTargetShown(target, value)) return false;
    }
    return true;
  }

  need(keys: readonly RowKey[]): void {
    this.#rows.need(keys);
  }

  direct(table: string): readonly string[] {
    return this.#rows.above.ids(table);
  }

  isDirect(table: string, id: string): boolean {
    return this.#rows.above.slot(table, id) !== undefined;
  }

  /** As `Rows.recover`. */
  recover(thrown: unknown): Promise<void> {
    return this.#rows.recover(thrown);
  }

  get turns(): number {
    return this.#turns;
  }

  get base(): Base {
    return this.#rows.base;
  }

  get reader(): BaseReader | null {
    return this.#rows.reader;
  }

  #isTargetShown(table: string, id: string): boolean {
    const targets = inner(this.#targets, table);
    let isShown = targets.get(id);
    if (isShown === undefined) {
      isShown = this.isShown(table, id);
      targets.set(id, isShown);
    }
    return isShown;
  }

  /** The tables whose rows must refer to rows of this one, by one step or several. */
  #referrersOf(table: string): ReadonlySet<string> {
    const found = new Set<string>();
    const visit = (name: string): void => {
      for (const [child, references] of this.#references) {
        if (found.has(child) || !references.some(({ target }) => target === name)) continue;
        found.add(child);
        visit(child);
      }
    };
    visit(table);
    return found;
  }
}

function inner<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
