import type { Bytes } from './bytes.ts';

/** SHA-256 by the platform alone: for what is awaited anyway, in code that opens before anything else is loaded. */
export async function platformSha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}
