/**
 * A transaction's own writes laid over the rows of the store: what the transaction reads (APP-16). Nothing below it is
 * changed; references are followed through the overlay, so a parent deleted in the transaction hides its children in it.
 */
import { compareText } from '../format/bytes.ts';
import type { Op } from '../format/changeset.ts';
import type { Version } from '../format/stamp.ts';
import { mergeOp } from '../model/merge.ts';
import { isLive, type RowKey, type RowState } from '../model/row.ts';
import { requiredRefs, type Schema } from '../model/schema.ts';
import type { Base, BaseReader } from '../store/base.ts';
import type { ShownRows } from './shown-rows.ts';

export class RowOverlay implements ShownRows {
  readonly schema: Schema;
  readonly #below: ShownRows;
  readonly #tables = new Map<string, Map<string, RowState>>();

  /** `version` is above every one in the rows below, as the transaction's own will be. @throws Away */
  constructor(below: ShownRows, ops: readonly Op[], version: Version) {
    this.schema = below.schema;
    this.#below = below;
    for (const op of ops) {
      const rows = this.#tables.get(op.table) ?? new Map<string, RowState>();
      this.#tables.set(op.table, rows);
      rows.set(op.id, mergeOp(this.get(op.table, op.id), op, version));
    }
  }

  /** The rows that were written to. */
  get written(): readonly RowKey[] {
    return [...this.#tables].flatMap(([table, rows]) => [...rows.keys()].map((id) => [table, id] as const));
  }

  get(table: string, id: string): RowState | undefined {
    return this.#tables.get(table)?.get(id) ?? this.#below.get(table, id);
  }

  isShown(table: string, id: string): boolean {
    const row = this.get(table, id);
    return row !== undefined && this.shows(table, row);
  }

  shows(table: string, row: RowState): boolean {
    return isLive(row) && this.isAttached(table, (column) => row.cells.get(column)?.value);
  }

  isAttached(table: string, cellOf: (column: string) => unknown): boolean {
    const columns = this.schema.tables[table];
    if (columns === undefined) return false;
    return requiredRefs(columns).every(({ column, target }) => {
      const value = cellOf(column);
      return typeof value === 'string' && this.isShown(target, value);
    });
  }

  need(keys: readonly RowKey[]): void {
    this.#below.need(keys);
  }

  direct(table: string): readonly string[] {
    const own = this.#tables.get(table);
    const below = this.#below.direct(table);
    if (own === undefined) return below;
    return [...new Set([...own.keys(), ...below])].sort(compareText);
  }

  isDirect(table: string, id: string): boolean {
    return this.#tables.get(table)?.has(id) === true || this.#below.isDirect(table, id);
  }

  get turns(): number {
    return this.#below.turns;
  }

  get base(): Base {
    return this.#below.base;
  }

  get reader(): BaseReader | null {
    return this.#below.reader;
  }
}
