import { CairnError } from '../errors.ts';
import type { CborValue } from '../format/cbor.ts';
import type { Op } from '../format/changeset.ts';
import type { Version } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import type { RowState } from './row.ts';

/**
 * What a transaction wrote, step by step, and the ops that are left of it (MRG-6).
 *
 * 1. The last write of a cell decides, and the last op decides whether a row stays: a row has either a delete, or
 *    what it was put and whether it was restored; never both, so no two ops contradict each other at one stamp.
 * 2. A put or patch of a row deleted in the same transaction takes the delete back; so does a restore, with the cells
 *    written before.
 * 3. A put without cells (a table without columns) leaves a restore, so that the row is live.
 */
export type Draft =
  | {
      /** A put is of a whole row and makes it live; a patch is of some columns, and of none is nothing. */
      readonly kind: 'put' | 'patch';
      readonly table: string;
      readonly id: string;
      readonly cells: ReadonlyMap<string, CborValue>;
    }
  | { readonly kind: 'delete'; readonly table: string; readonly id: string }
  | { readonly kind: 'restore'; readonly table: string; readonly id: string };

/**
 * The ops that `drafts`, in the order written, come to. `rowAt` gives the rows as they are before the transaction,
 * for the versions that each cell replaces. Throws `value-invalid` for a row that would have more than 64 columns.
 */
export function settleDraft(
  drafts: Iterable<Draft>,
  rowAt: (table: string, id: string) => RowState | undefined,
): Op[] {
  const rows = new Map<string, Map<string, Settled>>();
  for (const draft of drafts) {
    const table = rows.get(draft.table) ?? new Map<string, Settled>();
    rows.set(draft.table, table);
    const settled = table.get(draft.id) ?? { cells: new Map(), end: null };
    table.set(draft.id, settled);
    if (draft.kind === 'delete' || draft.kind === 'restore') {
      settled.end = draft.kind;
      continue;
    }
    if (draft.kind === 'patch' && draft.cells.size === 0) continue;
    for (const [name, value] of draft.cells) settled.cells.set(name, value);
    if (settled.cells.size === 0) settled.end = 'restore';
    else if (settled.end === 'delete') settled.end = null;
  }
  const ops: Op[] = [];
  for (const [table, ids] of rows) {
    for (const [id, { cells, end }] of ids) {
      if (end === 'delete') {
        ops.push({ kind: 'delete', table, id });
        continue;
      }
      if (cells.size > 0) {
        const row = rowAt(table, id);
        checkColumns(row, cells, table, id);
        ops.push({ kind: 'put', table, id, cells, seen: seenIn(row, cells) });
      }
      if (end === 'restore') ops.push({ kind: 'restore', table, id });
    }
  }
  return ops;
}

interface Settled {
  readonly cells: Map<string, CborValue>;
  end: 'delete' | 'restore' | null;
}

/** A 65th column is refused when written (DESIGN §4): merging would let one go, and not only ours. */
function checkColumns(
  row: RowState | undefined,
  cells: ReadonlyMap<string, CborValue>,
  table: string,
  id: string,
): void {
  let count = cells.size;
  if (row !== undefined) for (const name of row.cells.keys()) if (!cells.has(name)) count += 1;
  if (count <= limits.columnsPerRow) return;
  const values = { table, id, limit: limits.columnsPerRow };
  throw new CairnError('value-invalid', `A row has at most ${limits.columnsPerRow} columns`, values);
}

/** The versions of the values that a put replaces; a cell that was not there is not named. */
function seenIn(
  row: RowState | undefined,
  cells: ReadonlyMap<string, CborValue>,
): ReadonlyMap<string, Version> {
  const seen = new Map<string, Version>();
  if (row === undefined) return seen;
  for (const name of cells.keys()) {
    const cell = row.cells.get(name);
    if (cell !== undefined) seen.set(name, cell.version);
  }
  return seen;
}
