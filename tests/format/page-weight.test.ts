import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { encode } from '../../src/format/cbor.ts';
import { headBytes, valueBytes } from '../../src/format/cbor-size.ts';
import type { PageEntry } from '../../src/format/page.ts';
import { rowsHeadWeight, rowWeight } from '../../src/format/page-weight.ts';
import { encodePage } from '../../src/format/page-writing.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import { property } from '../property.ts';
import { anyValue, drawn } from './arbitrary.ts';
import { anyRow, pageRows, rowIds, shuffled } from './page-rows.ts';

const weightOf = (rows: readonly PageEntry[]): number =>
  rows.reduce((sum, [id, row]) => sum + rowWeight(id, row), rowsHeadWeight);

/** Rows of values, names, stamps and devices of every length, some of one version and some of many. */
const wildRows: fc.Arbitrary<PageEntry[]> = drawn((from) => {
  const ids = new Set(from.list(10, () => from.name(128)));
  return [...ids]
    .sort((a, b) => Buffer.from(a).compare(Buffer.from(b)))
    .map((id): PageEntry => {
      const version = () => ({ stamp: from.stamp(), device: from.device() });
      const shared = version();
      const names = from.list(40, () => from.name(64));
      const cells = new Map(
        names.map((name) => [name, { value: from.value(3), version: from.below(4) ? shared : version() }]),
      );
      return [
        id,
        {
          cells,
          tombstone: from.below(2) ? version() : null,
          restored: from.below(2) ? version() : null,
          truncated: from.below(2) === 0,
        },
      ];
    });
});

property(
  'STORE-5: a page is never longer than its head and the weights of its rows',
  1000,
  fc.oneof(pageRows, wildRows),
  fc.constantFrom('t', 't'.repeat(64)),
  (rows, table) => {
    expect(encodePage(table, rows).length).toBeLessThanOrEqual(weightOf(rows));
  },
);

property(
  'STORE-6: the weight follows from the row alone, in whatever order its cells were written',
  300,
  rowIds,
  anyRow,
  (id, row) => {
    expect(rowWeight(id, shuffled(row))).toBe(rowWeight(id, row));
  },
);

property(
  'the size of a value is no less than that of its encoding, and the same where it has no fraction',
  1000,
  anyValue,
  (value) => {
    expect(valueBytes(value)).toBeGreaterThanOrEqual(encode(value).length);
    if (!hasFloat(value)) expect(valueBytes(value)).toBe(encode(value).length);
  },
);

function hasFloat(value: CborValue): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value) || Object.is(value, -0);
  if (value instanceof Map) return [...value.values()].some(hasFloat);
  return Array.isArray(value) && value.some(hasFloat);
}

describe('weights', () => {
  const version = (stamp: number) => ({ stamp: asStamp(stamp), device: asDeviceNumber(1) });
  const row = (values: Readonly<Record<string, CborValue>>, stamp = 2 ** 52): RowState => ({
    ...emptyRow(),
    cells: new Map(Object.entries(values).map(([name, value]) => [name, { value, version: version(stamp) }])),
  });

  test('STORE-6: the weights of a few rows, as every implementation has to find them', () => {
    expect(rowWeight('', emptyRow())).toBe(10 + 1);
    expect(rowWeight('id', row({ title: 'abc' }))).toBe(10 + 3 + (6 + 3 + 4) + (1 + 9));
    expect(rowWeight('é', row({ n: 1.5, m: -1, z: 'é'.repeat(24) }, 1))).toBe(
      10 + 3 + (2 + 3 + 9) + (2 + 3 + 1) + (2 + 3 + 50) + (1 + 1),
    );
    const mixed = row({ a: null, b: true }, 30);
    mixed.cells.set('b', { value: true, version: version(300) });
    mixed.tombstone = version(5);
    expect(rowWeight('x', mixed)).toBe(10 + 2 + 2 * (2 + 3 + 1) + (1 + 1) + (1 + (1 + 2) + (1 + 3) + 2));
  });

  test('a thousand rows of every-day size fill at least three quarters of their weight', () => {
    const rows = Array.from(
      { length: 100 },
      (_, i): PageEntry => [
        `01JCZ3KQ4NQ0V4Y7W2X8P5R${String(i).padStart(3, '0')}`,
        row(
          {
            title: 't'.repeat(40),
            note: 'n'.repeat(120),
            done: false,
            priority: 3,
            due: 1.76e12 + i,
            list: 'l'.repeat(26),
          },
          2 ** 52 + i,
        ),
      ],
    );
    expect(encodePage('items', rows).length / weightOf(rows)).toBeGreaterThan(0.75);
  });

  test('a text that has no UTF-8 is refused, wherever it stands', () => {
    for (const [id, cells] of [
      ['\ud800', {}],
      ['a', { '\udc00': 1 }],
      ['a', { b: 'x\ud800' }],
      ['a', { b: ['\ud800'] }],
    ] as const) {
      expect(() => rowWeight(id, row(cells))).toThrow(CairnError);
    }
  });

  test('heads', () => {
    for (const argument of [
      0,
      23,
      24,
      255,
      256,
      65_535,
      65_536,
      2 ** 32 - 1,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
    ])
      expect(headBytes(argument)).toBe(encode(argument).length);
  });
});
