import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, compareText } from '../../src/format/bytes.ts';
import { type CborValue, encode } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp, type Version } from '../../src/format/stamp.ts';
import { mergeOp, mergeOpInto, mergeRows } from '../../src/model/merge.ts';
import { copyRow, emptyRow, isLive, type RowState } from '../../src/model/row.ts';
import { property } from '../property.ts';
import { cellsOver, fewColumns, manyCells, plainRow, rowOf, type Written, writtenOn } from './arbitraries.ts';

const at = (stamp: number, device = 1): Version => ({
  stamp: asStamp(stamp),
  device: asDeviceNumber(device),
});
const put = (cells: Record<string, CborValue>): Op => ({
  kind: 'put',
  table: 't',
  id: 'r',
  cells: new Map(Object.entries(cells)),
  seen: new Map(),
});
const del: Op = { kind: 'delete', table: 't', id: 'r' };
const restore: Op = { kind: 'restore', table: 't', id: 'r' };
const history = (...steps: [Op, Version][]): RowState =>
  rowOf(steps.map(([op, version]) => ({ op, version })));
const value = (row: RowState, column: string): CborValue | undefined => row.cells.get(column)?.value;

const few = fc.array(writtenOn(cellsOver(fewColumns, 3)), { maxLength: 8 });
const many = fc.array(writtenOn(manyCells), { maxLength: 4 });
const histories = fc.oneof({ weight: 4, arbitrary: few }, { weight: 1, arbitrary: many });

/** A history, the same history in another order with some of it repeated, and where to cut it. */
const shuffled = histories.chain((ops) =>
  fc.record({
    ops: fc.constant(ops),
    other: fc
      .tuple(
        fc.shuffledSubarray(ops, { minLength: ops.length, maxLength: ops.length }),
        ops.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...ops), { maxLength: 4 }),
      )
      .chain(([order, again]) =>
        fc.shuffledSubarray([...order, ...again], { minLength: order.length + again.length }),
      ),
    cuts: fc.array(fc.nat(12), { maxLength: 3 }),
  }),
);

describe('the laws of merge', () => {
  property(
    'MRG-2: any order and repetition of the same ops gives the same row',
    10_000,
    shuffled,
    ({ ops, other }) => {
      expect(plainRow(rowOf(other))).toEqual(plainRow(rowOf(ops)));
    },
  );

  property(
    'MRG-2: any split of the same ops, folded apart and merged as rows, gives the same row',
    10_000,
    shuffled,
    ({ ops, other, cuts }) => {
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, other.length)), other.length].sort(
        (a, b) => a - b,
      );
      const parts = bounds.slice(1).map((end, index) => rowOf(other.slice(bounds[index], end)));
      const merged = parts.reduce(mergeRows, emptyRow());
      expect(plainRow(merged)).toEqual(plainRow(rowOf(ops)));
    },
  );

  property('MRG-2: merging rows is commutative', 10_000, histories, histories, (a, b) => {
    expect(plainRow(mergeRows(rowOf(a), rowOf(b)))).toEqual(plainRow(mergeRows(rowOf(b), rowOf(a))));
  });

  property('MRG-2: merging rows is associative', 10_000, histories, histories, histories, (a, b, c) => {
    const [x, y, z] = [rowOf(a), rowOf(b), rowOf(c)];
    expect(plainRow(mergeRows(mergeRows(x, y), z))).toEqual(plainRow(mergeRows(x, mergeRows(y, z))));
  });

  property('MRG-2: merging a row with itself changes nothing', 10_000, histories, (a) => {
    expect(plainRow(mergeRows(rowOf(a), rowOf(a)))).toEqual(plainRow(rowOf(a)));
  });

  property(
    'MRG-2: every pair of ops commutes, and each is idempotent',
    10_000,
    writtenOn(cellsOver(fewColumns, 3)),
    writtenOn(cellsOver(fewColumns, 3)),
    (a, b) => {
      expect(plainRow(rowOf([a, b]))).toEqual(plainRow(rowOf([b, a])));
      expect(plainRow(rowOf([a, b, b, a]))).toEqual(plainRow(rowOf([a, b])));
    },
  );

  property(
    'MRG-2: merging in place and merging purely agree, and a pure merge leaves its input alone',
    10_000,
    histories,
    writtenOn(manyCells),
    (ops, last) => {
      const before = rowOf(ops);
      const kept = plainRow(copyRow(before));
      const row = mergeOp(before, last.op, last.version);
      expect(plainRow(before)).toEqual(kept);
      const inPlace = copyRow(before);
      const moved = mergeOpInto(inPlace, last.op, last.version);
      expect(plainRow(inPlace)).toEqual(plainRow(row));
      // PULL-18: who is told that nothing moved need not look.
      expect(moved).toBe(!isDeepStrictEqual(plainRow(row), kept));
      expect(plainRow(mergeOp(undefined, last.op, last.version))).toEqual(plainRow(rowOf([last])));
    },
  );
});

