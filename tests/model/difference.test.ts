import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyDifference,
  type Coming,
  differenceOf,
  isEmptyDifference,
  sameRow,
} from '../../src/model/difference.ts';
import { property } from '../property.ts';

/** The list after, by its definition: at each place first what comes there, then the row of the place unless it is gone. */
function after(
  before: readonly string[],
  gone: readonly number[],
  coming: readonly Coming<string>[],
): string[] {
  const at = (place: number): string[] => coming.flatMap(([to, row]) => (to === place ? [row] : []));
  const rows = before.flatMap((row, place) => [...at(place), ...(gone.includes(place) ? [] : [row])]);
  return [...rows, ...at(before.length)];
}

const change = fc.nat(12).chain((length) =>
  fc.record({
    before: fc.constant([...'abcdefghijkl'].slice(0, length)),
    gone: fc.subarray([...Array(length).keys()]),
    coming: fc
      .array(fc.nat(length), { maxLength: 8 })
      .map((places) =>
        places.sort((a, b) => a - b).map((place, number): Coming<string> => [place, `${number}`]),
      ),
  }),
);

property(
  'applying a difference takes out what is gone and puts what comes before the rows that had its places',
  10_000,
  change,
  ({ before, gone, coming }) => {
    expect(applyDifference(before, differenceOf(gone, coming))).toEqual(after(before, gone, coming));
  },
);

property(
  'a difference says what is gone and what comes once each, in runs that do not touch, and nothing else',
  2000,
  change,
  ({ gone, coming }) => {
    const { removed, added } = differenceOf(gone, coming);
    expect(removed.flatMap(([at, count]) => [...Array(count).keys()].map((i) => at + i))).toEqual(gone);
    expect(added.flatMap(([, rows]) => rows)).toEqual(coming.map(([, row]) => row));
    for (const [i, [at]] of removed.entries()) {
      const [last, count] = removed[i - 1] ?? [-2, 1];
      expect(at).toBeGreaterThan(last + count);
    }
    for (const [i, [at]] of added.entries()) {
      const [last, rows] = added[i - 1] ?? [-2, ['']];
      expect(at).toBeGreaterThan(last + rows.length);
    }
    expect(isEmptyDifference({ removed, added })).toBe(gone.length + coming.length === 0);
  },
);

describe('by example', () => {
  test('a piece that goes at the end is one run', () => {
    expect(
      differenceOf(
        [],
        [
          [3, 'd'],
          [3, 'e'],
        ],
      ),
    ).toEqual({ removed: [], added: [[3, ['d', 'e']]] });
  });

  test('a row moved from last to first is one row sent, not all that it passed', () => {
    const found = differenceOf([4], [[0, 'e']]);
    expect(found).toEqual({ removed: [[4, 1]], added: [[0, ['e']]] });
    expect(applyDifference([...'abcde'], found)).toEqual([...'eabcd']);
  });

  test('any number of runs can be applied', () => {
    const before = Array.from({ length: 400_000 }, (_, i) => i);
    const even = before.filter((i) => i % 2 === 0);
    const left = applyDifference(before, differenceOf(even, []));
    expect(left.length).toBe(200_000);
    const again = differenceOf(
      [],
      even.map((row): Coming<number> => [row / 2, row]),
    );
    expect(applyDifference(left, again)).toEqual(before);
  });

  test('rows that stay keep their identity, so that a view need not draw them again', () => {
    const before = [...'abc'].map((id) => ({ id }));
    const now = applyDifference(before, differenceOf([1], [[1, { id: 'b' }]]));
    expect(now[0]).toBe(before[0]);
    expect(now[1]).not.toBe(before[1]);
    expect(now[2]).toBe(before[2]);
  });

  test('JSON is compared by content', () => {
    const same = (a: unknown, b: unknown): boolean => sameRow({ id: 'a', value: a }, { id: 'a', value: b });
    expect(same({ k: [1, { l: 2 }] }, { k: [1, { l: 2 }] })).toBe(true);
    expect(same([1, 2], [1])).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, undefined)).toBe(false);
  });
});
