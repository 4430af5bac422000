import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { compare, concat, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';
import {
  type CborInput,
  type CborValue,
  compareKeys,
  decode,
  Encoded,
  encode,
} from '../../src/format/cbor.ts';
import { property } from '../property.ts';
import { anyValue, nested } from './arbitrary.ts';
import { accepted, edges, refused } from './cbor-vectors.ts';
import { expectSame } from './same.ts';

const malformed = expect.objectContaining({ code: 'malformed' });
const invalid = expect.objectContaining({ code: 'value-invalid' });

describe('RFC 8949', () => {
  test.each([...accepted, ...edges])('LOG-1: %s decodes, and encodes to itself', (hex, value) => {
    expect(decode(fromHex(hex))).toEqual(value);
    expect(toHex(encode(value))).toBe(hex);
  });

  test.each(refused)('LOG-1: %s is refused: %s', (hex) => {
    expect(() => decode(fromHex(hex))).toThrow(malformed);
  });

  test.each(refused.filter(([hex, why]) => hex !== '' && !/after the item/.test(why)))(
    'LOG-1: %s is refused inside an array and a map too: %s',
    (hex) => {
      expect(() => decode(fromHex(`81${hex}`))).toThrow(malformed);
      expect(() => decode(fromHex(`a100${hex}`))).toThrow(malformed);
      expect(() => decode(fromHex(`82${hex}00`))).toThrow(malformed);
    },
  );
});

test('LOG-1: sixteen levels of arrays and maps pass, the seventeenth is refused, both ways', () => {
  for (const shape of ['array', 'map'] as const) {
    const deepest = nested(16, shape);
    expect(decode(encode(deepest))).toEqual(deepest);
    expect(() => encode(nested(17, shape))).toThrow(invalid);
    const prefix = shape === 'array' ? '81' : 'a100';
    const last = shape === 'array' ? '80' : 'a0';
    expect(decode(fromHex(prefix.repeat(15) + last))).toBeDefined();
    expect(() => decode(fromHex(prefix.repeat(16) + last))).toThrow(malformed);
    // A hundred thousand levels end in a refusal, not in a stack that is too deep.
    expect(() => decode(fromHex(prefix.repeat(100_000) + last))).toThrow(malformed);
  }
});

test('LOG-2: the greatest and the least safe integer come back, as values and as keys', () => {
  for (const value of [
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32) - 1,
  ]) {
    expect(decode(encode(value))).toBe(value);
    expect(decode(encode(new Map([[value, value]])))).toEqual(new Map([[value, value]]));
  }
});

test('LOG-1: what has no encoding is refused when written', () => {
  const wrong: unknown[] = [
    undefined,
    () => 0,
    Symbol('x'),
    10n,
    {},
    new Date(0),
    new Set(),
    '\ud800',
    'a\udc00',
    '\udc00\ud800',
    ['\ud83d'],
    new Map([['\ud83d', 1]]),
    new Map<unknown, unknown>([[1.5, 1]]),
    new Map<unknown, unknown>([[2 ** 53, 1]]),
    new Map<unknown, unknown>([[Number.NaN, 1]]),
    [undefined],
  ];
  // What the types forbid is tried all the same: callers of an app are not all typed.
  for (const value of wrong) expect(() => encode(value as CborInput)).toThrow(invalid);
});

test('a byte order mark is text like any other', () => {
  expect(decode(encode('\ufeffa'))).toBe('\ufeffa');
  expect(decode(encode(`\ufeff${'a'.repeat(200)}`))).toBe(`\ufeff${'a'.repeat(200)}`);
});

test('text comes back whatever its length and whatever stands where', () => {
  for (const filler of ['a', 'é', '水', '🔥', '\u0000', '\u007f']) {
    for (const length of [0, 1, 3, 4, 7, 8, 9, 23, 24, 25, 63, 64, 65, 255, 256, 257, 65_536]) {
      for (const text of [
        filler.repeat(length),
        'x'.repeat(length) + filler,
        `${filler}${'x'.repeat(length)}`,
      ]) {
        expect(decode(encode(text))).toBe(text);
        expect(toHex(encode(text)).endsWith(toHex(utf8(text)))).toBe(true);
      }
    }
  }
});

