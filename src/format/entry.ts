/**
 * One entry of a device's log: one or more changesets, packed and sealed, at a position.
 *
 *   entry  = [format, space, device, position, schema, epoch, codec, size, sealed size, nonce, sealed]
 *   body   = [+ changeset]                                     stamps strictly ascending
 *   packed = body                                              codec 0
 *          / raw deflate of body                               codec 1, only if that is shorter
 *   sealed = AES-256-GCM(entry key of the epoch, nonce, additional data, packed)
 *   additional data = [format, space, device, position, schema, epoch, codec, size, sealed size]
 *
 * `schema` is the lowest version of the app's schema that may read the entry, 0 for any. `size` is that of the body.
 *
 * 1. The size of the whole is judged first, then the format number, before anything else: one above ours is
 *    `newer-format`, whatever follows it (PULL-2, PULL-9).
 * 2. Of a format that we know, `malformed` follows from the bytes alone, so every replica says it or none (PULL-12).
 *    Stated sizes that differ from the bytes are malformed (LOG-9), and no memory is taken for a stated size above its
 *    limit (RELAY-8).
 * 3. What was opened and kept as `{header, nonce, packed}` seals to the identical entry again.
 */
import { open, seal } from '../crypto/aead.ts';
import { deflate } from '../crypto/deflate.ts';
import { inflateSoon } from '../crypto/inflate-soon.ts';
import { nonceLength, tagLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { asHash, type Bytes, equal, type SpaceId } from './bytes.ts';
import { Reader, Writer } from './cbor.ts';
import type { Changeset } from './changeset.ts';
import {
  type Codec,
  codecs,
  decodeBody,
  type EntryHeader,
  entryFormat,
  type OpenedEntry,
} from './opened-entry.ts';
import { asDeviceNumber } from './stamp.ts';

export interface Entry {
  readonly header: EntryHeader;
  readonly nonce: Bytes;
  /** In the bytes that were decoded, not a copy: it is opened, and let go. */
  readonly sealed: Bytes;
}

/** What the author of an entry decides; the rest follows from the body. */
export type EntryFields = Pick<EntryHeader, 'space' | 'device' | 'position' | 'schema' | 'epoch'>;

const headerParts = 9;
const parts = headerParts + 2;

function writeHeader(writer: Writer, header: EntryHeader): void {
  writer.number(header.format);
  writer.bytes(header.space);
  writer.number(header.device);
  writer.number(header.position);
  writer.number(header.schema);
  writer.number(header.epoch);
  writer.number(header.codec);
  writer.number(header.size);
  writer.number(header.sealedSize);
}

function additionalData(header: EntryHeader): Bytes {
  const writer = new Writer(96);
  writer.array(headerParts);
  writeHeader(writer, header);
  return writer.finish();
}

export function encodeEntry(entry: Entry): Bytes {
  const writer = new Writer(128 + entry.sealed.length);
  writer.array(parts);
  writeHeader(writer, entry.header);
  writer.bytes(entry.nonce);
  writer.bytes(entry.sealed);
  return writer.finish();
}

/** @throws too-large, newer-format, malformed; in that order */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length > limits.entryBytes) {
    const values = { size: bytes.length, limit: limits.entryBytes };
    throw new CairnError('too-large', `An entry of ${bytes.length} bytes`, values);
  }
  const reader = new Reader(bytes);
  const count = reader.array();
  const format = reader.uint();
  if (format > entryFormat) {
    throw new CairnError('newer-format', `An entry of format ${format}`, { format, ours: entryFormat });
  }
  if (format !== entryFormat || count !== parts) throw reader.fail('An entry of no format');
  const header: EntryHeader = {
    format,
    space: readSpace(reader),
    device: asDeviceNumber(reader.uint()),
    position: atLeastOne(reader),
    schema: reader.uint(),
    epoch: atLeastOne(reader),
    codec: readCodec(reader),
    size: reader.uint(),
    sealedSize: reader.uint(),
  };
  const nonce = reader.byteString();
  const sealed = reader.byteView();
  reader.finish();
  const packedSize = sealed.length - tagLength;
  const sizeFits = header.codec === codecs.plain ? header.size === packedSize : header.size > packedSize;
  if (nonce.length !== nonceLength || header.sealedSize !== sealed.length || packedSize < 1 || !sizeFits) {
    throw reader.fail('Sizes that do not fit the bytes');
  }
  if (header.size > limits.bodyBytes) throw reader.fail(`A body of ${header.size} bytes`);
  return { header, nonce, sealed };
}

