import { describe, expect, test } from 'vitest';
import { makeRowId, rowIds } from '../../src/client/row-id.ts';

/** Random bytes that a test can set: every byte is `value`. */
function constant(value: number) {
  return (bytes: Uint8Array<ArrayBuffer>): void => {
    bytes.fill(value);
  };
}

describe('row ids', () => {
  test('STORE-13: an id is 26 characters of the sortable alphabet and fits the limit of a row id', () => {
    expect(makeRowId()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  test('STORE-13: the layout is 48 bits of milliseconds above 80 random bits, as the ULID specification has it', () => {
    const make = rowIds(() => 1469922850259, constant(0xff));
    expect(make()).toBe(`${encode(1469922850259)}${'Z'.repeat(16)}`);
  });

  test('STORE-13: ids sort by the millisecond in which they were made', () => {
    let now = 1_700_000_000_000;
    const make = rowIds(() => now, constant(7));
    const ids = Array.from({ length: 200 }, () => {
      now += 997;
      return make();
    });
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('STORE-13: ids of one millisecond rise in the order in which they were made', () => {
    const make = rowIds(() => 1_700_000_000_000, constant(0));
    const ids = Array.from({ length: 1000 }, make);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('STORE-13: a clock set back, and random bits that are all ones, make no smaller and no equal id', () => {
    const times = [5_000, 4_000, 3_000, 5_000, 5_001];
    const make = rowIds(() => times.shift() ?? 0, constant(0xff));
    const ids = Array.from({ length: 5 }, make);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(5);
  });
});

/** Base 32 by long division, the slow and plain way. */
function encode(ms: number): string {
  let rest = BigInt(ms);
  let text = '';
  for (let i = 0; i < 10; i += 1) {
    text = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(Number(rest % 32n)) + text;
    rest /= 32n;
  }
  return text;
}
