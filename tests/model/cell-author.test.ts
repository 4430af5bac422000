import { expect, test } from 'vitest';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { cellAuthors, type Holders } from '../../src/model/cell-author.ts';
import { emptyRow } from '../../src/model/row.ts';

const self = asDeviceNumber(1);
const other = asDeviceNumber(2);
const third = asDeviceNumber(3);
const early = makeStamp(1_000, 0);
const late = makeStamp(2_000, 0);

const row = emptyRow();
row.cells.set('title', { value: 'Rope', version: { stamp: early, device: self } });
row.cells.set('note', { value: 'long', version: { stamp: late, device: self } });
row.cells.set('done', { value: true, version: { stamp: early, device: other } });

const known: Holders = { self, unsent: new Set(), doubtful: new Set(), haveUpTo: new Map() };

test('APP-6: each cell names the device that wrote it, and when', () => {
  expect(cellAuthors(row, known).map(({ column, device, at }) => [column, device, at])).toEqual([
    ['title', 1, 1_000],
    ['note', 1, 2_000],
    ['done', 2, 1_000],
  ]);
});

test('APP-2: an own value is where it was acknowledged and where devices have it, by what each has said; an unsent one nowhere else', () => {
  const holders: Holders = {
    ...known,
    unsent: new Set([late]),
    haveUpTo: new Map([
      [other, early],
      [third, early - 1],
    ]),
  };
  expect(cellAuthors(row, holders).map(({ onRelay, onDevices }) => [onRelay, onDevices])).toEqual([
    [true, [2]],
    [false, []],
    [true, [2]],
  ]);
});

test('APP-8: what the relay may have lost it is not said to have', () => {
  const doubtful: Holders = { ...known, doubtful: new Set([self]) };
  expect(cellAuthors(row, doubtful).map(({ onRelay }) => onRelay)).toEqual([null, null, true]);
});
