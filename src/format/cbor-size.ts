/** How many bytes what the writer of CBOR writes takes, without writing it. */
import { utf8Length } from './bytes.ts';
import type { CborValue } from './cbor-reader.ts';

/** A head with this argument. */
export function headBytes(argument: number): number {
  return argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : argument < 0x100000000 ? 5 : 9;
}

/** At most so many: what is no integer counts as the longest float. @throws value-invalid for a lone surrogate */
export function valueBytes(value: CborValue): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 9;
    return headBytes(value < 0 ? -1 - value : value);
  }
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') {
    const size = utf8Length(value);
    return headBytes(size) + size;
  }
  if (value instanceof Uint8Array) return headBytes(value.length) + value.length;
  if (isList(value))
    return value.reduce<number>((sum, item) => sum + valueBytes(item), headBytes(value.length));
  let sum = headBytes(value.size);
  for (const [key, item] of value) sum += valueBytes(key) + valueBytes(item);
  return sum;
}

function isList(
  value: readonly CborValue[] | ReadonlyMap<string | number, CborValue>,
): value is readonly CborValue[] {
  return Array.isArray(value);
}
