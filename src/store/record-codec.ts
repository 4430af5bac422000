import { nonceLength, tagLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { asHash, asPublicKey, asWrapKey, type Bytes } from '../format/bytes.ts';
import { type CborInput, decode, encode } from '../format/cbor.ts';
import { codecs, entryFormat, type OpenedEntry } from '../format/opened-entry.ts';
import { asDeviceNumber, type DeviceNumber } from '../format/stamp.ts';
import { baseFields, readBase } from './base-codec.ts';
import { asBytes, asHoldReason, asPassReason, cursorFields, readCursor, readTextMap } from './codec-parts.ts';
import { Fields, malformed } from './fields.ts';
import type { AppliedEntry, AppliedRun, JournalRecord, SealedEntry } from './record.ts';

/**
 * The bytes of journal records: deterministic CBOR, one array a record:
 *
 *   [journal format = 1, position, writer, kind, …fields of the kind]
 *
 * 1. `position` is the key the record lies under, so a record out of its place shows itself.
 * 2. `writer` is random for each opened store. A writer that can't know whether its last `add` went through compares what lies there
 *    with what it tried: equal bytes are its own.
 * 3. A format above ours is `newer-database`; anything else that does not decode is `malformed`.
 *
 * Entries in opened form keep of their header what the run does not say already: space, log and position follow from
 * the store, the run and the place in it.
 */
const journalFormat = 1;
export const writerLength = 8;

export interface StoredRecord {
  readonly writer: Bytes;
  readonly record: JournalRecord;
}

export function encodeRecord(position: number, writer: Bytes, record: JournalRecord): Bytes {
  return encode([journalFormat, position, writer, record.kind, ...fieldsOf(record)]);
}

/** `space` and `position` are where the bytes were found: what they must fit. */
export function decodeRecord(bytes: Bytes, position: number, space: Bytes): StoredRecord {
  const fields = new Fields(decode(bytes));
  const format = fields.integer(1);
  if (format > journalFormat) {
    throw new CairnError('newer-database', `Journal record ${position} has format ${format}`, { position });
  }
  if (fields.integer(1) !== position) throw malformed(`the record of position ${position}`);
  const writer = fields.bytes(writerLength);
  const record = readRecord(fields, space);
  fields.end();
  return { writer, record };
}

function fieldsOf(record: JournalRecord): CborInput[] {
  switch (record.kind) {
    case 'local':
      return [record.device, record.changeset];
    case 'device':
      return [record.sign, record.wrap];
    case 'members':
      return [record.from, record.entries];
    case 'applied':
      return [record.heads, record.logs.map(runFields)];
    case 'sealed':
      return [record.from, record.entries.map(sealedFields), cursorFields(record.after), record.head];
    case 'sent':
      return [record.size, record.term];
    case 'acknowledged':
      return [record.size, record.root];
    case 'held':
      return [record.log, record.position, record.reason, record.since, record.tries, record.evidence];
    case 'released':
      return [record.log];
    case 'term':
      return [record.term, record.tab];
    case 'folded':
      return [record.follows, baseFields(record.base)];
    case 'joining':
      return [record.state, record.values];
  }
}

function readRecord(fields: Fields, space: Bytes): JournalRecord {
  const kind = fields.text();
  switch (kind) {
    case 'local':
      return { kind, device: readDevice(fields), changeset: fields.bytes() };
    case 'device':
      return { kind, sign: asPublicKey(fields.bytes(32)), wrap: asWrapKey(fields.bytes(32)) };
    case 'members':
      return { kind, from: fields.integer(1), entries: fields.list(asBytes) };
    case 'applied':
      return {
        kind,
        heads: fields.list(asBytes),
        logs: fields.records((run) => readRun(run, space)),
      };
    case 'sealed':
      return readSealed(fields, space);
    case 'sent':
      return { kind, size: fields.integer(1), term: fields.integer() };
    case 'acknowledged':
      return { kind, size: fields.integer(), root: asHash(fields.bytes(32)) };
    case 'held':
      return {
        kind,
        log: readDevice(fields),
        position: fields.integer(1),
        reason: asHoldReason(fields.text()),
        since: fields.integer(),
        tries: fields.integer(),
        evidence: fields.bytesOrNull(),
      };
    case 'released':
      return { kind, log: readDevice(fields) };
    case 'term':
      return { kind, term: fields.integer(1), tab: fields.text() };
    case 'folded':
      return { kind, follows: fields.integer(), base: readBase(fields) };
    case 'joining':
      return { kind, state: fields.text(), values: readTextMap(fields.map()) };
    default:
      throw malformed(`a known kind of record, not "${kind}"`);
  }
}

function runFields(run: AppliedRun): CborInput {
  return [run.log, run.from, run.entries.map(entryFields), cursorFields(run.after)];
}

function readRun(fields: Fields, space: Bytes): AppliedRun {
  const log = readDevice(fields);
  const from = fields.integer(1);
  let position = from;
  const entries = fields.records((entry) => {
    const read = readEntry(entry, space, log, position);
    position += 1;
    return read;
  });
  return { log, from, entries, after: readCursor(fields) };
}

function entryFields(entry: AppliedEntry): CborInput {
  return entry.kind === 'opened' ? openedFields(entry) : [entry.reason, entry.bytes];
}

function readEntry(fields: Fields, space: Bytes, log: DeviceNumber, position: number): AppliedEntry {
  const first = fields.any();
  if (typeof first === 'string') {
    return { kind: 'passed', reason: asPassReason(first), bytes: fields.bytes() };
  }
  if (typeof first !== 'number' || first < 0) throw malformed('an entry');
  return { kind: 'opened', ...readOpened(first, fields, space, log, position) };
}

function openedFields({ header, nonce, packed }: OpenedEntry): CborInput[] {
  return [header.schema, header.epoch, header.codec, header.size, nonce, packed];
}

function readOpened(
  schema: number,
  fields: Fields,
  space: Bytes,
  device: DeviceNumber,
  position: number,
): OpenedEntry {
  const epoch = fields.integer(1);
  const codec = fields.integer();
  if (codec !== codecs.plain && codec !== codecs.deflate) throw malformed('codec 0 or 1');
  const size = fields.integer();
  const nonce = fields.bytes(nonceLength);
  const packed = fields.bytes();
  const sealedSize = packed.length + tagLength;
  return {
    header: {
      format: entryFormat,
      space: asHash(space),
      device,
      position,
      schema,
      epoch,
      codec,
      size,
      sealedSize,
    },
    nonce,
    packed,
  };
}

function sealedFields({ entry, through }: SealedEntry): CborInput {
  return [entry.header.device, through, ...openedFields(entry)];
}

function readSealed(fields: Fields, space: Bytes): JournalRecord {
  const from = fields.integer(1);
  let position = from;
  const entries = fields.records((item): SealedEntry => {
    const device = readDevice(item);
    const through = item.integer(1);
    const entry = readOpened(item.integer(), item, space, device, position);
    position += 1;
    return { entry, through };
  });
  return { kind: 'sealed', from, entries, after: readCursor(fields), head: fields.bytes() };
}

function readDevice(fields: Fields): DeviceNumber {
  return asDeviceNumber(fields.integer(1));
}
