/**
 * Ed25519 (RFC 8032), with one verdict for every signature on every platform (LOG-7):
 *
 *   verify = what `@noble/ed25519` says with `zip215: false`
 *
 * that is: S is below the group order; R and the key are canonical encodings of points on the curve; the key is not of
 * small order; and 8·S·B = 8·R + 8·k·A. Platforms differ from this and from each other at the edges, so theirs may speed
 * it up in one way alone:
 *
 * 1. The platform is asked only about a key that passed the strict check (canonical, on the curve, not of small order)
 *    and a signature whose S is reduced and whose R is canonical: y below p, and no sign where x is zero. Anything else is a no
 *    before anybody is asked, as it is noble's.
 * 2. Its *yes* is final. It checks S·B = R + k·A or the same times eight, over the bytes of R as they came; for such inputs either
 *    implies ours. (For an R that is not canonical it would not: some read it as the point that it stands for modulo p.)
 * 3. Its *no*, its failure or its absence means nothing: noble decides.
 *
 * Private keys are non-extractable `CryptoKey`s: they can be used and stored but not read.
 */
import { CairnError } from '../errors.ts';
import { asPublicKey, type Bytes, concat, type PublicKey } from './bytes.ts';
import { signatureLength } from './lengths.ts';

export interface Signer {
  readonly publicKey: PublicKey;
  /** A signature of 64 bytes over the message. */
  sign(message: Bytes): Promise<Bytes>;
}

/** A signing key as it is kept: a structured clone of it goes into IndexedDB and comes back usable. */
export interface StoredSigner {
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

/** The DER in front of 32 bytes of Ed25519 private key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

export async function signerFromSeed(seed: Bytes): Promise<{ signer: Signer; stored: StoredSigner }> {
  if (seed.length !== 32) throw new CairnError('malformed', 'A signing key is made from 32 bytes');
  const pkcs8 = concat(pkcs8Prefix, seed);
  const [publicKey, privateKey] = await Promise.all([
    publicKeyOf(pkcs8, seed),
    globalThis.crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']).catch(() => null),
  ]);
  pkcs8.fill(0);
  const stored = {
    publicKey: asPublicKey(publicKey),
    privateKey: privateKey ?? (await importAsJwk(seed, publicKey)),
  };
  return { signer: signerFromStored(stored), stored };
}

/**
 * WebKitGTK takes PKCS #8 for a number and refuses a seed that begins with a zero byte; in this form it takes any. The price: the seed is
 * a text for a moment, which cannot be wiped.
 */
function importAsJwk(seed: Bytes, publicKey: Bytes): Promise<CryptoKey> {
  const [d, x] = [seed, publicKey].map((bytes) =>
    btoa(String.fromCharCode(...bytes))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=/g, ''),
  );
  const jwk: JsonWebKey = { kty: 'OKP', crv: 'Ed25519', d: d ?? '', x: x ?? '' };
  return globalThis.crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
}

/** The platform tells it with the private key (RFC 8037); noble, which first computes a table for it, tells where that fails. */
async function publicKeyOf(pkcs8: Bytes, seed: Bytes): Promise<Bytes> {
  const { subtle } = globalThis.crypto;
  try {
    const readable = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
    const { x = '' } = await subtle.exportKey('jwk', readable);
    const publicKey = Uint8Array.from(atob(x.replace(/-/g, '+').replace(/_/g, '/')), (one) =>
      one.charCodeAt(0),
    );
    if (publicKey.length === 32) return publicKey;
  } catch {
    // No Ed25519 here, or none that can be exported.
  }
  return (await loadStrictVerifier()).publicKeyOfSeed(seed);
}

export function signerFromStored(stored: StoredSigner): Signer {
  return {
    publicKey: stored.publicKey,
    sign: async (message) =>
      new Uint8Array(await globalThis.crypto.subtle.sign('Ed25519', stored.privateKey, message)),
  };
}

