/** The tests of the one verdict, registered alike in Node and in every browser (LOG-7, TEST-9). */
import { verifyAsync } from '@noble/ed25519';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isStrictKey, signerFromSeed, signerFromStored, verify } from '../../src/crypto/ed25519.ts';
import { fromHex, toHex } from '../../src/format/bytes.ts';
import { crafted, published, rfc8032, type SignatureCase } from './ed25519-vectors.ts';

const judge = (one: Pick<SignatureCase, 'key' | 'message' | 'signature'>): Promise<boolean> =>
  verify(fromHex(one.key), fromHex(one.message), fromHex(one.signature));

const everyCase: readonly SignatureCase[] = [
  ...rfc8032.map(({ name, key, message, signature }) => ({
    why: name,
    key,
    message,
    signature,
    accepted: true,
  })),
  ...published,
  ...crafted,
];

export function ed25519Suite(): void {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  describe('RFC 8032 §7.1', () => {
    test.each(rfc8032)(
      'LOG-7: $name: key, signature and verdict',
      async ({ seed, key, message, signature }) => {
        const { signer } = await signerFromSeed(fromHex(seed));
        expect(toHex(signer.publicKey)).toBe(key);
        expect(toHex(await signer.sign(fromHex(message)))).toBe(signature);
        expect(await judge({ key, message, signature })).toBe(true);
      },
    );
  });

  describe('one verdict on every path', () => {
    test.each(everyCase)('LOG-7: $why: accepted is $accepted', async (one) => {
      expect(await judge(one)).toBe(one.accepted);
    });

    test.each(everyCase)('LOG-7: $why: the same from the strict verifier alone', async (one) => {
      const [key, message, signature] = [one.key, one.message, one.signature].map(fromHex);
      expect(await verifyAsync(signature, message, key, { zip215: false })).toBe(one.accepted);
    });

    test('LOG-7, TEST-9: a platform that says no to everything changes no verdict', async () => {
      vi.spyOn(crypto.subtle, 'verify').mockResolvedValue(false);
      for (const one of everyCase) expect([one.why, await judge(one)]).toEqual([one.why, one.accepted]);
    });

    test('LOG-7: a platform that fails at everything changes no verdict', async () => {
      vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(new DOMException('no', 'OperationError'));
      for (const one of everyCase) expect([one.why, await judge(one)]).toEqual([one.why, one.accepted]);
    });

    test('LOG-6: a platform that says yes is not asked about an improper key, an unreduced S or an R that is not canonical', async () => {
      const platform = vi.spyOn(crypto.subtle, 'verify').mockResolvedValue(true);
      const improper = everyCase.filter(({ why }) =>
        /^key (of small|not)|^S (=|\+|all|above|far)|^R not canonical/.test(why),
      );
      expect(improper.filter(({ why }) => why.startsWith('R not canonical'))).toHaveLength(8);
      expect(improper.length).toBeGreaterThan(28);
      for (const one of improper) expect([one.why, await judge(one)]).toEqual([one.why, false]);
      expect(platform).not.toHaveBeenCalled();
    });

    test("LOG-7: the platform's yes is enough for a proper key", async () => {
      const platform = vi.spyOn(crypto.subtle, 'verify');
      const [{ key, message, signature }] = rfc8032;
      expect(await judge({ key, message, signature })).toBe(true);
      expect(platform).toHaveBeenCalledTimes(1);
      expect(await platform.mock.results[0]?.value).toBe(true);
    });
  });

  test('LOG-6: a strict key is a canonical point of no small order', async () => {
    for (const { key } of rfc8032) expect(await isStrictKey(fromHex(key))).toBe(true);
    for (const { why, key } of everyCase) {
      const proper = !/^key (of small|not)|^key and R of small/.test(why);
      expect([why, await isStrictKey(fromHex(key))]).toEqual([why, proper]);
    }
    expect(await isStrictKey(new Uint8Array(31))).toBe(false);
    expect(await isStrictKey(new Uint8Array(33))).toBe(false);
  });

  test('LOG-6: a missing, short or long signature and a key of another length are a no, not a failure', async () => {
    const [{ key, message, signature }] = rfc8032;
    for (const wrong of ['', signature.slice(2), `${signature}00`]) {
      expect(await judge({ key, message, signature: wrong })).toBe(false);
    }
    for (const wrong of ['', key.slice(2), `${key}00`]) {
      expect(await judge({ key: wrong, message, signature })).toBe(false);
    }
  });

  test('KEY-12: a private key cannot be read out, and signs the same after a structured clone', async () => {
    const [{ seed, message, signature }] = rfc8032;
    const { stored } = await signerFromSeed(fromHex(seed));
    expect(stored.privateKey.extractable).toBe(false);
    for (const format of ['pkcs8', 'jwk'] as const) {
      await expect(crypto.subtle.exportKey(format, stored.privateKey)).rejects.toThrow();
    }
    expect(toHex(await signerFromStored(structuredClone(stored)).sign(fromHex(message)))).toBe(signature);
  });
}
