/**
 * CBOR (RFC 8949) in core deterministic encoding (§4.2.1), and nothing else: one value has one encoding, and what is
 * encoded otherwise is refused as `malformed` by every decoder alike (LOG-1).
 *
 * 1. Values are null, booleans, numbers, text, byte strings, arrays, and maps whose keys are text or integers.
 * 2. A number that is a safe integer (and not -0) is an integer; any other number is a float. Integers and lengths take
 *    the shortest form, floats the shortest of half, single and double that keeps the value; NaN is f97e00.
 * 3. The keys of a map ascend strictly by their encoded bytes, so no key comes twice.
 * 4. Refused: integers beyond ±(2^53−1), tags, undefined and other simple values, indefinite lengths, text that is
 *    not UTF-8, more than 16 levels of arrays and maps, bytes after the item. (COSE and CWT objects bear tags; `signed`
 *    and `token` read those themselves.)
 * 5. In JavaScript a map is a `Map`, never an object, so no key from outside is ever a property name.
 */
import type { Bytes } from './bytes.ts';
import { type CborValue, Reader } from './cbor-reader.ts';
import { type CborInput, Writer } from './cbor-writer.ts';

export { type CborValue, Reader } from './cbor-reader.ts';
export { type CborInput, compareKeys, Encoded, Writer } from './cbor-writer.ts';

/** @throws value-invalid for what has no encoding */
export function encode(value: CborInput): Bytes {
  const writer = new Writer();
  writer.value(value);
  return writer.finish();
}

/** @throws malformed */
export function decode(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes);
  const value = reader.value();
  reader.finish();
  return value;
}
