/** Raw deflate (RFC 1951) by fflate, synchronous like `inflate` and for its reasons. Apart from it: opening a space only inflates. */
import { deflateSync } from 'fflate';
import type { Bytes } from './bytes.ts';

/** The level is part of what a device writes, never of what one can read. */
export function deflate(plain: Bytes): Bytes {
  return deflateSync(plain, { level: 6 });
}
