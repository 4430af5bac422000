import { expect, test } from 'vitest';
import { open, seal } from '../../src/crypto/aead.ts';
import {
  deriveEpochKeys,
  deriveNameKey,
  type EpochKeys,
  epochCommitment,
  fitsCommitment,
} from '../../src/crypto/epoch.ts';
import { hkdf } from '../../src/crypto/hkdf.ts';
import { asHash, type Bytes, concat, toHex, utf8 } from '../../src/format/bytes.ts';

const secret = new Uint8Array(32).fill(5);
const space = asHash(new Uint8Array(32).fill(6));
const nonce = new Uint8Array(12);
const nothing = new Uint8Array(0);

/** Which key it is, by what it seals: the keys themselves cannot be read. */
const mark = async (key: CryptoKey): Promise<string> =>
  toHex(await seal(key, nonce, nothing, new Uint8Array(16)));

test('KEY-8: entry, page, blob and name keys differ, for every epoch and space, and none opens what another sealed', async () => {
  const otherSpace = asHash(new Uint8Array(32).fill(7));
  const otherSecret = new Uint8Array(32).fill(8);
  const sets = await Promise.all([
    deriveEpochKeys(secret, space, 1),
    deriveEpochKeys(secret, space, 2),
    deriveEpochKeys(secret, otherSpace, 1),
    deriveEpochKeys(otherSecret, space, 1),
  ]);
  const purposes: readonly (keyof EpochKeys)[] = ['entry', 'page', 'blob', 'name'];
  const marks = await Promise.all(sets.flatMap((keys) => purposes.map((purpose) => mark(keys[purpose]))));
  // The name key alone does not depend on the space: `create` is sealed under it before there is one.
  expect(marks[3]).toBe(marks[11]);
  expect(new Set(marks).size).toBe(marks.length - 1);
  const [keys] = sets;
  const sealed = await seal(keys.entry, nonce, nothing, utf8('row'));
  for (const purpose of purposes.slice(1)) {
    await expect(open(keys[purpose], nonce, nothing, sealed)).rejects.toMatchObject({ code: 'cannot-open' });
  }
});

test('keys are HKDF of the epoch key with the purpose, the epoch and the space as info', async () => {
  const raw = await hkdf(
    secret,
    concat(utf8('cairn entry key'), new Uint8Array(8), Uint8Array.of(1), space),
    32,
  );
  const expected = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  const keys = await deriveEpochKeys(secret, space, 1);
  expect(await mark(keys.entry)).toBe(await mark(expected));
  expect(await mark(keys.name)).toBe(await mark(await deriveNameKey(secret, 1)));
});

test('KEY-2: a commitment fits its own key and no other', async () => {
  const commitment = await epochCommitment(secret);
  expect(commitment).toEqual(await hkdf(secret, utf8('cairn epoch commitment'), 32));
  expect(await fitsCommitment(secret, commitment)).toBe(true);
  const others: Bytes[] = [
    new Uint8Array(32),
    secret.slice(0, 31),
    concat(secret, Uint8Array.of(0)),
    commitment,
  ];
  for (const other of others) expect(await fitsCommitment(other, commitment)).toBe(false);
});
