import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { type Bytes, equal } from '../../src/format/bytes.ts';
import { Page, type PageEntry } from '../../src/format/page.ts';
import { encodePage } from '../../src/format/page-writing.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import { plainRow } from '../model/arbitraries.ts';
import { property } from '../property.ts';
import { pageRows, rowIds, shuffled } from './page-rows.ts';

const plain = (entries: readonly PageEntry[]): unknown =>
  entries.map(([id, row]) => [id, plainRow({ ...row, cells: new Map(row.cells) })]);

property('STORE-7: what is packed comes back, all at once and row by row', 500, pageRows, (entries) => {
  const page = new Page(encodePage('items', entries));
  expect(page.table).toBe('items');
  expect(page.count).toBe(entries.length);
  expect(plain(page.entries())).toEqual(plain(entries));
  entries.forEach(([id, row], at) => {
    expect(page.idAt(at)).toBe(id);
    expect(plain([[id, page.row(at)]])).toEqual(plain([[id, row]]));
  });
});

property(
  'a row is found by its id, and one that is not here is not',
  500,
  pageRows,
  rowIds,
  (entries, other) => {
    const page = new Page(encodePage('t', entries));
    for (const [at, [id]] of entries.entries()) expect(page.find(id)).toBe(at);
    if (!entries.some(([id]) => id === other)) expect(page.find(other)).toBe(-1);
  },
);

property(
  'STORE-6: its bytes follow from the rows alone, in whatever order their cells were written',
  300,
  pageRows,
  (entries) => {
    const bytes = encodePage('t', entries);
    expect(
      equal(
        encodePage(
          't',
          entries.map(([id, row]) => [id, shuffled(row)]),
        ),
        bytes,
      ),
    ).toBe(true);
    expect(equal(encodePage('t', new Page(bytes).entries()), bytes)).toBe(true);
  },
);

property(
  'bytes that were tampered with are refused, or are other rows; nothing else is thrown, and little is allocated',
  1500,
  pageRows,
  fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
  fc.nat(),
  (entries, changes, cut) => {
    const bytes = encodePage('t', entries);
    const bad = bytes.slice(0, cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length) as Bytes;
    for (const [at, value] of changes) if (bad.length > 0) bad[at % bad.length] = value;
    try {
      const page = new Page(bad);
      page.find('b');
      const read = page.entries();
      for (let at = 0; at < page.count; at++) page.row(at);
      // What can be read is a page of rows, if not the ones that were packed.
      expect(new Page(encodePage(page.table, read)).count).toBe(page.count);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CairnError);
      if (thrown instanceof CairnError) expect(thrown.code).toBe('malformed');
    }
  },
);

describe('sizes', () => {
  const version = (stamp: number) => ({ stamp: asStamp(stamp), device: asDeviceNumber(1) });
  const row = (value: string, stamp: number): RowState => ({
    ...emptyRow(),
    cells: new Map(['note', 'title'].map((name) => [name, { value, version: version(stamp) }])),
  });

  test('a row that was written at once costs three bytes for its version, its shape and its flags besides the index', () => {
    const entries = (count: number): PageEntry[] =>
      Array.from({ length: count }, (_, i) => [`id${String(i).padStart(4, '0')}`, row('abc', 2 ** 52)]);
    const size = (count: number): number => encodePage('t', entries(count)).length;
    // Index 4; id 1 + 6; shape 1, flags 1, device 1, stamp 1; two values of 1 + 3.
    expect(size(20) - size(10)).toBe(10 * (4 + 7 + 4 + 8));
  });

  test('a row larger than a page travels alone; more than a page holds is refused', () => {
    const value = 'é'.repeat(15_000);
    const names = Array.from({ length: 10 }, (_, i) => `column${i}`);
    const large: RowState = {
      ...emptyRow(),
      cells: new Map(names.map((name) => [name, { value, version: version(1) }])),
    };
    const page = new Page(encodePage('t', [['a', large]]));
    expect(plain([['a', page.row(0)]])).toEqual(plain([['a', large]]));
    expect(() =>
      encodePage('t', [
        ['a', large],
        ['b', large],
      ]),
    ).toThrow(CairnError);
    expect(new Page(encodePage('t', [])).entries()).toEqual([]);
  });
});
