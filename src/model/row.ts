import type { Bytes } from '../format/bytes.ts';
import { compare } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import { encode } from '../format/cbor.ts';
import type { Version } from '../format/stamp.ts';

/**
 * A row as replicas keep it: per column the value that won and the version that wrote it, and the greatest
 * version that deleted or restored the row. It knows no schema: columns are names, values are CBOR.
 *
 * 1. A row is live when its greatest cell or restore version is above its tombstone (DESIGN §4).
 * 2. Cells under a tombstone are kept, so a later edit or restore brings the whole row back.
 * 3. A cell is never changed, only replaced; so a copy of a row may share its cells.
 */
export interface RowState {
  readonly cells: Map<string, Cell>;
  tombstone: Version | null;
  restored: Version | null;
  /** True when the replicas' columns added up to more than 64 and the greatest names were let go. */
  truncated: boolean;
}

/**
 * A value and the version that wrote it; the cells of one write share the version, which is what makes folding fast.
 */
export interface Cell {
  readonly value: CborValue;
  readonly version: Version;
}

/** A row by its place: which table, which id. */
export type RowKey = readonly [table: string, id: string];

/** A row nothing was written to yet. */
export function emptyRow(): RowState {
  return { cells: new Map(), tombstone: null, restored: null, truncated: false };
}

/** A copy that can be merged into without changing `row`. */
export function copyRow(row: RowState): RowState {
  return {
    cells: new Map(row.cells),
    tombstone: row.tombstone,
    restored: row.restored,
    truncated: row.truncated,
  };
}

/** True when `a` is the later of two versions: by stamp, then by device number. */
export function isLater(a: Version, b: Version): boolean {
  return a.stamp > b.stamp || (a.stamp === b.stamp && a.device > b.device);
}

/** Invariant 1. A row nobody wrote to is not live. */
export function isLive(row: RowState): boolean {
  const { tombstone, restored, cells } = row;
  if (tombstone === null) return restored !== null || cells.size > 0;
  if (restored !== null && isLater(restored, tombstone)) return true;
  for (const cell of cells.values()) if (isLater(cell.version, tombstone)) return true;
  return false;
}

/** True when two values are one: their deterministic encodings are the same bytes. */
export function sameValue(a: CborValue, b: CborValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  return a === b || compareEncoded(a, b) === 0;
}

/** Order of two values by the bytes of their encodings: what decides between equal versions. */
export function compareEncoded(a: CborValue, b: CborValue): number {
  const [x, y]: Bytes[] = [encode(a), encode(b)];
  return compare(x, y);
}