let loading: Promise<typeof import('./ed25519-strict.ts')> | undefined;

/** Loads the strict verifier, which is no part of a worker's first load. Called early by those who want no wait later. */
export function loadStrictVerifier(): Promise<typeof import('./ed25519-strict.ts')> {
  loading ??= import('./ed25519-strict.ts').catch((thrown: unknown) => {
    loading = undefined; // a later try may find it
    throw new CairnError('unavailable', `The code for signatures could not be loaded: ${String(thrown)}`);
  });
  return loading;
}

/** What is known of one public key. */
interface KnownKey {
  readonly strict: boolean;
  /** The platform's form of it; null if it has none. Made when first needed. */
  platform: Promise<CryptoKey | null> | undefined;
}

/** Checked keys by their bytes, the oldest dropped first: a space has at most some thousand keys. */
const knownKeys = new Map<string, KnownKey>();
const knownKeysKept = 4096;

/** Forgets which keys were checked, so that what follows does not depend on what went before: a replay starts here. */
export function forgetKnownKeys(): void {
  knownKeys.clear();
}

async function known(publicKey: Uint8Array): Promise<KnownKey> {
  const name = String.fromCharCode(...publicKey);
  const found = knownKeys.get(name);
  if (found) return found;
  const { isProperKey } = await loadStrictVerifier();
  const fresh: KnownKey = { strict: isProperKey(publicKey), platform: undefined };
  if (knownKeys.size >= knownKeysKept) {
    for (const oldest of knownKeys.keys()) {
      knownKeys.delete(oldest);
      break;
    }
  }
  knownKeys.set(name, fresh);
  return fresh;
}

/** True for the canonical encoding of a point on the curve that is not of small order. @throws unavailable */
export async function isStrictKey(publicKey: Uint8Array): Promise<boolean> {
  return publicKey.length === 32 && (await known(publicKey)).strict;
}

/** The order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian. */
const groupOrder = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/** Whether S, the signature's second half, is below the group order: not every platform asks. */
function isReduced(signature: Uint8Array): boolean {
  return isBelow(signature.subarray(32), groupOrder);
}

/** Of numbers of 32 bytes, little-endian. */
function isBelow(number: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = number[i] - bound[i];
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The order of the field, 2^255 - 19, little-endian. */
const fieldOrder = Uint8Array.of(0xed, ...Array<number>(30).fill(0xff), 0x7f);

/** Whether R, the signature's first half, is the one encoding of what it stands for. That it is a point at all is for others to say. */
function isCanonical(signature: Uint8Array): boolean {
  const y = signature.slice(0, 32);
  const sign = y[31] >> 7;
  y[31] &= 0x7f;
  if (!isBelow(y, fieldOrder)) return false;
  // x is zero where y is 1 or -1, and zero has one sign.
  const isOne = y[0] === 1 && y.subarray(1).every((byte) => byte === 0);
  const isMinusOne = y[0] === 0xec && y.subarray(1).every((byte, i) => byte === fieldOrder[i + 1]);
  return sign === 0 || !(isOne || isMinusOne);
}

/**
 * The one verdict on a signature. What is no signature or no key is a no.
 * @throws unavailable if the code for it could not be loaded, which is no verdict
 */
export async function verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== signatureLength || publicKey.length !== 32) return false;
  const key = await known(publicKey);
  if (!key.strict || !isReduced(signature) || !isCanonical(signature)) return false;
  if (await platformSaysYes(key, publicKey, message, signature)) return true;
  return (await loadStrictVerifier()).verifyStrictly(publicKey, message, signature);
}

async function platformSaysYes(
  key: KnownKey,
  publicKey: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  try {
    key.platform ??= subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']).catch(() => null);
    const platformKey = await key.platform;
    return platformKey !== null && (await subtle.verify('Ed25519', platformKey, signature, message));
  } catch {
    return false; // a platform without Ed25519, or one that throws at odd input: its no means nothing
  }
}