describe('cells', () => {
  test('MRG-1: the greater stamp wins, whichever comes first', () => {
    const steps: [Op, Version][] = [
      [put({ a: 'old' }), at(1)],
      [put({ a: 'new' }), at(2)],
    ];
    expect(value(history(...steps), 'a')).toBe('new');
    expect(value(history(...steps.reverse()), 'a')).toBe('new');
  });

  test('MRG-1: at equal stamps the greater device number wins', () => {
    const row = history([put({ a: 'two' }), at(5, 2)], [put({ a: 'one' }), at(5, 1)]);
    expect(value(row, 'a')).toBe('two');
  });

  test('MRG-1: edits of different columns of one row all survive', () => {
    const row = history([put({ a: 1, b: 1 }), at(1)], [put({ b: 2 }), at(3, 2)], [put({ a: 3 }), at(2, 3)]);
    expect([value(row, 'a'), value(row, 'b')]).toEqual([3, 2]);
  });

  property(
    'MRG-1: equal stamps of one device with different values go to the greater encoding',
    1000,
    writtenOn(cellsOver(fc.constant('a'), 1)),
    writtenOn(cellsOver(fc.constant('a'), 1)),
    (a, b) => {
      fc.pre(a.op.kind === 'put' && b.op.kind === 'put');
      const same = [a, b].map(({ op }): Written => ({ op, version: at(4) }));
      const encodings = same.map(({ op }) => encode((op.kind === 'put' ? op.cells.get('a') : null) ?? null));
      const greatest = encodings.sort(compare)[1];
      expect(encode(value(rowOf(same), 'a') ?? null)).toEqual(greatest);
    },
  );
});

describe('deletes and restores', () => {
  test('MRG-3: a row is live only if its greatest cell or restore version is above its tombstone', () => {
    expect(isLive(emptyRow())).toBe(false);
    expect(isLive(history([put({ a: 1 }), at(1)]))).toBe(true);
    expect(isLive(history([put({ a: 1 }), at(1)], [del, at(2)]))).toBe(false);
    expect(isLive(history([put({ a: 1 }), at(2)], [del, at(2)]))).toBe(false);
    expect(isLive(history([put({ a: 1 }), at(2, 2)], [del, at(2, 1)]))).toBe(true);
    expect(isLive(history([put({ a: 1 }), at(1)], [del, at(2)], [restore, at(3)]))).toBe(true);
    expect(isLive(history([put({ a: 1 }), at(1)], [del, at(2)], [restore, at(2)]))).toBe(false);
    expect(isLive(history([del, at(2)]))).toBe(false);
  });

  test('MRG-3: a delete and an edit made apart end alike in either order', () => {
    for (const [edit, removal, live] of [
      [at(5, 1), at(4, 2), true],
      [at(4, 1), at(5, 2), false],
    ] as const) {
      const steps: [Op, Version][] = [
        [put({ a: 2 }), edit],
        [del, removal],
      ];
      const first = history([put({ a: 1 }), at(1)], ...steps);
      const second = history(...steps.reverse(), [put({ a: 1 }), at(1)]);
      expect(plainRow(first)).toEqual(plainRow(second));
      expect(isLive(first)).toBe(live);
      expect(value(first, 'a')).toBe(2);
    }
  });

  test('MRG-4: the cells under a tombstone are kept, so an edit or a restore brings the whole row back', () => {
    const deleted = history([put({ a: 1, b: 2 }), at(1)], [del, at(9)]);
    expect(isLive(deleted)).toBe(false);
    for (const revival of [restore, put({ a: 7 })]) {
      const row = mergeOp(deleted, revival, at(10));
      expect(isLive(row)).toBe(true);
      expect(value(row, 'b')).toBe(2);
    }
  });
});

