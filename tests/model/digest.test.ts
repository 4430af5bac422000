import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { compare, compareText, toHex, utf8 } from '../../src/format/bytes.ts';
import { type CborValue, encode } from '../../src/format/cbor.ts';
import { digestRows } from '../../src/model/digest.ts';
import { mergeRows } from '../../src/model/merge.ts';
import { emptyRow, type RowKey, type RowState } from '../../src/model/row.ts';
import { property } from '../property.ts';
import { cellsOver, fewColumns, manyCells, opOn, rowOf, versions, type Written } from './arbitraries.ts';

type Rows = [...RowKey, RowState][];

/** The definition, written down once more as plainly as can be. */
function plainDigest(rows: Rows): string {
  const version = (of: { stamp: number; device: number } | null): CborValue =>
    of ? [of.stamp, of.device] : null;
  const items = rows
    .sort(([t, i], [u, j]) => compare(utf8(t), utf8(u)) || compare(utf8(i), utf8(j)))
    .map(
      ([table, id, row]): CborValue => [
        table,
        id,
        version(row.tombstone),
        version(row.restored),
        row.truncated,
        ...[...row.cells]
          .sort(([a], [b]) => compareText(a, b))
          .flatMap(([name, cell]): CborValue[] => [
            name,
            cell.value,
            cell.version.stamp,
            cell.version.device,
          ]),
      ],
    );
  const hashes: number[] = [];
  for (let at = 0; at < items.length; at += 1024) hashes.push(...sha256(encode(items.slice(at, at + 1024))));
  return toHex(sha256(new Uint8Array(hashes)));
}

const names = fc.constantFrom('t', 'u', '\uFF5E', '\u{1F600}', 'a');
const places = fc.tuple(names, names);
const cells = fc.oneof(cellsOver(fewColumns, 3), manyCells);
const histories = fc.array(
  places.chain(([table, id]) => fc.record({ op: opOn(table, id, cells), version: versions })),
  { maxLength: 10 },
);

function fold(history: readonly Written[]): Rows {
  const rows = new Map<string, [string, string, Written[]]>();
  for (const written of history) {
    const { table, id } = written.op;
    const key = JSON.stringify([table, id]);
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [table, id, [written]]);
    else known[2].push(written);
  }
  return [...rows.values()].map(([table, id, steps]) => [table, id, rowOf(steps)]);
}

property(
  'the digest is the one defined, over rows in any order',
  2000,
  histories,
  fc.boolean(),
  async (history, reversed) => {
    const rows = fold(history);
    expect(await digestRows(reversed ? [...rows].reverse() : rows)).toBe(plainDigest(rows));
  },
);

property(
  'MRG-2: replicas that folded the same ops in any order have the same digest',
  2000,
  histories.chain((history) =>
    fc.tuple(fc.constant(history), fc.shuffledSubarray(history, { minLength: history.length })),
  ),
  async ([history, order]) => {
    expect(await digestRows(fold(order))).toBe(await digestRows(fold(history)));
  },
);

describe('whatever differs shows', () => {
  const put = (value: CborValue, stamp: number, id = 'r'): Rows[number] => [
    't',
    id,
    rowOf([
      {
        op: { kind: 'put', table: 't', id, cells: new Map([['c', value]]), seen: new Map() },
        version: { stamp: stamp as never, device: 1 as never },
      },
    ]),
  ];

  test('MRG-4: a value, a stamp, a tombstone, a restore, a row, the mark of lost columns', async () => {
    const [table, id, row] = put(1, 5);
    const later = { stamp: 9 as never, device: 2 as never };
    const variants: Rows[] = [
      [],
      [[table, id, row]],
      [put(2, 5)],
      [put(1, 6)],
      [[table, id, mergeRows(row, { ...emptyRow(), tombstone: later })]],
      [[table, id, mergeRows(row, { ...emptyRow(), restored: later })]],
      [[table, id, { ...row, truncated: true }]],
      [[table, 's', row]],
      [['u', id, row]],
      [[table, id, row], put(1, 5, 's')],
    ];
    const digests = await Promise.all(variants.map((rows) => digestRows(rows)));
    expect(new Set(digests).size).toBe(variants.length);
  });

  test('more rows than one piece holds', async () => {
    const rows = Array.from({ length: 2050 }, (_, index) => put(index, index + 1, `r${index}`));
    expect(await digestRows(rows)).toBe(plainDigest(rows));
    expect(await digestRows(rows.slice(0, 1024))).toBe(plainDigest(rows.slice(0, 1024)));
  });
});
