import { afterEach, expect, test, vi } from 'vitest';
import { importAeadKey, open, seal } from '../../src/crypto/aead.ts';
import { fromHex, toHex } from '../../src/format/bytes.ts';

afterEach(() => vi.restoreAllMocks());

/** McGrew and Viega, "The Galois/Counter Mode of Operation", the test cases with a key of 256 bits. */
const cases = [
  {
    n: 13,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    aad: '',
    plain: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    n: 14,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    aad: '',
    plain: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    n: 16,
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
];

test.each(cases)('AES-256-GCM gives test case $n of its specification, both ways', async (one) => {
  const key = await importAeadKey(fromHex(one.key));
  const [nonce, aad, plain, sealed] = [one.nonce, one.aad, one.plain, one.sealed].map(fromHex);
  expect(toHex(await seal(key, nonce, aad, plain))).toBe(one.sealed);
  expect(toHex(await open(key, nonce, aad, sealed))).toBe(one.plain);
});

test('KEY-8: any one changed bit of nonce, additional data or sealed bytes, and another key, do not open', async () => {
  const raw = new Uint8Array(32).fill(1);
  const key = await importAeadKey(raw);
  const parts = [new Uint8Array(12).fill(2), new Uint8Array(5).fill(3)];
  const sealed = await seal(key, parts[0], parts[1], new Uint8Array(7).fill(4));
  parts.push(sealed);
  for (const [index, part] of parts.entries()) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      const [nonce, aad, bytes] = parts.map((one, i) => {
        const copy = one.slice();
        if (i === index) copy[bit >> 3] ^= 1 << (bit & 7);
        return copy;
      });
      await expect(open(key, nonce, aad, bytes)).rejects.toMatchObject({ code: 'cannot-open' });
    }
  }
  raw[31] ^= 1;
  const other = await importAeadKey(raw);
  await expect(open(other, parts[0], parts[1], sealed)).rejects.toMatchObject({ code: 'cannot-open' });
});

test('what is too short to be sealed, or has a nonce of another length, does not open', async () => {
  const key = await importAeadKey(new Uint8Array(32));
  for (const [nonce, sealed] of [
    [12, 15],
    [11, 16],
    [13, 16],
  ]) {
    const opening = open(key, new Uint8Array(nonce), new Uint8Array(0), new Uint8Array(sealed));
    await expect(opening).rejects.toMatchObject({ code: 'cannot-open' });
  }
  await expect(seal(key, new Uint8Array(11), new Uint8Array(0), new Uint8Array(1))).rejects.toMatchObject({
    code: 'malformed',
  });
});

test('a key is 32 bytes and cannot be read out', async () => {
  expect(() => importAeadKey(new Uint8Array(16))).toThrow(expect.objectContaining({ code: 'malformed' }));
  expect((await importAeadKey(new Uint8Array(32))).extractable).toBe(false);
});

test('PULL-12: what fails for another reason than the bytes does not say that they do not open', async () => {
  const key = await importAeadKey(new Uint8Array(32));
  const [nonce, aad] = [new Uint8Array(12), new Uint8Array(0)];
  const sealed = await seal(key, nonce, aad, new Uint8Array(7));
  const failure = new RangeError('Array buffer allocation failed');
  vi.spyOn(globalThis.crypto.subtle, 'decrypt').mockRejectedValueOnce(failure);
  await expect(open(key, nonce, aad, sealed)).rejects.toBe(failure);
  expect(await open(key, nonce, aad, sealed)).toEqual(new Uint8Array(7));
});
