import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256, sha256Many, sha256Of } from '../../src/crypto/hash.ts';
import { hkdf } from '../../src/crypto/hkdf.ts';
import { concat, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';

test('SHA-256 gives the digests of FIPS 180-4', () => {
  expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(toHex(sha256(utf8('')))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(toHex(sha256(utf8('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

test('hashing parts is hashing them joined', () => {
  expect(sha256Of(utf8('a'), utf8(''), utf8('bc'))).toEqual(sha256(utf8('abc')));
});

test.each([0, 1, 3, 40])('many hashes at once are the hashes one by one (%i of 1 KB)', async (count) => {
  const list = Array.from({ length: count }, (_, i) => new Uint8Array(1024).fill(i));
  const expected = list.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  expect((await sha256Many(list)).map(toHex)).toEqual(expected);
});

test('HKDF gives the outputs of RFC 5869, test cases 1 to 3', async () => {
  const range = (from: number, to: number): Uint8Array<ArrayBuffer> =>
    Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const ikm = new Uint8Array(22).fill(0x0b);
  expect(toHex(await hkdf(ikm, range(0xf0, 0xf9), 42, range(0, 12)))).toBe(
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
  expect(toHex(await hkdf(range(0, 0x4f), range(0xb0, 0xff), 82, range(0x60, 0xaf)))).toBe(
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  );
  expect(toHex(await hkdf(ikm, new Uint8Array(0), 42))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
});

test('joining and hex are what they say', () => {
  expect(toHex(concat(fromHex('00ff'), fromHex(''), fromHex('10')))).toBe('00ff10');
});
