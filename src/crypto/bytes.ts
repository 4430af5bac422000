/**
 * Byte strings and the few kinds of 32 bytes that must not be mixed up. A brand says what bytes mean; it is given
 * only by the `as…` functions, which check the length.
 */
import { CairnError } from '../errors.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

declare const hashBrand: unique symbol;
declare const publicKeyBrand: unique symbol;
declare const wrapKeyBrand: unique symbol;

/** 32 bytes: a SHA-256 hash or a node of a Merkle tree. */
export type Hash = Bytes & { readonly [hashBrand]: true };
/** 32 bytes: an Ed25519 public key. Whether it is a proper one is for `crypto/ed25519` to say. */
export type PublicKey = Bytes & { readonly [publicKeyBrand]: true };
/** 32 bytes: an X25519 public key. */
export type WrapKey = Bytes & { readonly [wrapKeyBrand]: true };

// The three casts below are what gives the brand; the length has just been checked.
export const asHash = (bytes: Bytes): Hash => check32(bytes, 'hash') as Hash;
export const asPublicKey = (bytes: Bytes): PublicKey => check32(bytes, 'public key') as PublicKey;
export const asWrapKey = (bytes: Bytes): WrapKey => check32(bytes, 'wrap key') as WrapKey;

function check32(bytes: Bytes, what: string): Bytes {
  if (bytes.length !== 32) {
    throw new CairnError('malformed', `A ${what} has 32 bytes, not ${bytes.length}`, {
      length: bytes.length,
    });
  }
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Equality of public values; its time depends on the contents. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compare(a, b) === 0;
}

/** Order by bytes; a prefix comes before what it begins. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i] - b[i];
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const encoder = new TextEncoder();

/** UTF-8. A lone surrogate becomes U+FFFD: text from outside goes through the CBOR writer, which refuses one. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}