test('an encoded item is embedded as it is', () => {
  const inner = encode(['a', 1]);
  expect(encode([new Encoded(inner), new Map([['k', new Encoded(inner)]])])).toEqual(
    encode([['a', 1], new Map([['k', ['a', 1]]])]),
  );
});

test('bytes that were decoded are a copy, in a buffer of their own', () => {
  const whole = encode([new Uint8Array(40).fill(1), 'x']);
  const [bytes] = decode(whole) as [Uint8Array, string];
  whole.fill(0);
  expect(bytes).toEqual(new Uint8Array(40).fill(1));
  expect(bytes.buffer.byteLength).toBe(40);
});

test('map keys are ordered by their encodings: integers up, then down, then texts, shorter first', () => {
  const keys = [
    0,
    23,
    24,
    255,
    256,
    65_536,
    2 ** 32,
    -1,
    -24,
    -25,
    -257,
    '',
    'b',
    'aa',
    'é',
    'aaa',
    '水',
    '🔥',
  ];
  const shuffled = new Map(keys.toReversed().map((key) => [key, null]));
  expect([...(decode(encode(shuffled)) as Map<string | number, null>).keys()]).toEqual(keys);
});

property('LOG-1: any value comes back, and its encoding is the only one', 10_000, anyValue, (value) => {
  const bytes = encode(value);
  const back = decode(bytes);
  expectSame(back, value);
  expectSame(encode(back), bytes);
});

property(
  'map keys have the order of their encoded bytes',
  10_000,
  fc.oneof(fc.maxSafeInteger(), fc.string({ maxLength: 30 })),
  fc.oneof(fc.maxSafeInteger(), fc.string({ maxLength: 30 })),
  (a, b) => {
    fc.pre(!Object.is(a, -0) && !Object.is(b, -0));
    expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(compare(encode(a), encode(b))));
  },
);

property('LOG-2: every double has one encoding and comes back', 10_000, fc.double(), (value) => {
  const bytes = encode(value);
  expect(Object.is(decode(bytes), value)).toBe(true);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const long = concat(Uint8Array.of(0xfb), new Uint8Array(view.buffer));
  if (bytes.length < 9) expect(() => decode(long)).toThrow(malformed);
  else expectSame(bytes[0] === 0xfb ? bytes : long, long);
});

test('every half-precision float is read and written as itself, or refused for the integer that it is', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const bytes = Uint8Array.of(0xf9, bits >> 8, bits & 0xff);
    let value: CborValue;
    try {
      value = decode(bytes);
    } catch (thrown) {
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 0x3ff;
      const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
      const isOtherNaN = exponent === 31 && fraction !== 0 && bits !== 0x7e00;
      const isInteger = exponent < 31 && Number.isInteger(size) && bits !== 0x8000;
      expect([bits, isOtherNaN || isInteger]).toEqual([bits, true]);
      expect(thrown).toBeInstanceOf(CairnError);
      continue;
    }
    expect(encode(value)).toEqual(bytes);
  }
});

property(
  'LOG-1: random bytes either are the encoding of what they decode to, or malformed',
  50_000,
  fc.uint8Array({ maxLength: 40 }),
  (random) => {
    const bytes = new Uint8Array(random);
    let value: CborValue;
    try {
      value = decode(bytes);
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: 'CairnError', code: 'malformed' });
      return;
    }
    expectSame(encode(value), bytes);
  },
);

property(
  'LOG-1: a changed byte of an encoding is malformed or the one encoding of another value',
  20_000,
  anyValue,
  fc.nat(),
  fc.integer({ min: 1, max: 255 }),
  (value, position, flip) => {
    const bytes = encode(value);
    bytes[position % bytes.length] ^= flip;
    try {
      const other = decode(bytes);
      expectSame(encode(other), bytes);
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'malformed' });
    }
  },
);
