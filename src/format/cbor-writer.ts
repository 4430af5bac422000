/**
 * Writes CBOR in core deterministic encoding (RFC 8949 §4.2.1): see `cbor` for the profile. What could not be read back
 * is refused: lone surrogates, integers of a map key outside the safe range, a depth over 16, anything that is no
 * `CborInput`.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Bytes } from './bytes.ts';
import { compareText, utf8Length } from './bytes.ts';

/** An item that is encoded already and is embedded as it is. */
export class Encoded {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export type CborInput =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Encoded
  | readonly CborInput[]
  | ReadonlyMap<string | number, CborInput>;

const encoder = new TextEncoder();
const float = new DataView(new ArrayBuffer(8));

export class Writer {
  #bytes: Bytes;
  #length = 0;

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, in a buffer of its own. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, where it lies: until more is written or it is cleared. */
  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps its room, for those who write again and again. */
  clear(): void {
    this.#length = 0;
  }

  /** A head: major type and argument, in the shortest form. The argument is an integer from 0 to the greatest safe one. */
  head(major: number, argument: number): void {
    const at = this.#reserve(9);
    const bytes = this.#bytes;
    const type = major << 5;
    if (argument < 24) {
      bytes[at] = type | argument;
      this.#length = at + 1;
    } else if (argument < 0x100) {
      bytes[at] = type | 24;
      bytes[at + 1] = argument;
      this.#length = at + 2;
    } else if (argument < 0x10000) {
      bytes[at] = type | 25;
      bytes[at + 1] = argument >> 8;
      bytes[at + 2] = argument;
      this.#length = at + 3;
    } else if (argument < 0x100000000) {
      bytes[at] = type | 26;
      this.#uint32(at + 1, argument);
      this.#length = at + 5;
    } else {
      bytes[at] = type | 27;
      this.#uint32(at + 1, Math.floor(argument / 0x100000000));
      this.#uint32(at + 5, argument % 0x100000000);
      this.#length = at + 9;
    }
  }

  array(count: number): void {
    this.head(4, count);
  }

  /** The head of a map; its pairs must follow in order of `compareKeys`. */
  map(count: number): void {
    this.head(5, count);
  }

  bytes(value: Uint8Array): void {
    this.head(2, value.length);
    this.raw(value);
  }

  /** Bytes that are CBOR already. */
  raw(encoded: Uint8Array): void {
    const at = this.#reserve(encoded.length);
    this.#bytes.set(encoded, at);
    this.#length = at + encoded.length;
  }

  text(value: string): void {
    const size = utf8Length(value);
    this.head(3, size);
    const at = this.#reserve(size);
    if (size === value.length && size < 64) {
      for (let i = 0; i < size; i++) this.#bytes[at + i] = value.charCodeAt(i);
    } else {
      encoder.encodeInto(value, this.#bytes.subarray(at, at + size));
    }
    this.#length = at + size;
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.head(0, value);
      else this.head(1, -1 - value);
    } else {
      this.#float(value);
    }
  }

  /** Any value. `levels` is how deep arrays and maps may still nest. */
  value(value: CborInput, levels: number = limits.cborDepth): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.number(value);
    else if (value === null) this.#simple(22);
    else if (typeof value === 'boolean') this.#simple(value ? 21 : 20);
    else if (value instanceof Uint8Array) this.bytes(value);
    else if (value instanceof Encoded) this.raw(value.bytes);
    else if (Array.isArray(value)) this.#list(value, levels);
    else if (value instanceof Map) this.#pairs(value, levels);
    else throw new CairnError('value-invalid', `A ${typeof value} has no form in CBOR`);
  }

  #list(items: readonly CborInput[], levels: number): void {
    if (levels === 0) throw tooDeep();
    this.array(items.length);
    for (const item of items) this.value(item, levels - 1);
  }

  #pairs(map: ReadonlyMap<string | number, CborInput>, levels: number): void {
    if (levels === 0) throw tooDeep();
    this.map(map.size);
    const pairs = [...map].sort(([a], [b]) => compareKeys(a, b));
    for (const [key, value] of pairs) {
      if (typeof key === 'string') this.text(key);
      else if (Number.isSafeInteger(key))
        this.number(key + 0); // -0 is 0 as a key, as it is to a Map
      else throw new CairnError('value-invalid', `${String(key)} cannot be a key of a map`);
      this.value(value, levels - 1);
    }
  }

  #simple(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = 0xe0 | value;
    this.#length = at + 1;
  }

  /** The shortest of half, single and double precision that keeps the value; NaN is f97e00. */
  #float(value: number): void {
    const at = this.#reserve(9);
    const half = toHalf(value);
    if (half !== null) {
      this.#bytes.set([0xf9, half >> 8, half & 0xff], at);
      this.#length = at + 3;
      return;
    }
    const size = Math.fround(value) === value ? 4 : 8;
    if (size === 4) float.setFloat32(0, value);
    else float.setFloat64(0, value);
    this.#bytes[at] = size === 4 ? 0xfa : 0xfb;
    for (let i = 0; i < size; i++) this.#bytes[at + 1 + i] = float.getUint8(i);
    this.#length = at + 1 + size;
  }

  #uint32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  /** Makes room for `size` more bytes; gives where they begin. */
  #reserve(size: number): number {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    return this.#length;
  }
}

const tooDeep = (): CairnError => new CairnError('value-invalid', 'Nested too deep for one CBOR item');

/** The order of map keys: that of their encodings. Integers from 0 up, then from -1 down, then texts, shorter first. */
export function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'string') {
    return typeof b === 'string' ? utf8Length(a) - utf8Length(b) || compareText(a, b) : 1;
  }
  if (typeof b === 'string') return -1;
  if (a < 0) return b < 0 ? b - a : 1;
  return b < 0 ? -1 : a - b;
}

/** The bits of the half-precision float of exactly this value, or null if there is none. */
export function toHalf(value: number): number | null {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size > 65504 || Math.fround(size) !== size) return null;
  float.setFloat32(0, size);
  // Subnormal halves are multiples of 2^-24; a normal one has 10 bits after its leading one.
  const exponent = Math.max(-14, (float.getUint32(0) >>> 23) - 127);
  const scaled = size * 2 ** (10 - exponent);
  if (!Number.isInteger(scaled)) return null;
  return sign | (scaled < 1024 ? scaled : ((exponent + 15) << 10) | (scaled - 1024));
}
