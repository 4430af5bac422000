import { expect, test } from 'vitest';
import { signerFromSeed, verify } from '../../src/crypto/ed25519.ts';
import { ed25519Suite } from './ed25519-suite.ts';

ed25519Suite();

test('LOG-6: changing any one bit of key, message or signature makes it fail', async () => {
  const { signer } = await signerFromSeed(new Uint8Array(32).fill(9));
  const message = new TextEncoder().encode('x');
  const signature = await signer.sign(message);
  const parts = [signer.publicKey, message, signature];
  expect(await verify(signer.publicKey, message, signature)).toBe(true);
  for (const [index, part] of parts.entries()) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      const changed = parts.map((bytes) => bytes.slice());
      changed[index][bit >> 3] ^= 1 << (bit & 7);
      const [key, text, sig] = changed;
      expect([index, bit, await verify(key, text, sig)]).toEqual([index, bit, false]);
    }
  }
});

test('a signing key is made from exactly 32 bytes', async () => {
  await expect(signerFromSeed(new Uint8Array(31))).rejects.toMatchObject({ code: 'malformed' });
});
