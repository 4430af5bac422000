import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';
import { expect, test } from 'vitest';
import { unwrap, wrap, wrapKeyFromSeed } from '../../src/crypto/hpke.ts';
import { deriveKeySeeds, keyPairFromSecret } from '../../src/crypto/keys.ts';
import { asWrapKey, type Bytes, concat, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';

/**
 * RFC 9180 base mode, DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256, written from the RFC over Node's primitives: the
 * other side for our wraps. It must first give the RFC's own vector.
 */
const suites = { 'aes-128-gcm': { id: 1, key: 16 }, 'aes-256-gcm': { id: 2, key: 32 } } as const;
type Cipher = keyof typeof suites;

const ascii = utf8;
const number2 = (n: number): Bytes => Uint8Array.of(n >> 8, n & 255);
const hmac = (key: Uint8Array, data: Uint8Array): Bytes =>
  new Uint8Array(createHmac('sha256', key).update(data).digest());
const extract = (suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Bytes =>
  hmac(salt.length === 0 ? new Uint8Array(32) : salt, concat(ascii('HPKE-v1'), suite, ascii(label), ikm));
const expand = (suite: Bytes, prk: Bytes, label: string, info: Bytes, length: number): Bytes =>
  hmac(prk, concat(number2(length), ascii('HPKE-v1'), suite, ascii(label), info, Uint8Array.of(1))).slice(
    0,
    length,
  );

const privateKey = (raw: Bytes): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([fromHex('302e020100300506032b656e04220420'), raw]),
    format: 'der',
    type: 'pkcs8',
  });
const publicKey = (raw: Bytes): KeyObject =>
  createPublicKey({
    key: Buffer.concat([fromHex('302a300506032b656e032100'), raw]),
    format: 'der',
    type: 'spki',
  });

function schedule(
  cipher: Cipher,
  shared: Bytes,
  enc: Bytes,
  recipient: Bytes,
  info: Bytes,
): { key: Bytes; nonce: Bytes } {
  const empty = new Uint8Array(0);
  const kem = concat(ascii('KEM'), number2(0x20));
  const secret = expand(
    kem,
    extract(kem, empty, 'eae_prk', shared),
    'shared_secret',
    concat(enc, recipient),
    32,
  );
  const { id, key } = suites[cipher];
  const suite = concat(ascii('HPKE'), number2(0x20), number2(1), number2(id));
  const context = concat(
    Uint8Array.of(0),
    extract(suite, empty, 'psk_id_hash', empty),
    extract(suite, empty, 'info_hash', info),
  );
  const prk = extract(suite, secret, 'secret', empty);
  return {
    key: expand(suite, prk, 'key', context, key),
    nonce: expand(suite, prk, 'base_nonce', context, 12),
  };
}

function sealByTheRfc(
  cipher: Cipher,
  ephemeral: Bytes,
  recipient: Bytes,
  info: Bytes,
  aad: Bytes,
  plain: Bytes,
): Bytes {
  const own = privateKey(ephemeral);
  const enc = new Uint8Array(createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(-32));
  const shared = new Uint8Array(diffieHellman({ privateKey: own, publicKey: publicKey(recipient) }));
  const { key, nonce } = schedule(cipher, shared, enc, recipient, info);
  const sealer = createCipheriv(cipher, key, nonce).setAAD(aad);
  return concat(enc, sealer.update(plain), sealer.final(), sealer.getAuthTag());
}

function openByTheRfc(cipher: Cipher, secret: Bytes, info: Bytes, wrapped: Bytes): Bytes {
  const own = privateKey(secret);
  const recipient = new Uint8Array(
    createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(-32),
  );
  const enc = wrapped.slice(0, 32);
  const shared = new Uint8Array(diffieHellman({ privateKey: own, publicKey: publicKey(enc) }));
  const { key, nonce } = schedule(cipher, shared, enc, recipient, info);
  const opener = createDecipheriv(cipher, key, nonce).setAuthTag(wrapped.slice(-16));
  return concat(opener.update(wrapped.slice(32, -16)), opener.final());
}

const vector = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  skEm: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
  enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  skRm: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
  pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  plain: '4265617574792069732074727574682c20747275746820626561757479',
  aad: '436f756e742d30',
  sealed: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
};

const info = utf8('purpose');
const plain = new Uint8Array(32).fill(3);
const ephemeral = new Uint8Array(32).fill(9);