/** The space of the entry decoded last. Entries of one space come by the thousand, and share its bytes. */
let lastSpace: SpaceId = asHash(new Uint8Array(32));

function readSpace(reader: Reader): SpaceId {
  const bytes = reader.byteView();
  if (!equal(bytes, lastSpace)) lastSpace = asHash(new Uint8Array(bytes));
  return lastSpace;
}

function atLeastOne(reader: Reader): number {
  const value = reader.uint();
  if (value === 0) throw reader.fail('A count from 1 that is 0');
  return value;
}

function readCodec(reader: Reader): Codec {
  const codec = reader.uint();
  if (codec !== codecs.plain && codec !== codecs.deflate) throw reader.fail(`Codec ${codec}`);
  return codec;
}

/** @throws malformed unless the entry states the place at which it was verified (LOG-9) */
export function checkHeader(entry: Entry, place: Pick<EntryHeader, 'space' | 'device' | 'position'>): void {
  const { space, device, position } = entry.header;
  if (!equal(space, place.space) || device !== place.device || position !== place.position) {
    const values = { device, position, atDevice: place.device, atPosition: place.position };
    throw new CairnError('malformed', 'An entry at another place than it states', values);
  }
}

/** Below this size a body travels as it is: deflating would save little, and inflating costs more than all the rest. */
const worthDeflating = 1024;

/**
 * Seals a body under the entry key of the epoch stated.
 * @throws too-large if the body or the entry is beyond its limit
 */
export async function sealEntry(
  key: CryptoKey,
  fields: EntryFields,
  body: Bytes,
  nonce: Bytes,
): Promise<{ entry: Bytes; opened: OpenedEntry }> {
  if (body.length > limits.bodyBytes) throw tooLarge(body.length, limits.bodyBytes);
  const deflated = body.length < worthDeflating ? body : deflate(body);
  const codec = deflated.length < body.length ? codecs.deflate : codecs.plain;
  const packed = codec === codecs.deflate ? deflated : body;
  const { space, device, position, schema, epoch } = fields;
  const sizes = { codec, size: body.length, sealedSize: packed.length + tagLength };
  const opened = {
    header: { format: entryFormat, space, device, position, schema, epoch, ...sizes },
    nonce,
    packed,
  };
  const entry = await resealEntry(key, opened);
  if (entry.length > limits.entryBytes) throw tooLarge(entry.length, limits.entryBytes);
  return { entry, opened };
}

const tooLarge = (size: number, limit: number): CairnError =>
  new CairnError('too-large', `${size} bytes do not fit one entry`, { size, limit });

/** The sealed entry of an opened one: the same bytes as before. */
export async function resealEntry(key: CryptoKey, opened: OpenedEntry): Promise<Bytes> {
  const { header, nonce, packed } = opened;
  return encodeEntry({ header, nonce, sealed: await seal(key, nonce, additionalData(header), packed) });
}

/**
 * Opens an entry with the entry key of its epoch.
 * @throws cannot-open, malformed
 */
export async function openEntry(
  key: CryptoKey,
  entry: Entry,
): Promise<{ opened: OpenedEntry; changesets: Changeset[] }> {
  const { header, nonce, sealed } = entry;
  const packed = await open(key, nonce, additionalData(header), sealed);
  const isPlain = header.codec === codecs.plain;
  const body = isPlain ? packed : await inflateSoon(packed, header.size, limits.bodyBytes);
  return { opened: { header, nonce, packed }, changesets: decodeBody(body) };
}
