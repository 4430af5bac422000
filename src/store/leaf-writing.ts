/** The leaves of `leaf`, as they are written. */
import type { Bytes } from '../format/bytes.ts';
import type { PageRow } from '../format/page-layout.ts';
import { rowsHeadWeight, rowWeight } from '../format/page-weight.ts';
import { encodePage } from '../format/page-writing.ts';
import { encodeRun, keyWeight, runHeadWeight } from '../format/run.ts';
import type { Entry } from './leaf.ts';

export interface LeafWriting<E> {
  encode(entries: readonly Entry<E>[]): Bytes;
  /** How many bytes the entry adds to a leaf at most. */
  weight(key: string, value: E): number;
  /** How many bytes a leaf has besides its entries at most. */
  readonly headWeight: number;
}

export const rowLeaves = (table: string): LeafWriting<PageRow> => ({
  encode: (rows) => encodePage(table, rows),
  weight: rowWeight,
  headWeight: rowsHeadWeight,
});

export const keyLeaves: LeafWriting<true> = {
  encode: (entries) => encodeRun(entries.map(([key]) => key)),
  weight: keyWeight,
  headWeight: runHeadWeight,
};
