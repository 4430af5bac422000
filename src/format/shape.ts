/**
 * Takes decoded CBOR apart by its expected shape, strictly: exactly the named fields, exactly so many items, numbers
 * and lengths within their bounds. Anything else is `malformed`, with the name of what was expected.
 */
import { CairnError } from '../errors.ts';
import {
  asHash,
  asPublicKey,
  asWrapKey,
  type Bytes,
  type Hash,
  type PublicKey,
  utf8Length,
  type WrapKey,
} from './bytes.ts';
import type { CborInput, CborValue } from './cbor.ts';
import { asDeviceNumber, asStamp, type DeviceNumber, type Stamp } from './stamp.ts';

const misshapen = (what: string): CairnError => new CairnError('malformed', `Not ${what}`);

/** A map for the encoder, from the fields of an object. */
export function mapOf(fields: Readonly<Record<string, CborInput>>): ReadonlyMap<string, CborInput> {
  return new Map(Object.entries(fields));
}

/** The fields of a map that has these text keys and no other. */
export function fieldsOf<Name extends string>(
  value: CborValue,
  ...names: readonly Name[]
): Record<Name, CborValue> {
  if (!(value instanceof Map) || value.size !== names.length) throw misshapen(`a map of ${names.join(', ')}`);
  const fields: Partial<Record<Name, CborValue>> = {};
  for (const name of names) {
    const field: CborValue | undefined = value.get(name);
    if (field === undefined) throw misshapen(`a map of ${names.join(', ')}`);
    fields[name] = field;
  }
  return fields as Record<Name, CborValue>; // every name has been set
}

export function listOf(value: CborValue, most = Number.MAX_SAFE_INTEGER): readonly CborValue[] {
  if (!Array.isArray(value) || value.length > most) throw misshapen(`a list of at most ${most}`);
  return value;
}

export function tupleOf(value: CborValue, count: number): readonly CborValue[] {
  const items = listOf(value, count);
  if (items.length !== count) throw misshapen(`a list of ${count}`);
  return items;
}

/** An integer within both bounds. */
export function countOf(value: CborValue, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw misshapen(`an integer from ${least} to ${most}`);
  }
  return value;
}

export function booleanOf(value: CborValue): boolean {
  if (typeof value !== 'boolean') throw misshapen('true or false');
  return value;
}

/** Text of so many bytes of UTF-8. */
export function textOf(value: CborValue, least: number, most: number): string {
  if (typeof value !== 'string' || value.length > most) throw misshapen(`text of at most ${most} bytes`);
  const length = utf8Length(value);
  if (length < least || length > most) throw misshapen(`text of ${least} to ${most} bytes`);
  return value;
}

/** A byte string of so many bytes. */
export function bytesOf(value: CborValue, least = 0, most: number = Number.MAX_SAFE_INTEGER): Bytes {
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) {
    throw misshapen(`${least} to ${most} bytes`);
  }
  return value;
}

export const hashOf = (value: CborValue): Hash => asHash(bytesOf(value));
export const publicKeyOf = (value: CborValue): PublicKey => asPublicKey(bytesOf(value));
export const wrapKeyOf = (value: CborValue): WrapKey => asWrapKey(bytesOf(value));
export const stampOf = (value: CborValue): Stamp => asStamp(countOf(value));
export const deviceOf = (value: CborValue): DeviceNumber => asDeviceNumber(countOf(value, 1));

/** Throws unless `order` ascends strictly along the items: one set of things has one list. */
export function checkAscending<T>(items: readonly T[], order: (a: T, b: T) => number): void {
  for (let i = 1; i < items.length; i++) {
    if (order(items[i - 1], items[i]) >= 0) throw misshapen('strictly ascending');
  }
}
