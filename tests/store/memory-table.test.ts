import { expect, test } from 'vitest';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import { Rows } from '../../src/store/rows.ts';

const one = asDeviceNumber(1);
const put = (table: string, id: string, cells: Record<string, number>): Op => ({
  kind: 'put',
  table,
  id,
  cells: new Map(Object.entries(cells)),
  seen: new Map(),
});

function apply(table: Rows, ms: number, position: number, ...ops: Op[]): ChangedRows {
  const changed = new ChangedRows();
  table.apply({ stamp: makeStamp(ms, 0), ops }, one, position, changed);
  return changed;
}

test('PULL-18: exactly the rows whose state changed are named, each once; a write that loses is not', () => {
  const table = new Rows();
  expect(apply(table, 10, 1, put('a', 'x', { n: 1 }), put('b', 'x', { n: 1 })).keys()).toEqual([
    ['a', 'x'],
    ['b', 'x'],
  ]);
  expect(apply(table, 5, 2, put('a', 'x', { n: 2 })).keys()).toEqual([]);
  expect(apply(table, 10, 3, put('a', 'x', { n: 1 })).keys()).toEqual([]);
  expect(apply(table, 5, 4, put('a', 'x', { m: 2 })).keys()).toEqual([['a', 'x']]);
  const twice = apply(table, 20, 5, { kind: 'delete', table: 'a', id: 'x' }, put('a', 'x', { n: 3 }));
  expect(twice.keys()).toEqual([['a', 'x']]);
});

test('STORE-2: a row or table has moved since a position exactly if a later record changed it', () => {
  const table = new Rows();
  apply(table, 10, 1, put('a', 'x', { n: 1 }));
  apply(table, 20, 2, put('a', 'y', { n: 1 }));
  apply(table, 15, 3, put('a', 'x', { n: 2 }));
  apply(table, 1, 4, put('a', 'x', { n: 0 }));
  const x = { rows: [['a', 'x'] as const], tables: [] };
  const y = { rows: [['a', 'y'] as const], tables: [] };
  const all = { rows: [], tables: ['a'] };
  const absent = { rows: [['a', 'z'] as const, ['b', 'x'] as const], tables: ['b'] };
  expect([0, 1, 2, 3].map((position) => table.movedSince(position, x))).toEqual([true, true, true, false]);
  expect([0, 1, 2, 3].map((position) => table.movedSince(position, y))).toEqual([true, true, false, false]);
  expect([0, 1, 2, 3].map((position) => table.movedSince(position, all))).toEqual([true, true, true, false]);
  expect(table.movedSince(0, absent)).toBe(false);
});
