import { compareText } from '../format/bytes.ts';
import type { Changeset } from '../format/changeset.ts';
import type { DeviceNumber, Version } from '../format/stamp.ts';
import { mergeOpInto, mergeRows } from '../model/merge.ts';
import { emptyRow, type RowKey, type RowState } from '../model/row.ts';
import { SortedIds } from './sorted-ids.ts';

/**
 * The rows of a store: what the journal holds, merged by key, above a base (DESIGN §7).
 *
 * 1. Merging a changeset reads nothing from disk, whatever rows it touches (STORE-9).
 * 2. A changeset is merged whole in one call, so no reader sees a part of it (MRG-5).
 * 3. Each row and each table knows the journal position that changed it last, so a reader can ask later whether
 *    what it read has moved.
 *
 * A row that a caller is given is the table's own: it may be looked at until the next change, and never written to.
 */
export class MemoryTable {
  readonly #base: Base;
  readonly #tables = new Map<string, TableRows>();

  constructor(base: Base = emptyBase) {
    this.#base = base;
  }

  get(table: string, id: string): RowState | undefined {
    const ours = this.#tables.get(table)?.slots.get(id)?.row;
    const below = this.#base.get(table, id);
    if (ours === undefined || below === undefined) return ours ?? below;
    return mergeRows(below, ours);
  }

  /** The rows of a table in ascending order of their ids (by UTF-8 bytes), the ones that are not live included. */
  *scan(table: string): IterableIterator<readonly [id: string, row: RowState]> {
    for (const id of this.ids(table)) {
      const row = this.get(table, id);
      if (row !== undefined) yield [id, row];
    }
  }

  /** The ids of a table, ascending. The array is not changed by later writes. */
  ids(table: string): readonly string[] {
    const ours = this.#tables.get(table)?.ids.sorted() ?? [];
    const below = this.#base.ids(table);
    if (below.length === 0) return ours;
    return [...new Set([...below, ...ours])].sort(compareText);
  }

  /** The names of all tables that have rows, ascending. */
  tables(): readonly string[] {
    return [...new Set([...this.#base.tables(), ...this.#tables.keys()])].sort(compareText);
  }

  /** How many rows a table has, live or not. */
  count(table: string): number {
    return this.#base.ids(table).length === 0
      ? (this.#tables.get(table)?.slots.size ?? 0)
      : this.ids(table).length;
  }

  get size(): number {
    return this.tables().reduce((sum, table) => sum + this.count(table), 0);
  }

  /**
   * Merges what one device wrote at one stamp; `position` is the journal record it came in. Rows whose state changed go to `changed`.
   * `before` is called with each op and the row it meets, not yet merged.
   */
  apply(
    changeset: Changeset,
    device: DeviceNumber,
    position: number,
    changed: ChangedRows,
    before?: (op: Changeset['ops'][number], row: RowState | undefined, version: Version) => void,
  ): void {
    const version: Version = { stamp: changeset.stamp, device };
    let name = '';
    let rows: TableRows | undefined;
    for (const op of changeset.ops) {
      if (rows === undefined || op.table !== name) {
        name = op.table;
        rows = this.#tableRows(name);
      }
      const slot = rows.slots.get(op.id);
      before?.(op, slot?.row, version);
      if (slot === undefined) {
        const row = emptyRow();
        mergeOpInto(row, op, version);
        rows.slots.set(op.id, { row, changedAt: position });
        rows.ids.add(op.id);
      } else if (!mergeOpInto(slot.row, op, version)) continue;
      else slot.changedAt = position;
      rows.changedAt = position;
      changed.add(name, op.id);
    }
  }

  /** True if a row or table of `reads` has changed after journal position `position`. */
  movedSince(position: number, reads: Reads): boolean {
    for (const [table, id] of reads.rows) {
      if ((this.#tables.get(table)?.slots.get(id)?.changedAt ?? 0) > position) return true;
    }
    for (const table of reads.tables) if ((this.#tables.get(table)?.changedAt ?? 0) > position) return true;
    return false;
  }

  #tableRows(name: string): TableRows {
    let rows = this.#tables.get(name);
    if (rows === undefined) {
      rows = { slots: new Map(), ids: new SortedIds(), changedAt: 0 };
      this.#tables.set(name, rows);
    }
    return rows;
  }
}

/**
 * What the memory table stands on: the seam for the pages of a base. Rows below are merged with rows above when
 * they are read, never when they are written.
 */
export interface Base {
  get(table: string, id: string): RowState | undefined;
  /** Ascending. */
  ids(table: string): readonly string[];
  tables(): readonly string[];
}

export const emptyBase: Base = { get: () => undefined, ids: () => [], tables: () => [] };

/** What a transaction has read: rows by key, and whole tables where it ran a query. */
export interface Reads {
  readonly rows: Iterable<RowKey>;
  readonly tables: Iterable<string>;
}

/** A set of row keys, each once, in the order they came. */
export class ChangedRows {
  readonly #byTable = new Map<string, Set<string>>();

  add(table: string, id: string): void {
    const ids = this.#byTable.get(table);
    if (ids === undefined) this.#byTable.set(table, new Set([id]));
    else ids.add(id);
  }

  keys(): RowKey[] {
    const keys: RowKey[] = [];
    for (const [table, ids] of this.#byTable) for (const id of ids) keys.push([table, id]);
    return keys;
  }
}

interface TableRows {
  readonly slots: Map<string, Slot>;
  readonly ids: SortedIds;
  changedAt: number;
}

interface Slot {
  readonly row: RowState;
  changedAt: number;
}
