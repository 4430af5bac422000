/**
 * A transaction's own writes laid over the rows of the store: what the transaction reads (APP-16). Nothing below it is
 * changed; references are followed through the overlay, so a parent deleted in the transaction hides its children in it.
 */

import { compareText } from '../format/bytes.ts';
import type { Op } from '../format/changeset.ts';
import type { Version } from '../format/stamp.ts';
import { mergeOp } from '../model/merge.ts';
import { isLive, type RowState } from '../model/row.ts';
import { requiredRefs, type Schema } from '../model/schema.ts';
import type { ShownRows } from './shown-rows.ts';

export class RowOverlay implements ShownRows {
  readonly schema: Schema;
  readonly #below: ShownRows;
  readonly #tables = new Map<string, Map<string, RowState>>();

  /** `version` is above every one in the rows below, as the transaction's own will be. */
  constructor(below: ShownRows, ops: readonly Op[], version: Version) {
    this.schema = below.schema;
    this.#below = below;
    for (const op of ops) {
      const rows = this.#tables.get(op.table) ?? new Map<string, RowState>();
      this.#tables.set(op.table, rows);
      rows.set(op.id, mergeOp(this.get(op.table, op.id), op, version));
    }
  }

  get(table: string, id: string): RowState | undefined {
    return this.#tables.get(table)?.get(id) ?? this.#below.get(table, id);
  }

  isShown(table: string, id: string): boolean {
    const row = this.get(table, id);
    const columns = this.schema.tables[table];
    if (row === undefined || columns === undefined || !isLive(row)) return false;
    return requiredRefs(columns).every(({ column, target }) => {
      const value = row.cells.get(column)?.value;
      return typeof value === 'string' && this.isShown(target, value);
    });
  }

  *ids(table: string): Generator<string> {
    const own = [...(this.#tables.get(table)?.keys() ?? [])].sort(compareText);
    let next = 0;
    for (const id of this.#below.ids(table)) {
      for (let mine = own[next]; mine !== undefined && compareText(mine, id) <= 0; mine = own[next]) {
        if (mine !== id) yield mine;
        next += 1;
      }
      yield id;
    }
    yield* own.slice(next);
  }
}
