/**
 * The bodies of the relay's API, each defined once for both sides. All are CBOR of the strict profile and at most 4 MiB;
 * `decode…` judges the size before anything else and throws `too-large`, `malformed` or, where said, `bad-range`.
 *
 *   changes         {"members": size, "cursors": [* [log, size]], "beacons": bool}
 *                 → {"now": ms, "members": {"size", "from", "entries": [* bstr]}, "heads": [* bstr], "beacons": [* bstr]}
 *   members         {"size": size before, "entry": bstr} → {"size"}
 *   entries/read    {"ranges": [+ [log, start, end]]} → {"logs": [* [log, start, [* bstr]]]}
 *   leaves/read     {"log", "start", "end"} → {"leaves": [* hash]}
 *   entries         {"log", "start", "entries": [* bstr], "head": bstr} → {"size"}
 *   beacon          the signed beacon
 *   time            → {"now": ms}
 *
 * Positions count from 1 and ranges include both ends. Lists by log ascend by log, but for ranges to read, which are
 * answered in the order asked.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Bytes, Hash } from './bytes.ts';
import { type CborInput, type CborValue, decode, encode } from './cbor.ts';
import {
  booleanOf,
  bytesOf,
  checkAscending,
  countOf,
  deviceOf,
  fieldsOf,
  hashOf,
  listOf,
  mapOf,
  tupleOf,
} from './shape.ts';
import { type DeviceNumber, maxStampMs } from './stamp.ts';

export interface LogSize {
  readonly log: DeviceNumber;
  readonly size: number;
}

/** Positions of one log, both ends included, from 1. */
export interface LogRange {
  readonly log: DeviceNumber;
  readonly start: number;
  readonly end: number;
}

export interface ChangesRequest {
  /** Size of the membership log that is here already. */
  readonly members: number;
  readonly cursors: readonly LogSize[];
  /** Whether to send the devices' beacons. */
  readonly beacons: boolean;
}

export interface ChangesAnswer {
  /** The relay's clock. */
  readonly now: number;
  readonly members: {
    /** Of the whole membership log there. */
    readonly size: number;
    /** Position of the first entry below; size + 1 if there is none. */
    readonly from: number;
    readonly entries: readonly Bytes[];
  };
  /** Heads of the logs whose size differs from the cursor (a smaller one shows a rollback), the asking device's own included. */
  readonly heads: readonly Bytes[];
  readonly beacons: readonly Bytes[];
}

export interface MembersAppend {
  /** Size of the log that the entry goes on from. */
  readonly size: number;
  readonly entry: Bytes;
}

export interface ReadRequest {
  readonly ranges: readonly LogRange[];
}

export interface ReadAnswer {
  readonly logs: readonly {
    readonly log: DeviceNumber;
    readonly start: number;
    readonly entries: readonly Bytes[];
  }[];
}

export interface EntriesAppend {
  readonly log: DeviceNumber;
  readonly start: number;
  readonly entries: readonly Bytes[];
  readonly head: Bytes;
}

/** What an event stream tells: that something is newer than it was. A lost one costs delay, never data. */
export type RelayEvent =
  | { readonly members: number }
  | { readonly log: DeviceNumber; readonly size: number }
  | { readonly beacon: DeviceNumber };

/** Logs named in one request. */
export const mostRanges = 1024;

function decodeBody(bytes: Uint8Array): CborValue {
  if (bytes.length > limits.httpBodyBytes) {
    const values = { size: bytes.length, limit: limits.httpBodyBytes };
    throw new CairnError('too-large', `A body of ${bytes.length} bytes`, values);
  }
  return decode(bytes);
}

const bytesList = (value: CborValue): Bytes[] => listOf(value).map((item) => bytesOf(item, 1));

export function encodeChangesRequest({ members, cursors, beacons }: ChangesRequest): Bytes {
  const sorted = [...cursors].sort((a, b) => a.log - b.log);
  return encode(mapOf({ members, cursors: sorted.map(({ log, size }) => [log, size]), beacons }));
}

export function decodeChangesRequest(bytes: Uint8Array): ChangesRequest {
  const fields = fieldsOf(decodeBody(bytes), 'members', 'cursors', 'beacons');
  const cursors = listOf(fields.cursors).map((item): LogSize => {
    const [log, size] = tupleOf(item, 2);
    return { log: deviceOf(log), size: countOf(size) };
  });
  checkAscending(cursors, (a, b) => a.log - b.log);
  return { members: countOf(fields.members), cursors, beacons: booleanOf(fields.beacons) };
}

export function encodeChangesAnswer({ now, members, heads, beacons }: ChangesAnswer): Bytes {
  return encode(mapOf({ now, members: mapOf({ ...members }), heads, beacons }));
}

export function decodeChangesAnswer(bytes: Uint8Array): ChangesAnswer {
  const fields = fieldsOf(decodeBody(bytes), 'now', 'members', 'heads', 'beacons');
  const members = fieldsOf(fields.members, 'size', 'from', 'entries');
  return {
    now: countOf(fields.now, 0, maxStampMs),
    members: {
      size: countOf(members.size),
      from: countOf(members.from, 1),
      entries: bytesList(members.entries),
    },
    heads: bytesList(fields.heads),
    beacons: bytesList(fields.beacons),
  };
}

