import { compareText } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import type { Op } from '../format/changeset.ts';
import type { Version } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import { type Cell, compareEncoded, copyRow, emptyRow, isLater, type RowState } from './row.ts';

/**
 * How ops and rows become one row, on every replica alike (DESIGN §4).
 *
 * 1. Per cell the later version wins. Equal versions with different values, which only a broken device makes,
 *    go to the greater encoded value.
 * 2. Tombstone and restore are the latest of their kind.
 * 3. Of more than 64 columns a row keeps the 64 names least in byte order and is marked as truncated. The mark is
 *    set exactly when the ops of the row name more than 64 columns, in whatever order they came.
 * 4. So merge is commutative, associative and idempotent, for ops and for rows: any order, repetition and split
 *    of the same ops gives the same row.
 */

/** The row after one op; `row` itself stays as it is. */
export function mergeOp(row: RowState | undefined, op: Op, version: Version): RowState {
  const merged = row === undefined ? emptyRow() : copyRow(row);
  mergeOpInto(merged, op, version);
  return merged;
}

/**
 * Merges one op into a row that the caller owns (a new one from `emptyRow`, or its own copy). False if that left the row as it
 * was: all of the op had lost or was known. Rows are folded by the ten thousand with this: it makes nothing but the cells it keeps.
 */
export function mergeOpInto(row: RowState, op: Op, version: Version): boolean {
  switch (op.kind) {
    case 'put':
      return mergePut(row, op.cells, version);
    case 'delete':
      if (row.tombstone !== null && !isLater(version, row.tombstone)) return false;
      row.tombstone = version;
      return true;
    case 'restore':
      if (row.restored !== null && !isLater(version, row.restored)) return false;
      row.restored = version;
      return true;
  }
}

function mergePut(row: RowState, written: ReadonlyMap<string, CborValue>, version: Version): boolean {
  const { cells } = row;
  const isNew = cells.size === 0;
  // Only a put that may pass the bound remembers which names to look for afterwards.
  const won: string[] | null = cells.size + written.size > limits.columnsPerRow ? [] : null;
  let moved = false;
  for (const [name, value] of written) {
    const cell = isNew ? undefined : cells.get(name);
    if (cell !== undefined && !wins(value, version, cell)) continue;
    cells.set(name, { value, version });
    won?.push(name);
    moved = true;
  }
  if (won === null || cells.size <= limits.columnsPerRow) return moved;
  const wasTruncated = row.truncated;
  boundColumns(row);
  // A name of before that had to go went for one that came.
  return !wasTruncated || won.some((name) => cells.has(name));
}

/** The least row above both; neither is changed. */
export function mergeRows(a: RowState, b: RowState): RowState {
  const row = copyRow(a);
  for (const [name, cell] of b.cells) {
    const ours = row.cells.get(name);
    if (ours === undefined || wins(cell.value, cell.version, ours)) row.cells.set(name, cell);
  }
  if (b.tombstone !== null && (a.tombstone === null || isLater(b.tombstone, a.tombstone))) {
    row.tombstone = b.tombstone;
  }
  if (b.restored !== null && (a.restored === null || isLater(b.restored, a.restored)))
    row.restored = b.restored;
  row.truncated = a.truncated || b.truncated;
  if (row.cells.size > limits.columnsPerRow) boundColumns(row);
  return row;
}

/** Invariant 1: true when `value` written at `version` takes the place of `cell`. */
function wins(value: CborValue, version: Version, cell: Cell): boolean {
  const held = cell.version;
  if (version.stamp !== held.stamp) return version.stamp > held.stamp;
  if (version.device !== held.device) return version.device > held.device;
  // Not `!==`: 0 and -0 are two values.
  return !Object.is(value, cell.value) && compareEncoded(value, cell.value) > 0;
}

/** Invariant 3. A name once let go never comes back: 64 lesser ones are there and stay. */
function boundColumns(row: RowState): void {
  const names = [...row.cells.keys()].sort(compareText);
  for (const name of names.slice(limits.columnsPerRow)) row.cells.delete(name);
  row.truncated = true;
}
