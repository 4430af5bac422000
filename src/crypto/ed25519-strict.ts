/**
 * The strict verifier itself, `@noble/ed25519`, in a module of its own: it is large, and a store opens and shows its rows
 * without it, so `ed25519` loads it when first asked.
 */
import { getPublicKeyAsync, Point, verifyAsync } from '@noble/ed25519';
import type { Bytes } from './bytes.ts';

/** True for the canonical encoding of a point on the curve that is not of small order. */
export function isProperKey(publicKey: Uint8Array): boolean {
  try {
    return !Point.fromBytes(publicKey, false).isSmallOrder();
  } catch {
    return false; // noble throws for what is no canonical encoding of a point; there is no other reason to
  }
}

export function verifyStrictly(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  return verifyAsync(signature, message, publicKey, { zip215: false });
}

export async function publicKeyOfSeed(seed: Bytes): Promise<Bytes> {
  return new Uint8Array(await getPublicKeyAsync(seed));
}
