import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asHash, type Bytes, fromHex } from '../../src/format/bytes.ts';
import { type CborInput, decode, encode } from '../../src/format/cbor.ts';
import { mapOf } from '../../src/format/shape.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import {
  decodeChangesAnswer,
  decodeChangesRequest,
  decodeEntriesAppend,
  decodeEvent,
  decodeLeavesAnswer,
  decodeLeavesRequest,
  decodeMembersAppend,
  decodeReadAnswer,
  decodeReadRequest,
  decodeSizeAnswer,
  decodeTimeAnswer,
  encodeChangesAnswer,
  encodeChangesRequest,
  encodeEntriesAppend,
  encodeEvent,
  encodeLeavesAnswer,
  encodeLeavesRequest,
  encodeMembersAppend,
  encodeReadAnswer,
  encodeReadRequest,
  encodeSizeAnswer,
  encodeTimeAnswer,
  mostRanges,
  type RelayEvent,
} from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { property } from '../property.ts';
import { type Draw, drawn } from './arbitrary.ts';
import { expectSame } from './same.ts';
import { fill } from './samples.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const malformed = code('malformed');
const badRange = code('bad-range');

/** A body: how it is drawn, written and read. */
interface Body<T> {
  readonly draw: (from: Draw) => T;
  readonly encode: (value: T) => Bytes;
  readonly decode: (bytes: Bytes) => T;
}
const body = <T>(one: Body<T>): Body<unknown> => one as Body<unknown>; // drawn, written and read by the same three

const entries = (from: Draw): Bytes[] => from.list(4, () => from.bytesUpTo(20, 1));
const position = (from: Draw): number => Math.max(1, from.count());
const range = (from: Draw) => {
  const start = Math.max(1, from.below(2 ** 30));
  return { log: from.device(), start, end: start + from.below(1000) };
};
/** One of each log, in order. */
const byLog = <T extends { readonly log: number }>(list: T[]): T[] =>
  [...new Map(list.map((one) => [one.log, one])).values()].sort((a, b) => a.log - b.log);

const bodies: Record<string, Body<unknown>> = {
  'changes request': body({
    draw: (from) => ({
      members: from.count(),
      cursors: byLog(from.list(5, () => ({ log: from.device(), size: from.count() }))),
      beacons: from.below(2) === 1,
    }),
    encode: encodeChangesRequest,
    decode: decodeChangesRequest,
  }),
  'changes answer': body({
    draw: (from) => ({
      now: from.below(2 ** 32),
      members: { size: from.count(), from: position(from), entries: entries(from) },
      heads: entries(from),
      beacons: entries(from),
    }),
    encode: encodeChangesAnswer,
    decode: decodeChangesAnswer,
  }),
  'members append': body({
    draw: (from) => ({ size: from.count(), entry: from.bytesUpTo(20, 1) }),
    encode: encodeMembersAppend,
    decode: decodeMembersAppend,
  }),
  'size answer': body({
    draw: (from) => ({ size: from.count() }),
    encode: encodeSizeAnswer,
    decode: decodeSizeAnswer,
  }),
  'read request': body({
    draw: (from) => ({ ranges: [range(from), ...from.list(4, () => range(from))] }),
    encode: encodeReadRequest,
    decode: decodeReadRequest,
  }),
  'read answer': body({
    draw: (from) => ({
      logs: from.list(4, () => ({ log: from.device(), start: position(from), entries: entries(from) })),
    }),
    encode: encodeReadAnswer,
    decode: decodeReadAnswer,
  }),
  'leaves request': body({ draw: range, encode: encodeLeavesRequest, decode: decodeLeavesRequest }),
  'leaves answer': body({
    draw: (from) => ({ leaves: from.list(5, () => asHash(from.bytesUpTo(32, 32))) }),
    encode: encodeLeavesAnswer,
    decode: decodeLeavesAnswer,
  }),
  'entries append': body({
    draw: (from) => ({
      log: from.device(),
      start: position(from),
      entries: entries(from),
      head: from.bytesUpTo(20, 1),
    }),
    encode: encodeEntriesAppend,
    decode: decodeEntriesAppend,
  }),
  'time answer': body({
    draw: (from) => ({ now: from.below(2 ** 32) }),
    encode: encodeTimeAnswer,
    decode: decodeTimeAnswer,
  }),
};

for (const [name, one] of Object.entries(bodies)) {
  property(`LOG-1: any ${name} comes back, and has one encoding`, 10_000, drawn(one.draw), (value) => {
    const bytes = one.encode(value);
    expectSame(one.decode(bytes), value);
    expectSame(encode(decode(bytes)), bytes);
  });

  property(
    `TEST-8: a changed ${name} is refused with a code or is another one`,
    10_000,
    drawn(one.draw),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    (value, at, flip) => {
      const bytes = one.encode(value);
      bytes[at % bytes.length] ^= flip;
      try {
        expectSame(one.encode(one.decode(bytes)), bytes);
      } catch (thrown) {
        expect(thrown).toMatchObject({
          name: 'CairnError',
          code: expect.stringMatching(/^(malformed|bad-range)$/),
        });
      }
    },
  );

  test(`TEST-8: a ${name} over 4 MiB is refused unread, and one of nothing too`, () => {
    expect(() => one.decode(new Uint8Array(limits.httpBodyBytes + 1))).toThrow(code('too-large'));
    expect(() => one.decode(new Uint8Array(limits.httpBodyBytes))).toThrow(malformed);
    expect(() => one.decode(new Uint8Array(0))).toThrow(malformed);
    for (const other of [null, [], 5, 'x', new Map(), new Map([[1, 1]])]) {
      expect(() => one.decode(encode(other))).toThrow(malformed);
    }
  });
}

