import { asHash, type Bytes } from '../format/bytes.ts';
import type { CborInput, CborValue } from '../format/cbor.ts';
import type { HoldReason } from '../model/hold.ts';
import { wakesOn } from '../model/hold.ts';
import { type Fields, malformed } from './fields.ts';
import type { Cursor, PassReason } from './record.ts';

/** The parts that journal records and saved standings are both made of. */

export function cursorFields(cursor: Cursor): CborInput {
  return [cursor.size, cursor.root, cursor.frontier.hashes];
}

export function readCursor(fields: Fields): Cursor {
  const cursor = fields.optional(readCursorFields);
  if (cursor === null) throw malformed('a cursor');
  return cursor;
}

export function readCursorFields(fields: Fields): Cursor {
  const size = fields.integer();
  const root = asHash(fields.bytes(32));
  const hashes = fields.list((hash) => asHash(asBytes(hash)));
  return { size, root, frontier: { size, hashes } };
}

export function asBytes(item: CborValue): Bytes {
  if (item instanceof Uint8Array) return item;
  throw malformed('bytes');
}

export function asPassReason(text: string): PassReason {
  if (text === 'malformed' || text === 'set-aside') return text;
  throw malformed('a reason to pass an entry');
}

export function asHoldReason(text: string): HoldReason {
  if (Object.hasOwn(wakesOn, text)) return text as HoldReason; // a key of the closed table of reasons
  throw malformed('a reason of a hold');
}

export function readTextMap(map: ReadonlyMap<string | number, CborValue>): ReadonlyMap<string, CborValue> {
  const texts = new Map<string, CborValue>();
  for (const [key, value] of map) {
    if (typeof key !== 'string') throw malformed('text as a key');
    texts.set(key, value);
  }
  return texts;
}
