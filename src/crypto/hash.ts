/**
 * SHA-256 (FIPS 180-4). Synchronous where rules are pure and inputs small; the platform's, many at once, where there
 * is much to hash: it is ten times as fast on long inputs, and pipelined it is no slower on short ones.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from './bytes.ts';

export function sha256(bytes: Uint8Array): Bytes {
  // noble types its result over any buffer; what it returns is freshly allocated.
  return nobleSha256(bytes) as Bytes;
}

/** SHA-256 of the concatenation of the parts, without joining them. */
export function sha256Of(...parts: readonly Uint8Array[]): Bytes {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest() as Bytes;
}

/** Below this many bytes in all, starting the platform's hash costs more than it saves. */
const worthThePlatform = 16 * 1024;

export async function sha256Many(list: readonly Bytes[]): Promise<Bytes[]> {
  let total = 0;
  for (const bytes of list) total += bytes.length;
  if (total < worthThePlatform) return list.map(sha256);
  const { subtle } = globalThis.crypto;
  return Promise.all(list.map(async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes))));
}
