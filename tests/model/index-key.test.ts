import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareText, utf8Length } from '../../src/format/bytes.ts';
import { limits } from '../../src/limits.ts';
import {
  groupOf,
  groupsOfPrefix,
  groupWith,
  idOf,
  indexKey,
  isCut,
  longestIndexKey,
} from '../../src/model/index-key.ts';
import { type Comparable, compareValues } from '../../src/model/query.ts';
import { isWellFormed } from '../../src/model/schema.ts';
import { property } from '../property.ts';
import { nastyIds, nastyTexts, nastyValues } from './nasty-values.ts';

const tuples = fc.integer({ min: 1, max: limits.columnsPerIndex }).chain((columns) =>
  fc.tuple(
    fc.array(nastyValues, { minLength: columns, maxLength: columns }),
    fc.array(nastyValues, { minLength: columns, maxLength: columns }),
    // Tuples that have much in common are those that tell.
    fc.integer({ min: 0, max: columns }),
  ),
);

function compareTuples(a: readonly Comparable[], b: readonly Comparable[]): number {
  for (const [at, value] of a.entries()) {
    const order = compareValues(value, b[at] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** The most characters that a text has among the values; text of more than 64 may be cut. */
const isLong = (value: Comparable): boolean => typeof value === 'string' && Array.from(value).length > 64;

describe('order', () => {
  property(
    'STORE-13: the order of keys is that of values, then of ids; rows of one cut group share it',
    4000,
    tuples,
    nastyIds,
    nastyIds,
    ([a, other, shared], x, y) => {
      const b = [...a.slice(0, shared), ...other.slice(shared)];
      const [p, q] = [indexKey(a, x), indexKey(b, y)];
      const values = compareTuples(a, b);
      if (groupOf(p) !== groupOf(q)) {
        expect(Math.sign(compareText(p, q))).toBe(Math.sign(values));
        expect(values).not.toBe(0);
        // No group begins with another.
        expect(groupOf(p).startsWith(groupOf(q))).toBe(false);
      } else if (isCut(groupOf(p))) {
        const cut = a.findIndex(isLong);
        expect(compareTuples(a.slice(0, cut), b.slice(0, cut))).toBe(0);
        const [s, t] = [a[cut], b[cut]].map((text) => Array.from(String(text)).slice(0, 64).join(''));
        expect(s).toBe(t);
      } else {
        expect(values).toBe(0);
        expect(Math.sign(compareText(p, q))).toBe(Math.sign(compareText(x, y)));
      }
    },
  );

  test.each<[string, readonly Comparable[]]>([
    ['of all kinds', [null, false, true, -1, 0, 1, '', 'a']],
    [
      'numbers',
      [
        Number.NEGATIVE_INFINITY,
        -Number.MAX_VALUE,
        -8.64e15,
        Number.MIN_SAFE_INTEGER,
        -129,
        -128,
        -127,
        -2,
        -1.5,
        -1,
        -0.1,
        -Number.MIN_VALUE,
        0,
        Number.MIN_VALUE,
        0.1,
        0.2,
        0.3,
        0.1 + 0.2,
        1,
        1.5,
        2,
        9,
        10,
        64,
        100,
        2 ** 31,
        2 ** 32,
        1.7e12,
        Number.MAX_SAFE_INTEGER,
        Number.MAX_VALUE,
        Number.POSITIVE_INFINITY,
      ].sort((a, b) => a - b),
    ],
    [
      'texts',
      [
        '',
        '\0',
        '\0\0',
        '\0a',
        '\x01',
        '\t',
        '\n',
        '\v',
        '\f',
        '\f0',
        '\r',
        ' ',
        '!',
        '~',
        '~~',
        '\uD7FF',
        '\uE000',
        '\uFFFF',
        '\u{10000}',
        '😀',
        '\u{10FFFF}',
      ],
    ],
  ])('%s stand one after the other, whatever the ids', (_, values) => {
    const groups = values.map((value) => indexKey([value, 'z'], '\u{10FFFF}'));
    expect([...groups].sort(compareText)).toEqual(groups);
    expect(new Set(groups.map((key) => groupOf(key))).size).toBe(values.length);
  });

  test('0 and -0 are equal', () => {
    expect(indexKey([-0], 'a')).toBe(indexKey([0], 'a'));
  });

  test('texts of up to 64 characters are whole, longer ones share the group of their first 64, never half a character', () => {
    const start = '😀'.repeat(64);
    expect(isCut(groupWith('', start))).toBe(false);
    expect(isCut(groupWith('', `${start}a`))).toBe(true);
    expect(groupWith('', `${start}a`)).toBe(groupWith('', `${start}😀`));
    expect(groupWith('', `${start}a`)).not.toBe(groupWith('', start));
    expect(isWellFormed(groupWith('', `${start}a`))).toBe(true);
    // What stands behind a cut text tells nothing: rows of other long texts stand between.
    expect(indexKey([`${start}b`, 1], 'x')).toBe(indexKey([`${start}a`, 2], 'x'));
  });
});

describe('size', () => {
  property(
    'STORE-13: a key is well-formed text and bounded, far below 4 KiB',
    2000,
    tuples,
    nastyIds,
    ([values], id) => {
      const key = indexKey(values, id);
      expect(isWellFormed(key)).toBe(true);
      expect(utf8Length(key)).toBeLessThanOrEqual(longestIndexKey);
    },
  );

  test('the longest key is as long as the bound', () => {
    const text = '😀'.repeat(64);
    const key = indexKey([text, text, text, text], 'i'.repeat(limits.rowIdBytes));
    expect(utf8Length(key)).toBe(longestIndexKey);
    expect(longestIndexKey).toBeLessThan(2048);
  });

  test.each<[string, Comparable, number]>([
    ['null', null, 1],
    ['a boolean', true, 1],
    ['0', 0, 2],
    ['1', 1, 3],
    ['2', 2, 3],
    ['127', 127, 4],
    ['-1', -1, 3],
    ['-5', -5, 4],
    ['a half', 0.5, 3],
    ['a day', Date.UTC(2026, 10, 21), 8],
    ['a moment', Date.UTC(2026, 10, 21) + 12_345_679, 10],
    ['a third', 1 / 3, 12],
    ['an id', '01JD5T2V8Q0000000000000000', 28],
  ])('%s takes few bytes', (_, value, bytes) => {
    expect(utf8Length(groupWith('', value))).toBeLessThanOrEqual(bytes);
    expect(utf8Length(indexKey([value], 'id'))).toBeLessThanOrEqual(bytes + 3);
  });
});

describe('parts', () => {
  property(
    'STORE-13: a key gives back its group, that of its first columns, and its id',
    3000,
    tuples,
    nastyIds,
    ([values], id) => {
      const key = indexKey(values, id);
      expect(idOf(key)).toBe(id);
      for (const columns of values.keys()) {
        const group = values.slice(0, columns).reduce(groupWith, '');
        expect(groupOf(key, columns)).toBe(group);
        expect(key.startsWith(group)).toBe(true);
      }
      const whole = values.reduce(groupWith, '');
      expect(groupOf(key)).toBe(whole);
      expect(groupOf(key, values.length)).toBe(whole);
      expect(isCut(whole)).toBe(values.some(isLong));
    },
  );

  property(
    'STORE-13: the groups of texts that start with a prefix are those that start with its own',
    3000,
    nastyTexts,
    nastyTexts,
    fc.nat(70),
    (a, b, length) => {
      const prefix = Array.from(a).slice(0, length).join('');
      const groups = groupsOfPrefix('!', prefix);
      for (const text of [a, b, prefix + b]) {
        if (text.startsWith(prefix)) expect(groupWith('!', text).startsWith(groups)).toBe(true);
        else if (length <= 64) expect(groupWith('!', text).startsWith(groups)).toBe(false);
      }
    },
  );

  test('what is no key has parts all the same', () => {
    for (const text of ['', '~', 'x', '~abc', '5', '!']) {
      expect(text.startsWith(groupOf(text))).toBe(true);
      expect(idOf(text)).toBe('');
    }
  });
});
