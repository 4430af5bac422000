import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDifference, difference, isEmptyDifference } from '../../src/model/difference.ts';
import { property } from '../property.ts';

interface Item {
  readonly id: string;
  readonly value: unknown;
}
const rows = (text: string): Item[] => [...text].map((id) => ({ id, value: 0 }));

const lists = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...'abcdefghij'),
    value: fc.constantFrom<unknown>(1, 2, [1], { k: [null] }),
  }),
  { selector: ({ id }) => id },
);

/** The most rows that could stay where they are, by trying all sets of rows that could. */
function mostStaying(before: readonly Item[], after: readonly Item[]): number {
  const same = after.flatMap((row) => {
    const place = before.findIndex((old) => old.id === row.id && JSON.stringify(old) === JSON.stringify(row));
    return place < 0 ? [] : [place];
  });
  let most = 0;
  for (let set = 0; set < 1 << same.length; set++) {
    const chosen = same.filter((_, index) => (set >> index) & 1);
    if (chosen.every((place, index) => index === 0 || chosen[index - 1] < place))
      most = Math.max(most, chosen.length);
  }
  return most;
}

property(
  'applying the difference to the list before gives the list after',
  10_000,
  lists,
  lists,
  (before, after) => {
    expect(applyDifference(before, difference(before, after))).toEqual(after);
  },
);

property(
  'a difference is minimal: exactly the rows that went, and no more rows sent than must be',
  2000,
  lists,
  lists,
  (before, after) => {
    const { removed, changed } = difference(before, after);
    const now = new Set(after.map(({ id }) => id));
    expect(removed).toEqual(before.map(({ id }) => id).filter((id) => !now.has(id)));
    expect(changed.length).toBe(after.length - mostStaying(before, after));
    const indexes = changed.map(([index]) => index);
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
  },
);

describe('by example', () => {
  test('nothing changed is nothing sent, though every row is a new object', () => {
    const found = difference(rows('abc'), structuredClone(rows('abc')));
    expect(found).toEqual({ removed: [], changed: [] });
    expect(isEmptyDifference(found)).toBe(true);
  });

  test('a row moved from last to first is one row sent, not all that it passed', () => {
    expect(difference(rows('abcde'), rows('eabcd')).changed).toEqual([[0, { id: 'e', value: 0 }]]);
  });

  test('a row that went is named once and sends no row', () => {
    expect(difference(rows('abc'), rows('ac'))).toEqual({ removed: ['b'], changed: [] });
  });

  test('rows that stay keep their identity, so that a view need not draw them again', () => {
    const before = rows('abc');
    const after = applyDifference(
      before,
      difference(before, [...rows('a'), { id: 'b', value: 9 }, ...rows('c')]),
    );
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(applyDifference(before, { removed: [], changed: [] })).toBe(before);
  });

  test('JSON is compared by content', () => {
    const of = (value: unknown): Item[] => [{ id: 'a', value }];
    expect(difference(of({ k: [1, { l: 2 }] }), of({ k: [1, { l: 2 }] })).changed).toEqual([]);
    expect(difference(of([1, 2]), of([1])).changed.length).toBe(1);
    expect(difference(of([]), of({})).changed.length).toBe(1);
    expect(difference(of(null), of(undefined)).changed.length).toBe(1);
  });
});
