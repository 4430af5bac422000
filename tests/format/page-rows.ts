import * as fc from 'fast-check';
import { compareText } from '../../src/format/bytes.ts';
import type { RowState } from '../../src/model/row.ts';
import { cellsOver, fewColumns, manyCells, rowOf, writtenOn } from '../model/arbitraries.ts';

/** Ids whose order by UTF-8 is not that by UTF-16, and some that begin others. */
export const rowIds = fc.oneof(
  fc.constantFrom('', 'a', 'aa', 'b', '\uFF5E', '\u{1F600}', '\u{1F600}a', 'é', 'ab'),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);

const histories = fc.oneof(
  { weight: 6, arbitrary: fc.array(writtenOn(cellsOver(fewColumns, 3)), { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(writtenOn(manyCells), { minLength: 1, maxLength: 4 }) },
);

/** Any row that writes lead to. */
export const anyRow: fc.Arbitrary<RowState> = histories.map(rowOf);

/** Rows in ascending order of their ids. */
export const pageRows: fc.Arbitrary<[string, RowState][]> = fc
  .uniqueArray(fc.tuple(rowIds, anyRow), { selector: ([id]) => id, maxLength: 12 })
  .map((all) => all.sort(([a], [b]) => compareText(a, b)));

/** The same row, its cells put in another order and each with a version object of its own. */
export function shuffled({ cells, ...row }: RowState): RowState {
  const copies = [...cells]
    .reverse()
    .map(([name, { value, version }]) => [name, { value, version: { ...version } }] as const);
  return { ...row, cells: new Map(copies) };
}
