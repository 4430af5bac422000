import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  asHash,
  asPublicKey,
  asWrapKey,
  compare,
  compareText,
  equal,
  fromBase64Url,
  fromHex,
  spaceFromText,
  spaceText,
  toBase64Url,
  toHex,
  utf8,
} from '../../src/format/bytes.ts';
import { property } from '../property.ts';

const anyBytes = fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes));

test('base64url gives the examples of RFC 4648 §10, without padding', () => {
  const examples = {
    '': '',
    f: 'Zg',
    fo: 'Zm8',
    foo: 'Zm9v',
    foob: 'Zm9vYg',
    fooba: 'Zm9vYmE',
    foobar: 'Zm9vYmFy',
  };
  for (const [plain, text] of Object.entries(examples)) {
    expect(toBase64Url(utf8(plain))).toBe(text);
    expect(fromBase64Url(text)).toEqual(utf8(plain));
  }
  expect(toBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8');
});

test.each(['Zg==', 'Zh', 'Zm9', 'Z', 'Zm9vY', '+/8', 'Zm 9', 'Zm9v\n', 'é', 'Zm9\u0100'])(
  'one byte string has one text: %j is refused',
  (text) => {
    expect(() => fromBase64Url(text)).toThrow(expect.objectContaining({ code: 'malformed' }));
  },
);

test.each(['0', '0g', 'AA', ' 00', '0x'])('hex is lower-case pairs: %j is refused', (text) => {
  expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'malformed' }));
});

property('hex and base64url come back', 10_000, anyBytes, (bytes) => {
  expect(fromHex(toHex(bytes))).toEqual(bytes);
  expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
  expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
});

property('a text that decodes as base64url is the text of its bytes', 10_000, fc.string(), (text) => {
  try {
    expect(toBase64Url(fromBase64Url(text))).toBe(text);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'malformed' });
  }
});

property('bytes are ordered as by memcmp, a prefix first', 10_000, anyBytes, anyBytes, (a, b) => {
  expect(Math.sign(compare(a, b))).toBe(Buffer.compare(a, b));
  expect(equal(a, b)).toBe(Buffer.compare(a, b) === 0);
  expect(equal(a, a.slice())).toBe(true);
});

property(
  'texts are ordered by their UTF-8 bytes',
  10_000,
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  (a, b) => {
    expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  },
);

test('text above U+FFFF comes after text below it, unlike in JavaScript', () => {
  expect('\u{1F525}' < '\uFFFD').toBe(true);
  expect(compareText('\u{1F525}', '\uFFFD')).toBeGreaterThan(0);
});

test('hashes and keys have 32 bytes, and a space is 43 characters', () => {
  for (const brand of [asHash, asPublicKey, asWrapKey]) {
    expect(brand(new Uint8Array(32))).toHaveLength(32);
    for (const length of [0, 31, 33]) {
      expect(() => brand(new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  }
  const space = asHash(new Uint8Array(32).fill(0xfe));
  expect(spaceText(space)).toHaveLength(43);
  expect(spaceFromText(spaceText(space))).toEqual(space);
  expect(() => spaceFromText(spaceText(space).slice(1))).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});
