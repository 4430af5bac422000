/** The rows of a store: the memory table above a base that is read on demand. */
import { expect, test } from 'vitest';
import type { Op } from '../../src/format/changeset.ts';
import { pageName } from '../../src/format/page-name.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { mergeOpInto } from '../../src/model/merge.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import { Away } from '../../src/store/away.ts';
import type { BaseReader } from '../../src/store/base.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import { Rows } from '../../src/store/rows.ts';

const one = asDeviceNumber(1);
const put = (id: string, cells: Record<string, number>): Op => ({
  kind: 'put',
  table: 'a',
  id,
  cells: new Map(Object.entries(cells)),
  seen: new Map(),
});

/** Rows above a base of two, `w` and `x`, and how often each was read there. */
async function aboveBase(): Promise<{ rows: Rows; reads: string[] }> {
  const base = new Map<string, RowState>();
  const stored: [string, Record<string, number>][] = [
    ['w', { n: 9 }],
    ['x', { n: 1, m: 1 }],
  ];
  for (const [id, cells] of stored) {
    const row = emptyRow();
    mergeOpInto(row, put(id, cells), { stamp: makeStamp(10, 0), device: one });
    base.set(id, row);
  }
  const reads: string[] = [];
  const reader: BaseReader = {
    rows: async (_, ids) => {
      reads.push(...ids);
      return ids.map((id) => base.get(id) ?? null);
    },
    async *scan() {
      yield [...base];
    },
    async *keys() {
      yield [];
    },
  };
  const rows = new Rows(async () => () => reader);
  const root = { name: pageName(new Uint8Array(32)), height: 0, entries: 2 };
  const resting = { boundary: 1, tables: new Map([['a', root]]), indexes: new Map() };
  await rows.ready(resting);
  rows.rest(resting);
  return { rows, reads };
}

function apply(rows: Rows, ms: number, position: number, ...ops: Op[]): string[] {
  const changed = new ChangedRows();
  rows.apply({ stamp: makeStamp(ms, 0), ops }, one, position, changed);
  return changed.keys().map(([, id]) => id);
}

const cellsOf = (row: RowState | undefined) =>
  row && Object.fromEntries([...row.cells].map(([name, { value }]) => [name, value]));

test('STORE-9: merging reads nothing of the base; whoever asks for the row waits for it once', async () => {
  const { rows, reads } = await aboveBase();
  apply(rows, 5, 2, put('x', { n: 2, k: 2 }));
  apply(rows, 20, 3, put('b', { n: 3 }));
  expect(reads).toEqual([]);
  expect(() => rows.get('a', 'x')).toThrow(Away);
  expect(cellsOf(await rows.read(() => rows.get('a', 'x')))).toEqual({ n: 1, m: 1, k: 2 });
  expect(cellsOf(await rows.read(() => rows.get('a', 'b')))).toEqual({ n: 3 });
  expect(cellsOf(await rows.read(() => rows.get('a', 'w')))).toEqual({ n: 9 });
  expect(await rows.read(() => rows.get('a', 'none'))).toBeUndefined();
  expect(cellsOf(rows.get('a', 'x'))).toEqual({ n: 1, m: 1, k: 2 });
  expect(reads).toEqual(['x', 'b', 'w', 'none']);
});

test('PULL-18: once a row is at hand, a write that loses to the base changes nothing', async () => {
  const { rows } = await aboveBase();
  await rows.bring([['a', 'w']]);
  expect(apply(rows, 5, 2, put('w', { n: 1 }))).toEqual([]);
  expect(apply(rows, 15, 3, put('w', { n: 1 }))).toEqual(['w']);
  expect(cellsOf(rows.get('a', 'w'))).toEqual({ n: 1 });
});

test('STORE-4: all rows come in order, as they were when asked for, whatever is written meanwhile', async () => {
  const { rows } = await aboveBase();
  apply(rows, 20, 2, put('b', { n: 3 }));
  apply(rows, 20, 3, put('x', { m: 4 }));
  const all = rows.all();
  apply(rows, 30, 4, put('b', { n: 5 }));
  apply(rows, 30, 5, put('z', { n: 6 }));
  const seen: unknown[] = [];
  for await (const [table, id, row] of all) seen.push([table, id, cellsOf(row)]);
  expect(seen).toEqual([
    ['a', 'b', { n: 3 }],
    ['a', 'w', { n: 9 }],
    ['a', 'x', { n: 1, m: 4 }],
  ]);
});

test('STORE-4: rows that a new base holds leave the memory table, those written since stay', async () => {
  const { rows } = await aboveBase();
  apply(rows, 20, 2, put('b', { n: 3 }));
  apply(rows, 20, 3, put('c', { n: 4 }));
  const { base } = rows;
  rows.rest({ ...base, boundary: 2 });
  expect(rows.above.ids('a')).toEqual(['c']);
  expect(rows.movedSince(1, { rows: [['a', 'b']], tables: [] })).toBe(true);
  expect(rows.movedSince(2, { rows: [['a', 'b']], tables: [] })).toBe(false);
});