export function encodeMembersAppend({ size, entry }: MembersAppend): Bytes {
  return encode(mapOf({ size, entry }));
}

export function decodeMembersAppend(bytes: Uint8Array): MembersAppend {
  const { size, entry } = fieldsOf(decodeBody(bytes), 'size', 'entry');
  return { size: countOf(size), entry: bytesOf(entry, 1) };
}

/** What an append answers: the size of the log after it. */
export function encodeSizeAnswer({ size }: { readonly size: number }): Bytes {
  return encode(mapOf({ size }));
}

export function decodeSizeAnswer(bytes: Uint8Array): { size: number } {
  return { size: countOf(fieldsOf(decodeBody(bytes), 'size').size) };
}

/** @throws bad-range unless it starts from 1 on and does not end before it starts */
function checkRange(range: LogRange): LogRange {
  if (range.start < 1 || range.end < range.start) {
    throw new CairnError('bad-range', `No range from ${range.start} to ${range.end}`, { ...range });
  }
  return range;
}

export function encodeReadRequest({ ranges }: ReadRequest): Bytes {
  return encode(mapOf({ ranges: ranges.map(({ log, start, end }) => [log, start, end]) }));
}

/** @throws bad-range also for no range at all, or more than 1,024 */
export function decodeReadRequest(bytes: Uint8Array): ReadRequest {
  const list = listOf(fieldsOf(decodeBody(bytes), 'ranges').ranges);
  if (list.length === 0 || list.length > mostRanges) {
    throw new CairnError('bad-range', `${list.length} ranges in one request`, { ranges: list.length });
  }
  const ranges = list.map((item) => {
    const [log, start, end] = tupleOf(item, 3);
    return checkRange({ log: deviceOf(log), start: countOf(start), end: countOf(end) });
  });
  return { ranges };
}

export function encodeReadAnswer({ logs }: ReadAnswer): Bytes {
  return encode(mapOf({ logs: logs.map(({ log, start, entries }): CborInput => [log, start, entries]) }));
}

export function decodeReadAnswer(bytes: Uint8Array): ReadAnswer {
  const logs = listOf(fieldsOf(decodeBody(bytes), 'logs').logs, mostRanges).map((item) => {
    const [log, start, entries] = tupleOf(item, 3);
    return { log: deviceOf(log), start: countOf(start, 1), entries: bytesList(entries) };
  });
  return { logs };
}

export function encodeLeavesRequest({ log, start, end }: LogRange): Bytes {
  return encode(mapOf({ log, start, end }));
}

/** @throws bad-range also for more than 65,536 leaves */
export function decodeLeavesRequest(bytes: Uint8Array): LogRange {
  const { log, start, end } = fieldsOf(decodeBody(bytes), 'log', 'start', 'end');
  const range = checkRange({ log: deviceOf(log), start: countOf(start), end: countOf(end) });
  if (range.end - range.start >= limits.leavesPerStep) {
    throw new CairnError('bad-range', 'Too many leaves for one step', { limit: limits.leavesPerStep });
  }
  return range;
}

export function encodeLeavesAnswer({ leaves }: { readonly leaves: readonly Hash[] }): Bytes {
  return encode(mapOf({ leaves }));
}

export function decodeLeavesAnswer(bytes: Uint8Array): { leaves: Hash[] } {
  return { leaves: listOf(fieldsOf(decodeBody(bytes), 'leaves').leaves, limits.leavesPerStep).map(hashOf) };
}

export function encodeEntriesAppend({ log, start, entries, head }: EntriesAppend): Bytes {
  return encode(mapOf({ log, start, entries, head }));
}

/** There may be no entries: then the same size and root are only signed anew. */
export function decodeEntriesAppend(bytes: Uint8Array): EntriesAppend {
  const { log, start, entries, head } = fieldsOf(decodeBody(bytes), 'log', 'start', 'entries', 'head');
  return {
    log: deviceOf(log),
    start: countOf(start, 1),
    entries: bytesList(entries),
    head: bytesOf(head, 1),
  };
}

export function encodeTimeAnswer({ now }: { readonly now: number }): Bytes {
  return encode(mapOf({ now }));
}

export function decodeTimeAnswer(bytes: Uint8Array): { now: number } {
  return { now: countOf(fieldsOf(decodeBody(bytes), 'now').now, 0, maxStampMs) };
}

/** The data of one server-sent event: JSON, as that format is text. */
export function encodeEvent(event: RelayEvent): string {
  return JSON.stringify(event);
}

/** @throws malformed */
export function decodeEvent(text: string): RelayEvent {
  let json: unknown = null;
  try {
    json = text.length <= 256 ? JSON.parse(text) : null;
  } catch {
    // no JSON at all
  }
  if (typeof json === 'object' && json !== null) {
    if ('members' in json && typeof json.members === 'number') return { members: countOf(json.members) };
    if ('log' in json && 'size' in json && typeof json.log === 'number' && typeof json.size === 'number') {
      return { log: deviceOf(json.log), size: countOf(json.size) };
    }
    if ('beacon' in json && typeof json.beacon === 'number') return { beacon: deviceOf(json.beacon) };
  }
  throw new CairnError('malformed', 'Not an event of this API');
}
