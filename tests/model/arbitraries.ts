import * as fc from 'fast-check';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp, type Version } from '../../src/format/stamp.ts';
import { mergeOpInto } from '../../src/model/merge.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';

/** An op with the version it was written at. */
export interface Written {
  readonly op: Op;
  readonly version: Version;
}

/** Few stamps and devices, so that equal versions with different values (a broken device) are common. */
export const versions: fc.Arbitrary<Version> = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 3 }))
  .map(([stamp, device]) => ({ stamp: asStamp(stamp), device: asDeviceNumber(device) }));

/** Values that differ in type, and some that are equal or nearly so. */
export const values: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constantFrom<CborValue>(null, false, true, 0, -0, 1, 1.5, Number.NaN, '', 'a', 'b', 'ab', '😀'),
  fc.uint8Array({ maxLength: 2 }).map((bytes) => new Uint8Array(bytes)),
  fc.array(fc.constantFrom<CborValue>(1, 'x', null), { maxLength: 2 }),
  fc
    .dictionary(fc.constantFrom('k', 'l'), fc.constantFrom<CborValue>(1, 2), { maxKeys: 2 })
    .map((object): CborValue => new Map(Object.entries(object))),
);

/** Cells of a put, over the given column names. */
export function cellsOver(columns: fc.Arbitrary<string>, most: number): fc.Arbitrary<Map<string, CborValue>> {
  return fc
    .uniqueArray(fc.tuple(columns, values), { minLength: 1, maxLength: most, selector: ([name]) => name })
    .map((entries) => new Map(entries));
}

export const fewColumns = fc.constantFrom('a', 'b', 'c');
/** Names whose UTF-8 order is neither that of UTF-16 nor of length. */
const manyColumns = Array.from({ length: 80 }, (_, n) =>
  n % 3 === 0 ? `\u{1F600}${n}` : n % 3 === 1 ? `\uFF5E${n}` : `n${n}`,
);

/** Cells of so many columns that two or three puts pass the bound of 64. */
export const manyCells: fc.Arbitrary<Map<string, CborValue>> = fc
  .tuple(
    fc.shuffledSubarray(manyColumns, { minLength: 15, maxLength: 50 }),
    fc.array(values, { minLength: 1, maxLength: 5 }),
  )
  .map(([names, some]) => new Map(names.map((name, index) => [name, some[index % some.length]])));

/** An op on one row, `where`. */
export function opOn(
  table: string,
  id: string,
  cells: fc.Arbitrary<Map<string, CborValue>>,
): fc.Arbitrary<Op> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: cells.map((written): Op => ({ kind: 'put', table, id, cells: written, seen: new Map() })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Op>({ kind: 'delete', table, id }, { kind: 'restore', table, id }),
    },
  );
}

export function writtenOn(cells: fc.Arbitrary<Map<string, CborValue>>): fc.Arbitrary<Written> {
  return fc.record({ op: opOn('t', 'r', cells), version: versions });
}

/** The row that these ops make, in this order. */
export function rowOf(history: readonly Written[]): RowState {
  const row = emptyRow();
  for (const { op, version } of history) mergeOpInto(row, op, version);
  return row;
}

/** A row as a value that `toEqual` can compare whatever order its cells came in. */
export function plainRow(row: RowState): unknown {
  return {
    ...row,
    cells: [...row.cells].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
