import { expect, onTestFinished, test } from 'vitest';
import { signerFromSeed, signerFromStored } from '../../src/crypto/ed25519.ts';
import { type StoredWrapKey, unwrap, wrap, wrapKeyFromSeed } from '../../src/crypto/hpke.ts';
import { type KeyPair, keyPairFromSecret } from '../../src/crypto/keys.ts';
import { type Bytes, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';

const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const info = utf8('for a test');

/** A value as IndexedDB gives it back, in an engine of which `indexedDB` is. */
async function keptIn<T>(indexedDB: IDBFactory, value: T): Promise<T> {
  const name = `keys-${crypto.randomUUID()}`;
  const settled = <R>(request: IDBRequest<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  const database = await settled(opening);
  onTestFinished(async () => {
    database.close();
    await settled(indexedDB.deleteDatabase(name));
  });
  await settled(database.transaction('keys', 'readwrite').objectStore('keys').put(value, 'key'));
  return settled(database.transaction('keys').objectStore('keys').get('key'));
}

/** What is kept of a device's keys is as good as the keys, in every engine. */
export function storedKeysSuite(indexedDB: () => IDBFactory): void {
  const opens = async (stored: StoredWrapKey, pair: KeyPair): Promise<void> => {
    const secret = randomBytes(32);
    expect(await unwrap(stored, info, await wrap(pair.wrap, info, secret, randomBytes(32)))).toEqual(secret);
  };
  const privateKeys = (of: object): CryptoKey[] =>
    Object.values(of).filter((value) => value instanceof CryptoKey);

  test('KEY-12, STORE-17: a device’s keys that come back from IndexedDB sign and unwrap, and cannot be exported', async () => {
    const pair = await keyPairFromSecret(randomBytes(32));
    const { signer, wrap: wrapKey } = await keptIn(indexedDB(), pair.stored);
    const message = utf8('a message');
    expect(await signerFromStored(signer).sign(message)).toEqual(await pair.signer.sign(message));
    await opens(wrapKey, pair);
    for (const key of [...privateKeys(signer), ...privateKeys(wrapKey)]) expect(key.extractable).toBe(false);
    expect([privateKeys(signer).length, privateKeys(wrapKey).length]).toEqual([1, 1]);
  });

  test('KEY-12: where the platform cannot clone a key of X25519, it is kept sealed under a key that cannot be exported', async () => {
    const { structuredClone } = globalThis;
    onTestFinished(() => {
      globalThis.structuredClone = structuredClone;
    });
    globalThis.structuredClone = (value) => {
      const isX25519 = value instanceof CryptoKey && value.algorithm.name === 'X25519';
      if (isX25519) throw new TypeError('Unable to deserialize data.');
      return structuredClone(value);
    };
    const secret = randomBytes(32);
    const pair = await keyPairFromSecret(secret);
    globalThis.structuredClone = structuredClone;
    const kept = await keptIn(indexedDB(), pair.stored.wrap);
    expect(privateKeys(kept).map(({ algorithm, extractable }) => [algorithm.name, extractable])).toEqual([
      ['AES-GCM', false],
    ]);
    expect(privateKeys(kept)[0]?.usages).not.toContain('decrypt');
    await opens(kept, pair);
  });

  // WebKitGTK refuses these as PKCS #8: one key in 256. The public keys are OpenSSL's.
  const seed = fromHex('005e8d5821f161f9f39aae7315926e8d790a40948e00a669a5fb989703d0ac71');

  test('KEY-12, LOG-7: a seed that begins with a zero byte gives keys as any other, in every engine', async () => {
    const { signer, stored } = await signerFromSeed(seed);
    expect(toHex(signer.publicKey)).toBe('6d6e89919bc5d39a652113ca719cd5664890d20726ca1db4872d3cefdb1ad615');
    const kept = signerFromStored(await keptIn(indexedDB(), stored));
    expect(await kept.sign(seed)).toEqual(await signer.sign(seed));
    expect(stored.privateKey.extractable).toBe(false);
    const { publicKey } = await wrapKeyFromSeed(seed);
    expect(toHex(publicKey)).toBe('b18a2995a8b418de20516be8abde6408ffbe7663a6a8b30edd4e47d613095908');
  });

  test('KEY-6: an ephemeral key that begins with a zero byte does not keep a wrap from being made', async () => {
    const pair = await keyPairFromSecret(seed);
    // The key that RFC 9180 derives from these begins with a zero byte.
    const ephemeral = Uint8Array.of(0, 58, ...new Uint8Array(30));
    const wrapped = await wrap(pair.wrap, info, seed, ephemeral);
    expect(await unwrap(pair.stored.wrap, info, wrapped)).toEqual(seed);
  });
}
