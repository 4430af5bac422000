import { compareText } from '../format/bytes.ts';
import type { Changeset } from '../format/changeset.ts';
import type { Version } from '../format/stamp.ts';
import { mergeOpInto, mergeRows } from '../model/merge.ts';
import { copyRow, emptyRow, type RowKey, type RowState } from '../model/row.ts';
import { SortedIds } from './sorted-ids.ts';

/**
 * What the journal holds above the base, merged by key (DESIGN §7).
 *
 * 1. Merging a changeset reads nothing from disk, whatever rows it touches (STORE-9). A row here is *whole* when what the base has of it
 *    is merged in, or the base has nothing of it; else it is what was written to it since.
 * 2. A changeset is merged whole in one call, so no reader sees a part of it (MRG-5).
 * 3. Each row and each table knows the journal position that changed it last, so a reader can ask later whether
 *    what it read has moved.
 * 4. What `snapshot` gave stays as it was: a row that is written to after it is copied first.
 *
 * A row that a caller is given is the table's own: it may be looked at until the next change, and never written to.
 */
export class MemoryTable {
  readonly #tables = new Map<string, TableRows>();
  /** The table that was written to last: ops come table by table. */
  #last: { readonly name: string; readonly rows: TableRows } | null = null;
  /** Rises with each snapshot. */
  #epoch = 0;
  /** Rows that changed up to this journal position may have left for the base. */
  #leftThrough = 0;

  slot(table: string, id: string): Slot | undefined {
    return this.#tables.get(table)?.slots.get(id);
  }

  /** The ids of a table, ascending by UTF-8 bytes, rows that are not live included. The array is not changed by later writes. */
  ids(table: string): readonly string[] {
    return this.#tables.get(table)?.ids.sorted() ?? [];
  }

  /** The rows of a table in the order of `ids`, as far as they are here. */
  *scan(table: string): IterableIterator<readonly [id: string, row: RowState]> {
    for (const id of this.ids(table)) {
      const slot = this.slot(table, id);
      if (slot !== undefined) yield [id, slot.row];
    }
  }

  /** The names of all tables that have rows here, ascending. */
  tables(): readonly string[] {
    return [...this.#tables.keys()].sort(compareText);
  }

  get size(): number {
    return [...this.#tables.values()].reduce((sum, { slots }) => sum + slots.size, 0);
  }

  /**
   * Merges one op into its row; false if that left the row as it was. `below` is what the base has of the row: `null` for nothing,
   * undefined if that is not known.
   */
  merge(
    op: Changeset['ops'][number],
    version: Version,
    position: number,
    below: RowState | null | undefined,
  ): boolean {
    const rows = this.#tableRows(op.table);
    let slot = rows.slots.get(op.id);
    if (slot === undefined) {
      const row = below ? copyRow(below) : emptyRow();
      if (!mergeOpInto(row, op, version) && below) return false;
      slot = { row, changedAt: position, isWhole: below !== undefined, epoch: this.#epoch };
      rows.slots.set(op.id, slot);
      rows.ids.add(op.id);
    } else {
      if (slot.epoch < this.#epoch) {
        slot.row = copyRow(slot.row);
        slot.epoch = this.#epoch;
      }
      if (!mergeOpInto(slot.row, op, version)) return false;
      slot.changedAt = position;
    }
    rows.changedAt = position;
    return true;
  }

  /** Makes a row whole with what the base has of it. */
  complete(slot: Slot, below: RowState | null): void {
    if (below !== null) {
      slot.row = mergeRows(below, slot.row);
      slot.epoch = this.#epoch;
    }
    slot.isWhole = true;
  }

  /** True if a row or table of `reads` has changed after journal position `position`, or may have. */
  movedSince(position: number, reads: Reads): boolean {
    const mayHaveLeft = position < this.#leftThrough;
    for (const [table, id] of reads.rows) {
      const slot = this.slot(table, id);
      if (slot === undefined ? mayHaveLeft : slot.changedAt > position) return true;
    }
    for (const table of reads.tables) if ((this.#tables.get(table)?.changedAt ?? 0) > position) return true;
    return false;
  }

  /** The rows as they are now, each table's in the order of their ids; it stays so whatever is written later. */
  snapshot(): ReadonlyMap<string, readonly (readonly [id: string, row: RowState])[]> {
    this.#epoch += 1;
    return new Map(this.tables().map((table) => [table, [...this.scan(table)]]));
  }

  /** Lets go of the rows that did not change after `position`: the base has them. */
  drop(position: number): void {
    this.#leftThrough = Math.max(this.#leftThrough, position);
    for (const rows of this.#tables.values()) {
      if ([...rows.slots.values()].every(({ changedAt }) => changedAt > position)) continue;
      const ids = new SortedIds();
      for (const [id, slot] of rows.slots) {
        if (slot.changedAt > position) ids.add(id);
        else rows.slots.delete(id);
      }
      rows.ids = ids;
    }
  }

  #tableRows(name: string): TableRows {
    if (this.#last?.name === name) return this.#last.rows;
    let rows = this.#tables.get(name);
    if (rows === undefined) {
      rows = { slots: new Map(), ids: new SortedIds(), changedAt: 0 };
      this.#tables.set(name, rows);
    }
    this.#last = { name, rows };
    return rows;
  }
}

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
  ids: SortedIds;
  changedAt: number;
}

export interface Slot {
  row: RowState;
  changedAt: number;
  isWhole: boolean;
  /** The last snapshot before which the row was made or copied. */
  epoch: number;
}
