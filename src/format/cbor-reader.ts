/**
 * Reads CBOR strictly: see `cbor` for the profile. Every method either gives a value and moves on, or throws
 * `malformed`.
 *
 * 1. Nothing is allocated for a stated length or count that the remaining bytes could not hold.
 * 2. Bytes are copied, so no result keeps a request or an entry alive; but for `byteView`.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Bytes } from './bytes.ts';
import { toHalf } from './cbor-writer.ts';

export type CborValue =
  | null
  | boolean
  | number
  | string
  | Bytes
  | readonly CborValue[]
  | ReadonlyMap<string | number, CborValue>;

const float = new DataView(new ArrayBuffer(8));
// A byte order mark is text like any other, and what is no UTF-8 is an error, never a replacement character.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Names seen lately, by a hash of their bytes: columns and tables come again in every row. The bytes are compared. */
const names: ({ readonly bytes: Bytes; readonly text: string } | undefined)[] = new Array(512);

export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  pos: number;
  /** Where the bytes of the text read last begin; they end where it was left. */
  textAt = 0;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  fail(what: string): CairnError {
    return new CairnError('malformed', `${what} at byte ${this.pos}`, { at: this.pos });
  }

  /** Throws unless everything has been read. */
  finish(): void {
    if (this.pos !== this.end) throw this.fail('More bytes follow');
  }

  /** Reads a head of this major type and gives its argument. */
  head(major: number): number {
    const first = this.#byte();
    if (first >> 5 !== major) throw this.fail(`Major type ${first >> 5} where ${major} is due`);
    return this.#argument(first & 31);
  }

  /** An integer from 0 on. */
  uint(): number {
    return this.head(0);
  }

  /** The count of an array's items, which follow. */
  array(): number {
    const count = this.head(4);
    if (count > this.end - this.pos) throw this.fail(`An array of ${count} items does not fit`);
    return count;
  }

  /** An array of exactly so many items, which follow. */
  tuple(count: number): void {
    if (this.array() !== count) throw this.fail(`Not an array of ${count}`);
  }

  /** The count of a map's pairs, which follow; the order of the keys is the caller's to check. */
  map(): number {
    const count = this.head(5);
    if (count * 2 > this.end - this.pos) throw this.fail(`A map of ${count} pairs does not fit`);
    return count;
  }

  byteString(): Bytes {
    const start = this.#stretch(this.head(2), this.end);
    return this.bytes.slice(start, this.pos) as Bytes; // slice copies into an ArrayBuffer of its own
  }

  /** Bytes where they lie: for those who look at them and let go of them. */
  byteView(): Bytes {
    const start = this.#stretch(this.head(2), this.end);
    return this.bytes.subarray(start, this.pos) as Bytes; // no memory here is shared between threads
  }

  /** Text of at most so many bytes. */
  text(maxBytes: number = this.end): string {
    const start = this.#stretch(this.head(3), maxBytes);
    this.textAt = start;
    return decodeText(this, start, this.pos);
  }

  /** Like `text`, for what comes again and again: names of tables and columns. */
  name(maxBytes: number): string {
    const length = this.head(3);
    const start = this.#stretch(length, maxBytes);
    const { bytes } = this;
    if (length === 0) return '';
    const slot =
      (length * 31 + bytes[start] * 7 + bytes[this.pos - 1] * 17 + bytes[start + (length >> 1)]) & 511;
    const known = names[slot];
    if (known !== undefined && known.bytes.length === length) {
      let i = 0;
      while (i < length && known.bytes[i] === bytes[start + i]) i++;
      if (i === length) return known.text;
    }
    const text = decodeText(this, start, this.pos);
    if (length <= limits.nameBytes) names[slot] = { bytes: bytes.slice(start, this.pos) as Bytes, text };
    return text;
  }

  /** Any value. `levels` is how deep arrays and maps may still nest. */
  value(levels: number = limits.cborDepth): CborValue {
    const major = this.bytes[this.pos] >> 5; // past the end this is 0, and reading the head says so
    switch (major) {
      case 0:
        return this.head(0);
      case 1: {
        const argument = this.head(1);
        if (argument === Number.MAX_SAFE_INTEGER) throw this.fail('An integer beyond the safe range');
        return -1 - argument;
      }
      case 2:
        return this.byteString();
      case 3:
        return this.text();
      case 4:
        return this.#list(levels);
      case 5:
        return this.#pairs(levels);
      case 7:
        return this.#simpleOrFloat();
      default:
        throw this.fail('A tag');
    }
  }

  #list(levels: number): CborValue[] {
    const count = this.array();
    if (levels === 0) throw this.fail('Nested too deep');
    const items: CborValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.value(levels - 1));
    return items;
  }

  #pairs(levels: number): Map<string | number, CborValue> {
    const count = this.map();
    if (levels === 0) throw this.fail('Nested too deep');
    const map = new Map<string | number, CborValue>();
    let before = -1;
    let beforeEnd = -1;
    for (let i = 0; i < count; i++) {
      const start = this.pos;
      const key = this.value(0);
      if (
        typeof key !== 'string' &&
        !(typeof key === 'number' && Number.isSafeInteger(key) && !Object.is(key, -0))
      ) {
        throw this.fail('A map key that is no text and no integer');
      }
      if (i > 0 && !this.ascends(before, beforeEnd, start, this.pos))
        throw this.fail('Map keys out of order');
      before = start;
      beforeEnd = this.pos;
      map.set(key, this.value(levels - 1));
    }
    return map;
  }

  /** Whether the first stretch of bytes is strictly below the second. */
  ascends(a: number, aEnd: number, b: number, bEnd: number): boolean {
    const { bytes } = this;
    while (a < aEnd && b < bEnd) {
      const difference = bytes[b++] - bytes[a++];
      if (difference !== 0) return difference > 0;
    }
    return b < bEnd;
  }

  #simpleOrFloat(): CborValue {
    const info = this.#byte() & 31;
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 25:
        return this.#float(2);
      case 26:
        return this.#float(4);
      case 27:
        return this.#float(8);
      default:
        throw this.fail('A simple value that is not false, true or null');
    }
  }

  /** A float, only where no integer and no shorter float would do. */
  #float(size: 2 | 4 | 8): number {
    const start = this.#stretch(size, size);
    for (let i = 0; i < size; i++) float.setUint8(i, this.bytes[start + i]);
    const value =
      size === 2 ? fromHalf(float.getUint16(0)) : size === 4 ? float.getFloat32(0) : float.getFloat64(0);
    const shorter =
      size === 8 ? Number.isNaN(value) || Math.fround(value) === value : size === 4 && toHalf(value) !== null;
    if (shorter || (Number.isNaN(value) && float.getUint16(0) !== 0x7e00))
      throw this.fail('A float in a longer form');
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) throw this.fail('An integer as a float');
    return value;
  }

  #byte(): number {
    if (this.pos >= this.end) throw this.fail('The bytes end too soon');
    return this.bytes[this.pos++];
  }

  /** Passes over `length` bytes and gives where they begin. */
  #stretch(length: number, most: number): number {
    if (length > most) throw this.fail(`${length} bytes where ${most} are the most`);
    if (length > this.end - this.pos) throw this.fail('The bytes end too soon');
    const start = this.pos;
    this.pos += length;
    return start;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw this.fail('An indefinite length or a reserved form');
    const size = 1 << (info - 24);
    const at = this.#stretch(size, size);
    const { bytes } = this;
    let value = 0;
    let least = 24;
    if (size === 1) {
      value = bytes[at];
    } else if (size === 2) {
      value = (bytes[at] << 8) | bytes[at + 1];
      least = 0x100;
    } else if (size === 4) {
      value = this.#uint32(at);
      least = 0x10000;
    } else {
      value = this.#uint32(at) * 0x100000000 + this.#uint32(at + 4);
      least = 0x100000000;
    }
    if (value < least) throw this.fail('A longer form than needed');
    if (value > Number.MAX_SAFE_INTEGER) throw this.fail('An integer beyond the safe range');
    return value;
  }

  #uint32(at: number): number {
    const { bytes } = this;
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }
}

/**
 * Up to here text is read by hand if it is ASCII: starting the platform's decoder takes longer. What is longer would be a
 * chain of pieces, to be joined when it is first compared.
 */
const byHand = 16;

function decodeText(reader: Reader, start: number, end: number): string {
  const { bytes } = reader;
  if (end - start <= byHand && isAscii(bytes, start, end)) return asciiText(bytes, start, end);
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    throw reader.fail('Text that is no UTF-8');
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i];
  return all < 0x80;
}

/** Eight characters at a time: one by one, each addition would leave a string behind for the collector. */
function asciiText(b: Uint8Array, start: number, end: number): string {
  let text = '';
  let i = start;
  for (; end - i >= 8; i += 8) {
    text += String.fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
  }
  if (end - i >= 4) {
    text += String.fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3]);
    i += 4;
  }
  for (; i < end; i++) text += String.fromCharCode(b[i]);
  return text;
}

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
