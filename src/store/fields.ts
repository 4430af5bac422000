import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';

/**
 * Reads the items of a decoded CBOR array one after the other, each of the kind asked for; anything else, and items
 * left over, are `malformed`.
 */
export class Fields {
  readonly #items: readonly CborValue[];
  #next = 0;

  constructor(value: CborValue) {
    if (!Array.isArray(value)) throw malformed('an array');
    this.#items = value;
  }

  any(): CborValue {
    const item = this.#items[this.#next];
    if (item === undefined) throw malformed('one more item');
    this.#next += 1;
    return item;
  }

  /** An integer from `least` up. */
  integer(least = 0): number {
    const item = this.any();
    if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < least) {
      throw malformed(`an integer from ${least}`);
    }
    return item;
  }

  text(): string {
    const item = this.any();
    if (typeof item !== 'string') throw malformed('text');
    return item;
  }

  bytes(length?: number): Bytes {
    const item = this.any();
    if (!(item instanceof Uint8Array)) throw malformed('bytes');
    if (length !== undefined && item.length !== length) throw malformed(`${length} bytes`);
    return item;
  }

  map(): ReadonlyMap<string | number, CborValue> {
    const item = this.any();
    if (!(item instanceof Map)) throw malformed('a map');
    return item;
  }

  /** Each item of an array, through `read`. */
  list<T>(read: (item: CborValue) => T): T[] {
    const item = this.any();
    if (!Array.isArray(item)) throw malformed('an array');
    return item.map(read);
  }

  /** As `list`, for items that are arrays of fields themselves. */
  records<T>(read: (fields: Fields) => T): T[] {
    return this.list((item) => {
      const fields = new Fields(item);
      const value = read(fields);
      fields.end();
      return value;
    });
  }

  /** `null`, or one array of fields. */
  optional<T>(read: (fields: Fields) => T): T | null {
    const item = this.any();
    if (item === null) return null;
    const fields = new Fields(item);
    const value = read(fields);
    fields.end();
    return value;
  }

  /** `null`, or bytes. */
  bytesOrNull(): Bytes | null {
    const item = this.any();
    if (item === null) return null;
    if (!(item instanceof Uint8Array)) throw malformed('bytes or null');
    return item;
  }

  /** `null`, or text. */
  textOrNull(): string | null {
    const item = this.any();
    if (item !== null && typeof item !== 'string') throw malformed('text or null');
    return item;
  }

  end(): void {
    if (this.#next !== this.#items.length) throw malformed('no more items');
  }
}

export function malformed(expected: string): CairnError {
  return new CairnError('malformed', `A stored record is damaged: expected ${expected}`);
}
