import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { decodeChangeset, type Op } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { asDeviceNumber, asStamp, type Version } from '../../src/format/stamp.ts';
import { type Draft, settleDraft } from '../../src/model/draft.ts';
import { mergeOp } from '../../src/model/merge.ts';
import { emptyRow, isLive, type RowState } from '../../src/model/row.ts';
import { property } from '../property.ts';
import { cellsOver, fewColumns, rowOf, type Written, writtenOn } from './arbitraries.ts';

const at = (stamp: number, device = 1): Version => ({
  stamp: asStamp(stamp),
  device: asDeviceNumber(device),
});
const put = (cells: Record<string, CborValue>, kind: 'put' | 'patch' = 'put', id = 'r'): Draft => ({
  kind,
  table: 't',
  id,
  cells: new Map(Object.entries(cells)),
});
const del: Draft = { kind: 'delete', table: 't', id: 'r' };
const restore: Draft = { kind: 'restore', table: 't', id: 'r' };
const nothing = (): undefined => undefined;
const settle = (...drafts: Draft[]): Op[] => settleDraft(drafts, nothing);

const drafts = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom<'put' | 'patch'>('put', 'patch'),
          cellsOver(fewColumns, 2),
          fc.constantFrom('r', 's'),
        )
        .map(([kind, cells, id]): Draft => ({ kind, table: 't', id, cells })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom<'delete' | 'restore'>('delete', 'restore'), fc.constantFrom('r', 's'))
        .map(([kind, id]): Draft => ({ kind, table: 't', id })),
    },
  ),
  { maxLength: 8 },
);

/** The same writes, each as a transaction of its own: what a person sees step by step. */
function oneByOne(before: RowState | undefined, steps: readonly Draft[]): RowState | undefined {
  let row = before;
  for (const [index, draft] of steps.entries()) {
    const op: Op =
      draft.kind === 'put' || draft.kind === 'patch'
        ? { kind: 'put', table: draft.table, id: draft.id, cells: draft.cells, seen: new Map() }
        : { kind: draft.kind, table: draft.table, id: draft.id };
    row = mergeOp(row, op, at(100 + index));
  }
  return row;
}

property(
  'MRG-6: the ops that are left make each row live or not, and of such values, as the writes would one by one',
  10_000,
  drafts,
  fc.array(writtenOn(cellsOver(fewColumns, 3)), { maxLength: 4 }),
  (steps, history: readonly Written[]) => {
    const startingRow = () => (history.length === 0 ? undefined : rowOf(history));
    const before = startingRow();
    const ops = settleDraft(steps, () => before);
    for (const id of ['r', 's']) {
      const expected =
        oneByOne(
          startingRow(),
          steps.filter((draft) => draft.id === id),
        ) ?? emptyRow();
      let row = startingRow();
      for (const op of ops) if (op.id === id) row = mergeOp(row, op, at(100));
      const found = row ?? emptyRow();
      expect(isLive(found)).toBe(isLive(expected));
      if (isLive(expected)) {
        const values = (state: RowState): unknown =>
          [...state.cells].map(([name, { value }]) => [name, value]).sort();
        expect(values(found)).toEqual(values(expected));
      }
    }
  },
);

property(
  'MRG-6: what is left holds no two ops of one row that contradict each other, and is a changeset that can be encoded',
  5000,
  drafts,
  (steps) => {
    const ops = settleDraft(steps, nothing);
    for (const id of ['r', 's']) {
      const kinds = ops.filter((op) => op.id === id).map(({ kind }) => kind);
      expect(new Set(kinds).size).toBe(kinds.length);
      if (kinds.includes('delete')) expect(kinds).toEqual(['delete']);
    }
    if (ops.length > 0) {
      const stamp = asStamp(7);
      expect(decodeChangeset(encodeChangeset({ stamp, ops })).ops).toHaveLength(ops.length);
    }
  },
);

describe('the last op decides', () => {
  test('MRG-6: of a cell', () => {
    expect(settle(put({ a: 1, b: 1 }), put({ a: 2 }, 'patch'))).toEqual([
      {
        kind: 'put',
        table: 't',
        id: 'r',
        cells: new Map([
          ['a', 2],
          ['b', 1],
        ]),
        seen: new Map(),
      },
    ]);
  });

  test('MRG-6: of a row: put then deleted is deleted, deleted then put is put', () => {
    expect(settle(put({ a: 1 }), del)).toEqual([del]);
    expect(settle(del, put({ a: 1 })).map(({ kind }) => kind)).toEqual(['put']);
    expect(settle(del, restore)).toEqual([restore]);
    expect(settle(restore, del)).toEqual([del]);
    expect(settle(put({ a: 1 }), del, restore).map(({ kind }) => kind)).toEqual(['put', 'restore']);
  });

  test('an empty patch is nothing; a put of a row without columns makes it live', () => {
    expect(settle(put({}, 'patch'))).toEqual([]);
    expect(settle(del, put({}, 'patch'))).toEqual([del]);
    expect(settle(put({}))).toEqual([restore]);
    expect(settle(del, put({}))).toEqual([restore]);
  });
});

test('MRG-11: each cell carries the version of the value it replaces, and none where there was none', () => {
  const row = rowOf([
    {
      op: {
        kind: 'put',
        table: 't',
        id: 'r',
        cells: new Map([
          ['a', 1],
          ['x', 1],
        ]),
        seen: new Map(),
      },
      version: at(3, 2),
    },
  ]);
  const [op] = settleDraft([put({ a: 2, b: 2 })], () => row);
  expect(op.kind === 'put' ? op.seen : null).toEqual(new Map([['a', at(3, 2)]]));
});

test('MRG-13: a 65th column of a row is refused, also when the others came from elsewhere', () => {
  const cells = new Map(Array.from({ length: 63 }, (_, index): [string, number] => [`c${index}`, index]));
  const row = rowOf([{ op: { kind: 'put', table: 't', id: 'r', cells, seen: new Map() }, version: at(1) }]);
  expect(settleDraft([put({ c0: 1, new: 1 })], () => row)).toHaveLength(1);
  expect(() => settleDraft([put({ new: 1, newer: 1 })], () => row)).toThrow(CairnError);
});
