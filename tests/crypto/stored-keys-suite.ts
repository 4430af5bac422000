import { expect, onTestFinished, test } from 'vitest';
import { signerFromStored } from '../../src/crypto/ed25519.ts';
import { type StoredWrapKey, unwrap, wrap } from '../../src/crypto/hpke.ts';
import { type KeyPair, keyPairFromSecret } from '../../src/crypto/keys.ts';
import { type Bytes, utf8 } from '../../src/format/bytes.ts';

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
    expect(await unwrap(stored, info, await wrap(pair.wrap, info, secret, randomBytes))).toEqual(secret);
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
}
