/** HKDF with SHA-256 and an empty salt (RFC 5869), by the platform. The secret must be uniformly random. */
import { type Bytes, utf8 } from './bytes.ts';

/** `length` bytes from `secret`, different for every `info`. */
export async function hkdf(
  secret: Bytes,
  info: Bytes,
  length: number,
  salt: Bytes = new Uint8Array(0),
): Promise<Bytes> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(
    await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8),
  );
}

/** 32 bytes for one purpose named in words. */
export function deriveFor(purpose: string, secret: Bytes): Promise<Bytes> {
  return hkdf(secret, utf8(purpose), 32);
}
