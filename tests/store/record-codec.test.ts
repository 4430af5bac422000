import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { asHash, asPublicKey, asWrapKey, type Bytes } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { wakesOn } from '../../src/model/hold.ts';
import type { Cursor, JournalRecord } from '../../src/store/record.ts';
import { decodeRecord, encodeRecord } from '../../src/store/record-codec.ts';
import { property } from '../property.ts';
import { someBytes } from './space.ts';

const space = asHash(someBytes(1));
const writer = someBytes(2, 8);

const bytesOf = (least: number, most: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((bytes) => bytes.slice());
const hash = bytesOf(32, 32).map(asHash);
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const from1 = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 10 });
const device = fc.integer({ min: 1, max: 2000 }).map(asDeviceNumber);
const cursor: fc.Arbitrary<Cursor> = fc
  .tuple(count, hash, fc.array(hash, { maxLength: 4 }))
  .map(([size, root, hashes]) => ({ size, root, frontier: { size, hashes } }));
const opened = (log: typeof device extends fc.Arbitrary<infer D> ? D : never, position: number) =>
  fc
    .record({
      schema: count,
      epoch: from1,
      codec: fc.constantFrom(0 as const, 1 as const),
      size: count,
      nonce: bytesOf(12, 12),
      packed: bytesOf(1, 40),
    })
    .map(({ nonce, packed, ...rest }) => ({
      header: { format: 1, space, device: log, position, sealedSize: packed.length + 16, ...rest },
      nonce,
      packed,
    }));
const passed = fc.record({
  kind: fc.constant('passed' as const),
  reason: fc.constantFrom('malformed' as const, 'set-aside' as const),
  bytes: bytesOf(0, 40),
});
const run = fc.tuple(device, from1, fc.integer({ min: 0, max: 4 })).chain(([log, from, length]) =>
  fc
    .tuple(
      ...Array.from({ length }, (_, index) =>
        fc.oneof(
          passed,
          opened(log, from + index).map((entry) => ({ kind: 'opened' as const, ...entry })),
        ),
      ),
    )
    .chain((entries) => cursor.map((after) => ({ log, from, entries, after }))),
);
const sealed = fc.tuple(device, from1, fc.integer({ min: 0, max: 4 })).chain(([log, from, length]) =>
  fc.record({
    kind: fc.constant('sealed' as const),
    from: fc.constant(from),
    entries: fc.tuple(
      ...Array.from({ length }, (_, index) =>
        fc.record({ entry: opened(log, from + index), through: from1 }),
      ),
    ),
    after: cursor,
    head: bytesOf(0, 40),
  }),
);

const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant('local' as const), device, changeset: bytesOf(0, 60) }),
  fc.record({
    kind: fc.constant('device' as const),
    sign: bytesOf(32, 32).map(asPublicKey),
    wrap: bytesOf(32, 32).map(asWrapKey),
  }),
  fc.record({
    kind: fc.constant('members' as const),
    from: from1,
    entries: fc.array(bytesOf(0, 40), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('applied' as const),
    heads: fc.array(bytesOf(0, 40), { maxLength: 3 }),
    logs: fc.array(run, { maxLength: 3 }),
  }),
  sealed,
  fc.record({ kind: fc.constant('sent' as const), size: from1, term: count }),
  fc.record({ kind: fc.constant('acknowledged' as const), size: count, root: hash }),
  fc.record({
    kind: fc.constant('held' as const),
    log: device,
    position: from1,
    reason: fc.constantFrom(...(Object.keys(wakesOn) as (keyof typeof wakesOn)[])),
    since: count,
    tries: count,
    evidence: fc.option(bytesOf(0, 40)),
  }),
  fc.record({ kind: fc.constant('released' as const), log: device }),
  fc.record({ kind: fc.constant('term' as const), term: from1, tab: fc.string() }),
  fc.record({
    kind: fc.constant('joining' as const),
    state: fc.string(),
    values: fc
      .dictionary(fc.string(), fc.oneof(count, fc.string(), fc.boolean()))
      .map((values) => new Map(Object.entries(values))),
  }),
);

property(
  'LOG-2: every journal record comes back equal from its bytes',
  10_000,
  record,
  from1,
  (given, position) => {
    const bytes = encodeRecord(position, writer, given);
    expect(decodeRecord(bytes, position, space)).toEqual({ writer, record: given });
    expect(encodeRecord(position, writer, decodeRecord(bytes, position, space).record)).toEqual(bytes);
  },
);

property(
  'TEST-8: no cut or changed byte of a record gets through as anything but an error of ours or another record',
  10_000,
  record,
  fc.nat(),
  fc.nat({ max: 255 }),
  (given, at, value) => {
    const bytes = encodeRecord(7, writer, given);
    refusedOrStrict(bytes.slice(0, at % bytes.length));
    const changed = bytes.slice();
    changed[at % bytes.length] = value;
    refusedOrStrict(changed);
  },
);

property('TEST-8: random bytes never crash the decoder', 10_000, bytesOf(0, 200), refusedOrStrict);

/** Decoding either throws one of ours, or gives a record that encodes to the very same bytes. */
function refusedOrStrict(bytes: Bytes): void {
  try {
    const read = decodeRecord(bytes, 7, space);
    expect(encodeRecord(7, read.writer, read.record)).toEqual(bytes);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CairnError);
  }
}

test('a record in another place than it states is malformed', () => {
  const bytes = encodeRecord(7, writer, { kind: 'released', log: asDeviceNumber(1) });
  expect(() => decodeRecord(bytes, 8, space)).toThrow(expect.objectContaining({ code: 'malformed' }));
});

test('a record of a format above ours is newer-database, whatever follows', () => {
  const bytes = encode([2, 'anything']);
  expect(() => decodeRecord(bytes, 7, space)).toThrow(expect.objectContaining({ code: 'newer-database' }));
});

test('a record of an unknown kind is malformed', () => {
  const bytes = encode([1, 7, writer, 'unheard-of', 1]);
  expect(() => decodeRecord(bytes, 7, space)).toThrow(expect.objectContaining({ code: 'malformed' }));
});
