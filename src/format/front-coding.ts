/**
 * Texts in ascending order, each without what it shares with the one before it. The body has two heads for each: how many UTF-16 units
 * it shares, whole characters only, and how many more it has; those stand in the pool, one after the other.
 *
 * A list of texts has one form. Reading refuses any other, and with it texts that do not ascend by their bytes.
 */
import { CairnError } from '../errors.ts';
import { type Bytes, utf8, utf8Length } from './bytes.ts';
import type { Reader } from './cbor-reader.ts';
import { headBytes } from './cbor-size.ts';
import type { Writer } from './cbor-writer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How many bytes a text takes at most, whatever stands before it. @throws value-invalid for a lone surrogate */
export const keyWeight = (key: string): number => utf8Length(key) + 2 * headBytes(key.length);

export class FrontWriter {
  readonly #rests: string[] = [];
  #before = '';

  add(body: Writer, key: string): void {
    const shared = sharedUnits(this.#before, key);
    body.head(0, shared);
    body.head(0, key.length - shared);
    this.#rests.push(key.slice(shared));
    this.#before = key;
  }

  /** The pool. */
  finish(): Bytes {
    return utf8(this.#rests.join(''));
  }
}

export class FrontReader {
  readonly #pool: string;
  #at = 0;
  #before: string | null = null;

  /** @throws malformed */
  constructor(pool: Uint8Array) {
    try {
      this.#pool = decoder.decode(pool);
    } catch {
      throw new CairnError('malformed', 'Text that is no UTF-8');
    }
  }

  /** @throws malformed */
  next(body: Reader): string {
    const before = this.#before ?? '';
    const shared = body.uint();
    const end = this.#at + body.uint();
    const pool = this.#pool;
    if (shared > before.length || end > pool.length) throw body.fail('A text that does not fit');
    if (isSecondHalf(before, shared) || isSecondHalf(pool, end))
      throw body.fail('A text that ends in a character');
    // Whether the first character that is not shared is above that of the text before says both: that it ascends, and that no more is shared.
    const first = end === this.#at ? -1 : (pool.codePointAt(this.#at) ?? -1);
    if (this.#before !== null && first <= (before.codePointAt(shared) ?? -1))
      throw body.fail('Texts out of order');
    const key =
      shared === 0 ? pool.slice(this.#at, end) : before.slice(0, shared) + pool.slice(this.#at, end);
    this.#at = end;
    this.#before = key;
    return key;
  }

  /** @throws malformed unless all of the pool was read */
  finish(): void {
    if (this.#at !== this.#pool.length) throw new CairnError('malformed', 'Texts that belong to nothing');
  }
}

function sharedUnits(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return isSecondHalf(b, shared) ? shared - 1 : shared;
}

/** Whether the unit at this place is the second of a pair. */
const isSecondHalf = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
