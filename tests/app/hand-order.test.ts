import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBehind, keysBetween, keysForMove, type Ordered } from '../../src/app/hand-order.ts';
import { keyAtEnd, keyOfTime } from '../../src/app/order-key.ts';
import { compareText } from '../../src/format/bytes.ts';
import { property } from '../property.ts';

const inOrder = (a: Ordered, b: Ordered): number => compareText(a.order, b.order) || compareText(a.id, b.id);
const ids = (rows: readonly Ordered[]): string[] => rows.map(({ id }) => id);

/** Moves row `from` so that it becomes row `to`, as the app does, and gives the rows in their new order. */
function moved(rows: readonly Ordered[], from: number, to: number): { rows: Ordered[]; written: number } {
  const row = rows[from];
  if (row === undefined) throw new Error('no such row');
  const keys = keysForMove(
    rows.filter((other) => other !== row),
    to,
    row,
  );
  const written = new Map(keys.map(({ id, order }) => [id, order]));
  return {
    rows: rows.map(({ id, order }) => ({ id, order: written.get(id) ?? order })).sort(inOrder),
    written: written.size,
  };
}

// Keys as the app makes them, none at all, and what any other app may have written.
const orders = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map(keyOfTime),
  fc.constantFrom('', 'a0', 'a0V', 'Zz', 'zzz!', 'é', 'a', '0'),
  fc.string({ maxLength: 4 }),
);
const lists = fc
  .array(orders, { minLength: 1, maxLength: 12 })
  .map((all) =>
    all.map((order, index) => ({ id: `row${String(index).padStart(2, '0')}`, order })).sort(inOrder),
  );

property(
  'a row moved by hand stands where it was put and the others keep their order, whatever keys they had',
  500,
  lists,
  fc.nat(),
  fc.nat(),
  (rows, a, b) => {
    const [from, to] = [a % rows.length, b % rows.length];
    const expected = ids(rows);
    expected.splice(to, 0, ...expected.splice(from, 1));
    expect(ids(moved(rows, from, to).rows)).toEqual(expected);
  },
);

test('a move among rows that the app wrote is one key, and a thousand moves to one place keep it short', () => {
  let rows: Ordered[] = Array.from({ length: 50 }, (_, index) => ({
    id: `row${index}`,
    order: keyOfTime(1_800_000_000_000 + index),
  }));
  for (let step = 0; step < 1000; step++) {
    const after = moved(rows, 49, 1);
    expect(after.written).toBe(1);
    rows = after.rows;
  }
  expect(Math.max(...rows.map(({ order }) => order.length))).toBeLessThan(300);
});

test('keys of time rise with the time, and stand behind the greatest key that is there', async () => {
  const times = [0, 1, 61, 62, 1_795_000_000_000, 1_795_000_000_001, 3_500_000_000_000];
  const keys = times.map(keyOfTime);
  expect([...keys].sort(compareText)).toEqual(keys);
  const now = 1_795_000_000_000;
  expect(await keyAtEnd('', now)).toBe(keyOfTime(now));
  expect(await keyAtEnd(keyOfTime(now - 1), now)).toBe(keyOfTime(now));
  // A clock that is a day ahead wrote the last one.
  const ahead = keyOfTime(now + 86_400_000);
  expect(compareText(await keyAtEnd(ahead, now), ahead)).toBe(1);
  expect(await keyAtEnd('zzzz no key', now)).toBe(keyOfTime(now));
  expect(keyBehind('a0', 'x')).toBe('a1');
});

test('keys between two moments are as many as asked for, in order, and between them', () => {
  const [from, to] = [keyOfTime(1_795_000_000_000), keyOfTime(1_795_000_000_001)];
  const keys = keysBetween(from, to, 500);
  expect(new Set(keys).size).toBe(500);
  expect([from, ...keys, to].sort(compareText)).toEqual([from, ...keys, to]);
});
