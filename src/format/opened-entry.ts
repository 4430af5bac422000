/**
 * An entry of a log once it was opened: its header, what was given to AES-GCM, and the changesets inside. This is the form in
 * which the journal keeps entries; `entry` has the whole layout and seals.
 */
import { inflate } from '../crypto/inflate.ts';
import { limits } from '../limits.ts';
import type { Bytes, SpaceId } from './bytes.ts';
import { Reader, Writer } from './cbor.ts';
import { type Changeset, readChangeset } from './changeset.ts';
import type { DeviceNumber } from './stamp.ts';

export const entryFormat = 1;

export const codecs = { plain: 0, deflate: 1 } as const;
export type Codec = (typeof codecs)[keyof typeof codecs];

export interface EntryHeader {
  readonly format: number;
  readonly space: SpaceId;
  readonly device: DeviceNumber;
  /** From 1. */
  readonly position: number;
  /** The lowest app schema that may read this entry; 0: any. */
  readonly schema: number;
  readonly epoch: number;
  readonly codec: Codec;
  /** Bytes of the body, inflated. */
  readonly size: number;
  /** Bytes of the sealed body, tag included. */
  readonly sealedSize: number;
}

/** An entry as it is kept once opened: with its key it is the sealed entry again. */
export interface OpenedEntry {
  readonly header: EntryHeader;
  readonly nonce: Bytes;
  /** What was given to AES-GCM: the body, deflated or not. */
  readonly packed: Bytes;
}

/** The body of these encoded changesets, of which there is at least one and whose stamps ascend strictly. */
export function encodeBody(changesets: readonly Bytes[]): Bytes {
  const writer = new Writer(9 + changesets.reduce((size, { length }) => size + length, 0));
  writer.array(changesets.length);
  for (const changeset of changesets) writer.raw(changeset);
  return writer.finish();
}

/** @throws malformed */
export function decodeBody(body: Uint8Array): Changeset[] {
  const reader = new Reader(body);
  const count = reader.array();
  if (count === 0) throw reader.fail('A body without changesets');
  const changesets: Changeset[] = [];
  for (let i = 0; i < count; i++) {
    const changeset = readChangeset(reader);
    if (i > 0 && changeset.stamp <= changesets[i - 1].stamp) throw reader.fail('Stamps that do not ascend');
    changesets.push(changeset);
  }
  reader.finish();
  return changesets;
}

/** The changesets of an opened entry. @throws malformed */
export function changesetsOf({ header, packed }: Pick<OpenedEntry, 'header' | 'packed'>): Changeset[] {
  return decodeBody(header.codec === codecs.plain ? packed : inflate(packed, header.size, limits.bodyBytes));
}