describe('the bound of 64 columns', () => {
  const wide = (from: number, count: number): Op =>
    put(
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`c${String(from + i).padStart(3, '0')}`, i]),
      ),
    );

  test('MRG-10: a row keeps the 64 names least in byte order and says that it lost some', () => {
    const row = history([wide(60, 60), at(1)], [wide(0, 50), at(2)]);
    expect([...row.cells.keys()].sort(compareText)).toEqual([
      ...Array.from({ length: 50 }, (_, i) => `c${String(i).padStart(3, '0')}`),
      ...Array.from({ length: 14 }, (_, i) => `c${String(60 + i).padStart(3, '0')}`),
    ]);
    expect(row.truncated).toBe(true);
  });

  test('MRG-10: exactly 64 columns lose nothing', () => {
    const row = history([wide(0, 40), at(1)], [wide(24, 40), at(2)]);
    expect(row.cells.size).toBe(64);
    expect(row.truncated).toBe(false);
  });

  test('MRG-10: byte order is that of UTF-8, where U+FF5E comes before an emoji', () => {
    const row = history(
      [wide(0, 63), at(1)],
      [put({ '\u{1F600}': 1 }), at(2)],
      [put({ '\uFF5E': 1 }), at(3)],
    );
    expect(row.cells.has('\uFF5E')).toBe(true);
    expect(row.cells.has('\u{1F600}')).toBe(false);
  });

  property(
    'MRG-10: the flag is set exactly when the ops name more than 64 columns, in any order and split',
    10_000,
    many,
    fc.nat(4),
    (ops, cut) => {
      const named = new Set(ops.flatMap(({ op }) => (op.kind === 'put' ? [...op.cells.keys()] : [])));
      const row = mergeRows(rowOf(ops.slice(cut)), rowOf(ops.slice(0, cut)));
      expect(row.truncated).toBe(named.size > 64);
      expect([...row.cells.keys()].sort(compareText)).toEqual([...named].sort(compareText).slice(0, 64));
    },
  );

  test('MRG-10: a column beyond the bound that comes again is no change', () => {
    const row = history([wide(0, 64), at(1)]);
    expect(mergeOpInto(row, wide(64, 1), at(2))).toBe(true);
    expect(mergeOpInto(row, wide(64, 1), at(2))).toBe(false);
  });
});

describe('whether an op moved the row', () => {
  const moves = (row: RowState, op: Op, version: Version): boolean => mergeOpInto(copyRow(row), op, version);

  test('PULL-18: a write that loses or is known does not', () => {
    const row = history([put({ a: 'winner' }), at(5)]);
    expect(moves(row, put({ a: 'loser' }), at(4))).toBe(false);
    expect(moves(row, put({ a: 'winner' }), at(5))).toBe(false);
    expect(moves(history([del, at(3)]), del, at(2))).toBe(false);
    expect(moves(history([del, at(3)]), del, at(3))).toBe(false);
    expect(moves(history([restore, at(3)]), restore, at(2))).toBe(false);
  });

  test('PULL-18: whatever a later decision may rest on does, seen or not', () => {
    const row = history([put({ a: 1 }), at(5)]);
    expect(moves(row, put({ a: 1 }), at(6))).toBe(true);
    expect(moves(row, put({ a: 2 }), at(6))).toBe(true);
    expect(moves(row, put({ b: 2 }), at(1))).toBe(true);
    expect(moves(row, del, at(1))).toBe(true);
    expect(moves(row, restore, at(1))).toBe(true);
  });
});

test('MRG-9: the row follows from its ops alone: columns no schema knows are kept as they came', () => {
  const odd = put({ 'from the future': new Uint8Array([1, 2]), 7: [null, new Map([[1, 'x']])] as CborValue });
  const row = history([odd, at(1)]);
  expect(value(row, 'from the future')).toEqual(new Uint8Array([1, 2]));
  expect(value(row, '7')).toEqual([null, new Map([[1, 'x']])]);
});
