import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import { isWellFormed } from '../../src/model/schema.ts';
import { behind, endOf, meet, startingWith, wellFormedStart } from '../../src/model/text-range.ts';
import { property } from '../property.ts';
import { nastyTexts } from './nasty-values.ts';

const isIn = ({ from, to }: { from: string; to: string | null }, text: string): boolean =>
  compareText(from, text) <= 0 && (to === null || compareText(text, to) < 0);

describe('ranges of text', () => {
  property(
    'STORE-13: what starts with a text is a range, and no text lies between one and what is behind it',
    3000,
    nastyTexts,
    nastyTexts,
    (a, b) => {
      for (const text of [a, b, a + b]) {
        expect(isIn(startingWith(a), text)).toBe(text.startsWith(a));
        expect(isIn({ from: a, to: behind(a) }, text)).toBe(text === a);
      }
      expect(isWellFormed(endOf(a) ?? '')).toBe(true);
    },
  );

  property(
    'STORE-13: a text is in two ranges if it is in that where they meet',
    3000,
    fc.array(fc.option(nastyTexts), { minLength: 2, maxLength: 2 }),
    fc.array(nastyTexts, { minLength: 3, maxLength: 3 }),
    (ends, [x = '', y = '', text = '']) => {
      const [a, b] = [
        { from: x, to: ends[0] ?? null },
        { from: y, to: ends[1] ?? null },
      ];
      const both = meet(a, b);
      expect(both !== null && isIn(both, text)).toBe(isIn(a, text) && isIn(b, text));
      if (both !== null) expect(isIn(both, both.from)).toBe(true);
    },
  );

  test.each([
    ['a', 'b'],
    ['a\u{10FFFF}', 'b'],
    ['\ud7ff', '\ue000'],
    ['\uffff', '\u{10000}'],
    ['a\u{10FFFF}\u{10FFFF}', 'b'],
    ['\u{10FFFF}', null],
    ['', null],
  ])('the end of %j is %j', (text, end) => {
    expect(endOf(text)).toBe(end);
  });

  test.each([
    ['ab', 'ab'],
    ['a😀', 'a😀'],
    ['a\ud83d', 'a'],
    ['a\udc00b', 'a'],
    ['\ud83d\ud83d\ude00', ''],
  ])('%j is well-formed as far as %j', (text, start) => {
    expect(wellFormedStart(text)).toBe(start);
  });
});
