/**
 * Row ids that sort by time: 26 characters of Crockford's base 32, 48 bits of milliseconds above 80 random bits.
 * Ids made within one millisecond, or while the clock stands behind an earlier id, count up from it, so the ids of
 * one page always rise in the order in which they were made.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A source of row ids over a clock (milliseconds) and random bytes. */
export function rowIds(now: () => number, fill: (bytes: Uint8Array<ArrayBuffer>) => void): () => string {
  let ms = -1;
  const random = new Uint8Array(10);
  return () => {
    const wall = now();
    if (wall > ms) {
      ms = wall;
      fill(random);
    } else if (!increment(random)) {
      ms += 1;
      fill(random);
    }
    return encodeTime(ms) + encodeBits(random);
  };
}

/** A new row id by this page's clock. */
export const makeRowId: () => string = rowIds(
  () => Date.now(),
  (bytes) => {
    crypto.getRandomValues(bytes);
  },
);

/** Adds one to a big-endian number in place; false if it was all ones. */
function increment(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 1; i >= 0; i -= 1) {
    const byte = bytes[i] ?? 0;
    bytes[i] = (byte + 1) & 0xff;
    if (byte !== 0xff) return true;
  }
  return false;
}

/** 48 bits as 10 characters; the first holds the top 3 bits. */
function encodeTime(ms: number): string {
  let text = '';
  for (let rest = ms, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32))
    text = alphabet.charAt(rest % 32) + text;
  return text;
}

/** 80 bits as 16 characters. */
function encodeBits(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
