/**
 * HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by `@hpke/core` over the platform's
 * primitives. A wrapped value is the encapsulated key (32 bytes) followed by the ciphertext and its tag of 16 bytes.
 * `info` binds it to its purpose: the same bytes under another `info` do not open.
 */
import { CairnError } from '../errors.ts';
import { asWrapKey, type Bytes, concat, type WrapKey } from './bytes.ts';
import { wrapOverhead } from './lengths.ts';

/** A key to unwrap with, as it is kept: a structured clone of it goes into IndexedDB and comes back usable. */
export type StoredWrapKey =
  | { readonly publicKey: WrapKey; readonly privateKey: CryptoKey }
  /**
   * Where the platform cannot clone a key of X25519 (WebKitGTK 2.50 reads `null` back): the key sealed with another that can be
   * cloned. Neither can be exported, but who runs script here could unseal the one into a form that can.
   */
  | { readonly publicKey: WrapKey; readonly sealed: Bytes; readonly unseal: CryptoKey };

/** The DER in front of 32 bytes of X25519 private key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const basePoint = Uint8Array.of(9, ...new Uint8Array(31));

export async function wrapKeyFromSeed(seed: Bytes): Promise<{ publicKey: WrapKey; stored: StoredWrapKey }> {
  if (seed.length !== 32) throw new CairnError('malformed', 'A wrap key is made from 32 bytes');
  const { subtle } = globalThis.crypto;
  const pkcs8 = concat(pkcs8Prefix, seed);
  // X25519 ignores the lowest three bits (RFC 7748 §5), and WebKitGTK refuses a key whose first byte is zero: the same key, taken by all.
  pkcs8[pkcs8Prefix.length] = (seed[0] ?? 0) | 1;
  const [privateKey, base] = await Promise.all([
    subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']),
    subtle.importKey('raw', basePoint, 'X25519', true, []),
  ]);
  const product = await subtle.deriveBits({ name: 'X25519', public: base }, privateKey, 256);
  const publicKey = asWrapKey(new Uint8Array(product));
  const kept = canBeCloned(privateKey) ? { privateKey } : await sealedKey(pkcs8);
  pkcs8.fill(0);
  return { publicKey, stored: { publicKey, ...kept } };
}

function canBeCloned(key: CryptoKey): boolean {
  try {
    structuredClone(key);
    return true;
  } catch {
    return false;
  }
}

/** Each such key seals once, so its one nonce may be all zeros. */
const sealing = { name: 'AES-GCM', iv: new Uint8Array(12) };

async function sealedKey(pkcs8: Bytes): Promise<{ sealed: Bytes; unseal: CryptoKey }> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'unwrapKey']);
  return { sealed: new Uint8Array(await subtle.encrypt(sealing, key, pkcs8)), unseal: key };
}

async function privateKeyOf(stored: StoredWrapKey): Promise<CryptoKey> {
  if ('privateKey' in stored) return stored.privateKey;
  const { subtle } = globalThis.crypto;
  const { sealed, unseal } = stored;
  return subtle.unwrapKey('pkcs8', sealed, unseal, sealing, 'X25519', false, ['deriveBits']);
}

let loading: Promise<typeof import('./hpke-suite.ts')> | undefined;

/** Loads the suite, which is no part of a worker's first load. Called early by those who want no wait later. */
export function loadHpke(): Promise<typeof import('./hpke-suite.ts')> {
  loading ??= import('./hpke-suite.ts').catch((thrown: unknown) => {
    loading = undefined; // a later try may find it
    throw new CairnError('unavailable', `The code for wrapping keys could not be loaded: ${String(thrown)}`);
  });
  return loading;
}

const importPublic = (key: Bytes): Promise<CryptoKey> =>
  globalThis.crypto.subtle.importKey('raw', key, 'X25519', true, []);

/**
 * Wraps for the holder of one key.
 * @param ephemeral 32 random bytes, from which the ephemeral key is made; never used for another wrap
 * @throws malformed if the recipient's key is one that no secret can be agreed with
 */
export async function wrap(recipient: WrapKey, info: Bytes, plain: Bytes, ephemeral: Bytes): Promise<Bytes> {
  const { hpkeSuite } = await loadHpke();
  let ekm = ephemeral;
  for (let tries = 3; ; tries -= 1) {
    try {
      const recipientPublicKey = await importPublic(recipient);
      const { enc, ct } = await hpkeSuite().seal({ recipientPublicKey, info, ekm: toBuffer(ekm) }, plain);
      return concat(new Uint8Array(enc), new Uint8Array(ct));
    } catch (thrown) {
      if (tries === 1)
        throw new CairnError('malformed', `Nothing can be wrapped for this key: ${String(thrown)}`);
      // WebKitGTK refuses one ephemeral key in 256, those that begin with a zero byte. What follows from the same bytes
      // will do: nobody has seen anything made from them.
      ekm = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', ekm));
    }
  }
}

/** The library reads whole buffers, and `bytes` may be a part of one. */
const toBuffer = (bytes: Bytes): ArrayBuffer => bytes.slice().buffer;

/** @throws cannot-open */
export async function unwrap(stored: StoredWrapKey, info: Bytes, wrapped: Bytes): Promise<Bytes> {
  if (wrapped.length < wrapOverhead) throw new CairnError('cannot-open', 'Too short to be a wrapped value');
  const { hpkeSuite } = await loadHpke();
  try {
    // The pair, not the private key alone: the library would have to read the private key to find the public one.
    const [privateKey, publicKey] = await Promise.all([privateKeyOf(stored), importPublic(stored.publicKey)]);
    const recipientKey = { privateKey, publicKey };
    const enc = wrapped.slice(0, 32);
    return new Uint8Array(await hpkeSuite().open({ recipientKey, enc, info }, wrapped.slice(32)));
  } catch {
    throw new CairnError('cannot-open', 'The key does not open this wrapped value');
  }
}