property('TEST-8: random bytes are no body', 10_000, fc.uint8Array({ maxLength: 60 }), (random) => {
  for (const one of Object.values(bodies)) {
    expect(() => one.decode(new Uint8Array(random))).toThrow(expect.objectContaining({ name: 'CairnError' }));
  }
});

const read = (ranges: CborInput): Bytes => encode(mapOf({ ranges }));

test.each<[string, CborInput]>([
  ['no range', []],
  ['a reversed range', [[1, 5, 4]]],
  ['a range from 0', [[1, 0, 4]]],
  [
    'a good and a reversed range',
    [
      [1, 1, 4],
      [2, 2, 1],
    ],
  ],
  ['too many ranges', Array.from({ length: mostRanges + 1 }, (_, i) => [i + 1, 1, 1])],
])('RELAY-6: a request to read %s is refused as bad-range', (_, ranges) => {
  expect(() => decodeReadRequest(read(ranges))).toThrow(badRange);
});

test.each<[string, CborInput]>([
  ['a range of two numbers', [[1, 5]]],
  ['a range of text', [[1, '1', '2']]],
  ['a negative position', [[1, -1, 4]]],
  ['log 0', [[0, 1, 1]]],
  ['a map', new Map()],
])('RELAY-6: a request to read %s does not decode', (_, ranges) => {
  expect(() => decodeReadRequest(read(ranges))).toThrow(malformed);
});

test('RELAY-7: the most ranges and the most leaves are read, one more is not', () => {
  const most = Array.from({ length: mostRanges }, (_, i) => [i + 1, 1, 1]);
  expect(decodeReadRequest(read(most)).ranges).toHaveLength(mostRanges);
  const log = asDeviceNumber(1);
  const leaves = (end: number): Bytes => encodeLeavesRequest({ log, start: 1, end });
  expect(decodeLeavesRequest(leaves(limits.leavesPerStep)).end).toBe(limits.leavesPerStep);
  expect(() => decodeLeavesRequest(leaves(limits.leavesPerStep + 1))).toThrow(badRange);
  expect(() => decodeLeavesRequest(leaves(0))).toThrow(badRange);
});

test('LOG-1: cursors ascend and no log comes twice; when written they are put in order', () => {
  const request = (cursors: CborInput): Bytes => encode(mapOf({ members: 0, cursors, beacons: false }));
  expect(
    decodeChangesRequest(
      request([
        [1, 0],
        [2, 5],
      ]),
    ).cursors,
  ).toHaveLength(2);
  for (const cursors of [
    [
      [2, 0],
      [1, 0],
    ],
    [
      [1, 0],
      [1, 0],
    ],
    [[1]],
    [[0, 1]],
    [[1, -1]],
  ]) {
    expect(() => decodeChangesRequest(request(cursors))).toThrow(malformed);
  }
  const cursors = [2, 1].map((log) => ({ log: asDeviceNumber(log), size: 0 }));
  expect(decodeChangesRequest(encodeChangesRequest({ members: 0, cursors, beacons: true })).cursors).toEqual(
    cursors.toReversed(),
  );
});

test('LOG-6: an empty entry, head or beacon is none', () => {
  const empty = new Uint8Array(0);
  expect(() => decodeMembersAppend(encode(mapOf({ size: 0, entry: empty })))).toThrow(malformed);
  const append = (items: CborInput, head: CborInput): Bytes =>
    encode(mapOf({ log: 1, start: 1, entries: items, head }));
  expect(decodeEntriesAppend(append([], fill(1, 1))).entries).toEqual([]);
  expect(() => decodeEntriesAppend(append([empty], fill(1, 1)))).toThrow(malformed);
  expect(() => decodeEntriesAppend(append([], empty))).toThrow(malformed);
});

test('TEST-8: a stated count of entries that the body cannot hold is refused before it is allocated', () => {
  const prefix = '83'; // a map of three: log, start, end
  expect(() => decodeReadAnswer(fromHex('a1646c6f67739b001fffffffffffff'))).toThrow(malformed);
  expect(() => decodeLeavesAnswer(fromHex('a1666c65617665739affffffff'))).toThrow(malformed);
  expect(() => decodeReadRequest(fromHex(`a16672616e676573${prefix}`))).toThrow(malformed);
});

test.each<RelayEvent>([{ members: 3 }, { log: asDeviceNumber(2), size: 9 }, { beacon: asDeviceNumber(7) }])(
  'RELAY-17: the event %j comes back',
  (event) => {
    expect(decodeEvent(encodeEvent(event))).toEqual(event);
  },
);

test.each([
  '',
  'null',
  '{}',
  '[]',
  '{"members":-1}',
  '{"members":"1"}',
  '{"log":1}',
  '{"log":0,"size":1}',
  '{"beacon":0.5}',
  '{',
  `{"members":1${' '.repeat(300)}}`,
])('TEST-8: %j is no event', (text) => {
  expect(() => decodeEvent(text)).toThrow(malformed);
});

property('TEST-8: random text is no event', 10_000, fc.oneof(fc.string(), fc.json()), (text) => {
  try {
    expect(decodeEvent(text)).toBeTypeOf('object');
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'malformed' });
  }
});
