/**
 * Bytes as text and text as bytes: hex for people, base64url (RFC 4648 §5) for addresses and tokens. Both have one
 * text for each byte string: no padding, no slack bits, no upper-case hex.
 */
import { asHash, type Bytes, type Hash } from '../crypto/bytes.ts';
import { CairnError } from '../errors.ts';

export {
  asHash,
  asPublicKey,
  asWrapKey,
  type Bytes,
  compare,
  concat,
  equal,
  type Hash,
  type PublicKey,
  utf8,
  type WrapKey,
} from '../crypto/bytes.ts';

/** The SHA-256 of a space's first membership entry. */
export type SpaceId = Hash;

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new CairnError('malformed', 'Not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const sextets = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) sextets[alphabet.charCodeAt(i)] = i;

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i] << 16) | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    text += alphabet[group >> 18] + alphabet[(group >> 12) & 63];
    if (left > 1) text += alphabet[(group >> 6) & 63];
    if (left > 2) text += alphabet[group & 63];
  }
  return text;
}

export function fromBase64Url(text: string): Bytes {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const sextet = code < 128 ? sextets[code] : -1;
    if (sextet < 0) throw notBase64Url();
    held = ((held << 6) | sextet) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  // Six bits left over are a character too many; set bits among the rest would give one value two texts.
  if (bits === 6 || (held & ((1 << bits) - 1)) !== 0) throw notBase64Url();
  return bytes;
}

const notBase64Url = (): CairnError => new CairnError('malformed', 'Not base64url without padding');

/** A space's id as text: 43 characters of base64url. */
export const spaceText = (space: SpaceId): string => toBase64Url(space);
export const spaceFromText = (text: string): SpaceId => asHash(fromBase64Url(text));

/** Order of texts by their UTF-8 bytes, which is that of their code points; JavaScript's own differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all other code units. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

const beyondAscii = /[\u0080-\uffff]/;

/** How many bytes the text takes in UTF-8. @throws value-invalid for a lone surrogate */
export function utf8Length(text: string): number {
  let size = text.length;
  // Most texts are ASCII, and of a longer one a regular expression sees that in half the time.
  if (size > 24 && !beyondAscii.test(text)) return size;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) size += 1;
    else if (unit < 0xd800 || unit > 0xdfff) size += 2;
    else {
      const next = text.charCodeAt(++i); // NaN at the end, which is in no range
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) {
        throw new CairnError('value-invalid', 'Text with a lone surrogate has no UTF-8');
      }
      size += 2; // two units, four bytes
    }
  }
  return size;
}
