import * as fc from 'fast-check';
import type { Comparable } from '../../src/model/query.ts';

/** Characters around every border: of escapes, of surrogates, of Unicode. */
const nastyCharacters = fc.constantFrom(
  ...'\0\x01\b\t\n\v\f\r\x0e !#$,-0~az\x7féł\u07ff\u0800が\ud7ff\ue000\uffff',
  '\u{10000}',
  '😀',
  '\u{10FFFF}',
);

const shared = [...'xyz'].map((letter) => `${letter}😀`.repeat(100));

/** Short ones of nasty characters; long ones that share 63, 64, 65 or 200 characters. */
export const nastyTexts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: nastyCharacters, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text.toWellFormed()) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...shared.slice(0, 2), 'e'.repeat(200), '\0'.repeat(200)),
        fc.constantFrom(62, 63, 64, 65, 200),
        fc.string({ unit: nastyCharacters, maxLength: 3 }),
      )
      .map(([text, length, end]) => Array.from(text).slice(0, length).join('') + end),
  },
);

export const nastyNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 2, 1.5, -1.5, 1e300, -1e300, 5e-324, -5e-324, 2 ** 53, 86_400_000),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true }),
);

export const nastyValues: fc.Arbitrary<Comparable> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Comparable>(null, false, true) },
  { weight: 2, arbitrary: nastyNumbers },
  { weight: 4, arbitrary: nastyTexts },
);

/** 1 to 128 bytes. */
export const nastyIds: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: nastyCharacters, minLength: 1, maxLength: 3 }),
  fc.string({ unit: nastyCharacters, minLength: 30, maxLength: 32 }),
);
