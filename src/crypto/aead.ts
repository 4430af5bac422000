/**
 * AES-256-GCM (NIST SP 800-38D) by the platform: 12-byte nonce, 16-byte tag at the end. A function of key, nonce,
 * additional data and plain bytes, which is what lets a device store an opened entry and give its sealed bytes again.
 */
import { CairnError } from '../errors.ts';
import type { Bytes } from './bytes.ts';
import { nonceLength, tagLength } from './lengths.ts';

/** A non-extractable key from 32 bytes. */
export function importAeadKey(raw: Bytes): Promise<CryptoKey> {
  if (raw.length !== 32) throw new CairnError('malformed', 'An AES-256 key has 32 bytes');
  return globalThis.crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function seal(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  plain: Bytes,
): Promise<Bytes> {
  if (nonce.length !== nonceLength) throw new CairnError('malformed', 'A nonce has 12 bytes');
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData };
  return new Uint8Array(await globalThis.crypto.subtle.encrypt(parameters, key, plain));
}

/** @throws cannot-open: another key, nonce or additional data, or changed bytes; which of them cannot be told. */
export async function open(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  if (nonce.length !== nonceLength || sealed.length < tagLength) {
    throw new CairnError('cannot-open', 'Sealed bytes have a nonce of 12 bytes and a tag of 16');
  }
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData };
  try {
    return new Uint8Array(await globalThis.crypto.subtle.decrypt(parameters, key, sealed));
  } catch (thrown) {
    // What the platform throws for a tag that does not fit (Web Cryptography). Anything else, memory that is not to be had
    // among it, says nothing of the bytes: who passes what can't be opened never looks at it again.
    if (!(thrown instanceof DOMException) || thrown.name !== 'OperationError') throw thrown;
    throw new CairnError('cannot-open', 'The key does not open these bytes');
  }
}