test('the other side gives RFC 9180 A.1.1', () => {
  const [skEm, pkRm, aboutIt, aad, text] = [
    vector.skEm,
    vector.pkRm,
    vector.info,
    vector.aad,
    vector.plain,
  ].map(fromHex);
  expect(toHex(sealByTheRfc('aes-128-gcm', skEm, pkRm, aboutIt, aad, text))).toBe(vector.enc + vector.sealed);
});

test('TEST-9: a wrap key is that of RFC 9180 and RFC 7748, and what the RFC wraps for it we unwrap', async () => {
  const { publicKey: recipient, stored } = await wrapKeyFromSeed(fromHex(vector.skRm));
  expect(toHex(recipient)).toBe(vector.pkRm);
  const wrapped = sealByTheRfc(
    'aes-256-gcm',
    fromHex(vector.skEm),
    recipient,
    info,
    new Uint8Array(0),
    plain,
  );
  expect(await unwrap(stored, info, wrapped)).toEqual(plain);
  // RFC 7748 §6.1, Alice's keys
  const alice = await wrapKeyFromSeed(
    fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
  );
  expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
});

test('TEST-9: what we wrap is unwrapped by the RFC, and is one function of its ephemeral bytes', async () => {
  const { publicKey: recipient } = await wrapKeyFromSeed(fromHex(vector.skRm));
  const wrapped = await wrap(recipient, info, plain, ephemeral);
  expect(wrapped).toHaveLength(32 + 32 + 16);
  expect(openByTheRfc('aes-256-gcm', fromHex(vector.skRm), info, wrapped)).toEqual(plain);
  expect(await wrap(recipient, info, plain, ephemeral)).toEqual(wrapped);
  expect(await wrap(recipient, info, plain, new Uint8Array(32).fill(8))).not.toEqual(wrapped);
});

test('KEY-10: another key, other info and any changed byte do not unwrap', async () => {
  const { publicKey: recipient, stored } = await wrapKeyFromSeed(fromHex(vector.skRm));
  const other = await wrapKeyFromSeed(fromHex(vector.skEm));
  const wrapped = await wrap(recipient, info, plain, ephemeral);
  expect(await unwrap(structuredClone(stored), info, wrapped)).toEqual(plain);
  const refused: Promise<Bytes>[] = [
    unwrap(other.stored, info, wrapped),
    unwrap(stored, utf8('another purpose'), wrapped),
    unwrap(stored, info, wrapped.slice(0, 47)),
    unwrap(stored, info, new Uint8Array(0)),
    unwrap(stored, info, new Uint8Array(80)),
  ];
  for (let i = 0; i < wrapped.length; i++) {
    const changed = wrapped.slice();
    changed[i] ^= 1;
    refused.push(unwrap(stored, info, changed));
  }
  for (const outcome of await Promise.allSettled(refused)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'cannot-open' } });
  }
});

test('nothing is wrapped for a key that no secret can be agreed with', async () => {
  for (const low of ['00'.repeat(32), `01${'00'.repeat(31)}`]) {
    await expect(wrap(asWrapKey(fromHex(low)), info, plain, ephemeral)).rejects.toMatchObject({
      code: 'malformed',
    });
  }
});

test('KEY-12: a key to unwrap with cannot be read out', async () => {
  const { stored } = await wrapKeyFromSeed(fromHex(vector.skRm));
  if (!('privateKey' in stored)) throw new Error('Node can clone a key of X25519');
  expect(stored.privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('jwk', stored.privateKey)).rejects.toThrow();
});

test('one secret gives two keys that have nothing to do with each other', async () => {
  const secret = new Uint8Array(32).fill(1);
  const seeds = await deriveKeySeeds(secret);
  expect(new Set([toHex(secret), toHex(seeds.signSeed), toHex(seeds.wrapSeed)]).size).toBe(3);
  const [one, again, other] = await Promise.all([
    keyPairFromSecret(secret),
    keyPairFromSecret(secret),
    keyPairFromSecret(new Uint8Array(32)),
  ]);
  expect([again.sign, again.wrap]).toEqual([one.sign, one.wrap]);
  expect(other.sign).not.toEqual(one.sign);
  expect(other.wrap).not.toEqual(one.wrap);
  await expect(deriveKeySeeds(new Uint8Array(16))).rejects.toMatchObject({ code: 'malformed' });
});
