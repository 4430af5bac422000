/**
 * The base of a store: what the journal came to up to a boundary, in pages (DESIGN §7). A value; it follows from the journal like
 * everything else of the standing.
 */
import type { Direction } from '../model/query.ts';
import type { RowState } from '../model/row.ts';
import type { TextRange } from '../model/text-range.ts';
import type { TreeRoot } from './tree-level.ts';

export interface Base {
  /** The journal position up to which it holds every row; 0 for none. */
  readonly boundary: number;
  /** Rows, by table. */
  readonly tables: ReadonlyMap<string, TreeRoot>;
  /** Keys of rows that are live, by the identity of the index; null: none. An index that is not here is to be built. */
  readonly indexes: ReadonlyMap<string, TreeRoot | null>;
}

export const emptyBase: Base = { boundary: 0, tables: new Map(), indexes: new Map() };

/** Reads the pages of a base. It goes on reading that base when a newer one has taken its place. @throws storage-… */
export interface BaseReader {
  /** The rows of these ids, which ascend; `null` where there is none. */
  rows(table: string, ids: readonly string[]): Promise<readonly (RowState | null)[]>;
  /** The rows of a stretch of ids, some at a time. */
  scan(
    table: string,
    range: TextRange,
    direction: Direction,
  ): AsyncGenerator<readonly (readonly [id: string, row: RowState])[]>;
  /** The keys of a stretch of an index, some at a time. */
  keys(index: string, range: TextRange, direction: Direction): AsyncGenerator<readonly string[]>;
}
