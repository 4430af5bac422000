import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { seal } from '../../src/crypto/aead.ts';
import { deflate } from '../../src/crypto/deflate.ts';
import { deriveEpochKeys } from '../../src/crypto/epoch.ts';
import { asHash, type Bytes, fromHex } from '../../src/format/bytes.ts';
import { type CborInput, type CborValue, decode, encode } from '../../src/format/cbor.ts';
import type { Changeset } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import {
  checkHeader,
  decodeEntry,
  type EntryFields,
  encodeEntry,
  openEntry,
  resealEntry,
  sealEntry,
} from '../../src/format/entry.ts';
import { changesetsOf, decodeBody, encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { property } from '../property.ts';
import { anyBody, bytesUpTo } from './arbitrary.ts';
import { expectSame } from './same.ts';
import { fill, sampleChangeset } from './samples.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const malformed = code('malformed');
const space = asHash(fill(1));
const nonce = fill(2, 12);
const fields: EntryFields = { space, device: asDeviceNumber(3), position: 4, schema: 5, epoch: 6 };
const keys = deriveEpochKeys(fill(9), space, 6);

const plainBody = (changesets: readonly Changeset[]): Bytes => encodeBody(changesets.map(encodeChangeset));
const rowOf = (length: number, filler = 'x'): Changeset => ({
  stamp: asStamp(1),
  ops: [
    { kind: 'put', table: 't', id: 'r', cells: new Map([['c', filler.repeat(length)]]), seen: new Map() },
  ],
});

test('an entry is eleven parts, and what is sealed with is the first nine of them', async () => {
  const { entry: key } = await keys;
  const body = plainBody([sampleChangeset]);
  const { entry, opened } = await sealEntry(key, fields, body, nonce);
  const header = [1, space, 3, 4, 5, 6, 0, body.length, body.length + 16];
  const sealed = await seal(key, nonce, encode(header), body);
  expect(entry).toEqual(encode([...header, nonce, sealed]));
  expect(opened.packed).toEqual(body);
});

test('what was sealed opens to its changesets, and kept opened it seals to the identical bytes', async () => {
  const { entry: key } = await keys;
  for (const changesets of [[sampleChangeset], [rowOf(2000)], [rowOf(5), { stamp: asStamp(2), ops: [] }]]) {
    const { entry, opened } = await sealEntry(key, fields, plainBody(changesets), nonce);
    const decoded = decodeEntry(entry);
    const back = await openEntry(key, decoded);
    expect(back.opened).toEqual(opened);
    expect(back.changesets.map(encodeChangeset)).toEqual(changesets.map(encodeChangeset));
    expect(changesetsOf(back.opened)).toEqual(back.changesets);
    expect(await resealEntry(key, back.opened)).toEqual(entry);
    expect(encodeEntry(decoded)).toEqual(entry);
  }
});

test('a long body is deflated if that is shorter; a short or dense one travels as it is', async () => {
  const { entry: key } = await keys;
  const codecOf = async (body: Bytes): Promise<number> => {
    const { entry } = await sealEntry(key, fields, body, nonce);
    const { header, sealed } = decodeEntry(entry);
    expect(header).toMatchObject({ size: body.length, sealedSize: sealed.length });
    return header.codec;
  };
  expect(await codecOf(plainBody([rowOf(2000)]))).toBe(1);
  expect(await codecOf(plainBody([rowOf(100)]))).toBe(0);
  const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i * i * 7919 + i * 104729) >>> 3);
  const dense: Changeset = {
    stamp: asStamp(1),
    ops: [{ kind: 'put', table: 't', id: 'r', cells: new Map([['c', deflate(noise)]]), seen: new Map() }],
  };
  expect(await codecOf(plainBody([dense]))).toBe(0);
});

/** The sample's parts, with some replaced. */
async function altered(change: Record<number, CborInput>, more: readonly CborInput[] = []): Promise<Bytes> {
  const { entry: key } = await keys;
  const { entry } = await sealEntry(key, fields, plainBody([sampleChangeset]), nonce);
  const parts = [...(decode(entry) as readonly CborValue[])] as CborInput[];
  for (const [index, value] of Object.entries(change)) parts[Number(index)] = value;
  return encode([...parts, ...more]);
}

test.each([
  ['format 0', { 0: 0 }],
  ['a negative format', { 0: -1 }],
  ['a format that is text', { 0: '1' }],
  ['a space of 31 bytes', { 1: fill(1, 31) }],
  ['device 0', { 2: 0 }],
  ['position 0', { 3: 0 }],
  ['a negative position', { 3: -1 }],
  ['a schema that is text', { 4: 'x' }],
  ['a schema that is null', { 4: null }],
  ['a negative schema', { 4: -1 }],
  ['epoch 0', { 5: 0 }],
  ['codec 2', { 6: 2 }],
  ['codec 1 with a body no longer than it is packed', { 6: 1 }],
  ['a size that is one less', { 7: 1 }],
  ['a sealed size that is not that of the bytes', { 8: 17 }],
  ['a nonce of 11 bytes', { 9: fill(0, 11) }],
  ['a nonce of 13 bytes', { 9: fill(0, 13) }],
  ['nothing sealed', { 7: 0, 8: 16, 10: fill(0, 16) }],
  ['less than a tag', { 8: 15, 10: fill(0, 15) }],
] as const)('LOG-9, PULL-9: an entry with %s is malformed', async (_, change) => {
  const bytes = await altered(change);
  expect(() => decodeEntry(bytes)).toThrow(malformed);
});

test('LOG-1: an entry of ten or twelve parts, or with bytes after it, is malformed', async () => {
  const twelve = await altered({}, [0]);
  expect(() => decodeEntry(twelve)).toThrow(malformed);
  const bytes = await altered({});
  expect(() => decodeEntry(encode((decode(bytes) as CborValue[]).slice(0, 10)))).toThrow(malformed);
  expect(() => decodeEntry(new Uint8Array([...bytes, 0]))).toThrow(malformed);
});

test('PULL-9: a format above ours is newer, whatever follows it; no stated lowest schema means any', async () => {
  const newer = expect.objectContaining({ code: 'newer-format', values: { format: 2, ours: 1 } });
  const later: Bytes[] = [
    encode([2]),
    encode([2, new Map(), 'anything']),
    await altered({ 0: 2, 1: null, 6: 9 }),
  ];
  for (const bytes of later) expect(() => decodeEntry(bytes)).toThrow(newer);
  // Even where the rest is nothing that we could read.
  expect(() => decodeEntry(fromHex('8402ffffff'))).toThrow(newer);
  expect(decodeEntry(await altered({ 4: 0 })).header.schema).toBe(0);
});

test('PULL-2: size is judged before format, at its value and one beyond', async () => {
  const { entry: key } = await keys;
  const noise = (length: number): Changeset => ({
    stamp: asStamp(1),
    ops: Array.from({ length: Math.ceil(length / 30_000) }, (_, i) => ({
      kind: 'put' as const,
      table: 't',
      id: `${i}`.padStart(3, '0'),
      cells: new Map([['c', crypto.getRandomValues(new Uint8Array(Math.min(30_000, length - i * 30_000)))]]),
      seen: new Map(),
    })),
  });
  let least = limits.entryBytes - 2000;
  let most = limits.entryBytes;
  // The greatest body that fits, by halving: what is sealed then has exactly the limit's size, or is refused.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    const fits = await sealEntry(key, fields, plainBody([noise(middle)]), nonce).then(
      ({ entry }) => entry.length <= limits.entryBytes,
      (thrown: unknown) => {
        expect(thrown).toMatchObject({ code: 'too-large' });
        return false;
      },
    );
    if (fits) least = middle;
    else most = middle - 1;
  }
  const { entry } = await sealEntry(key, fields, plainBody([noise(least)]), nonce);
  expect(entry.length).toBe(limits.entryBytes);
  expect(decodeEntry(entry).header.position).toBe(4);
  const larger = new Uint8Array(limits.entryBytes + 1);
  larger.set(encode([2]));
  expect(() => decodeEntry(larger)).toThrow(code('too-large'));
});

test('RELAY-8: a stated body above the limit is malformed before it is opened, and is never written', async () => {
  const { entry: key } = await keys;
  const packed = deflate(new Uint8Array(limits.bodyBytes + 1));
  const header = {
    format: 1,
    ...fields,
    codec: 1 as const,
    size: limits.bodyBytes + 1,
    sealedSize: packed.length + 16,
  };
  const bytes = await resealEntry(key, { header, nonce, packed });
  expect(() => decodeEntry(bytes)).toThrow(malformed);
  const atLimit = deflate(new Uint8Array(limits.bodyBytes));
  const fits = { ...header, size: limits.bodyBytes, sealedSize: atLimit.length + 16 };
  expect(decodeEntry(await resealEntry(key, { header: fits, nonce, packed: atLimit })).header.size).toBe(
    limits.bodyBytes,
  );
  const tooLong = new Uint8Array(limits.bodyBytes + 1);
  await expect(sealEntry(key, fields, tooLong, nonce)).rejects.toMatchObject({ code: 'too-large' });
});

test('RELAY-8: a body that inflates to more or less than stated is malformed', async () => {
  const { entry: key } = await keys;
  const body = plainBody([rowOf(2000)]);
  const packed = deflate(body);
  for (const size of [body.length - 1, body.length + 1, packed.length + 1]) {
    const header = { format: 1, ...fields, codec: 1 as const, size, sealedSize: packed.length + 16 };
    const entry = decodeEntry(await resealEntry(key, { header, nonce, packed }));
    await expect(openEntry(key, entry)).rejects.toMatchObject({ code: 'malformed' });
  }
});

test('LOG-9: an entry verified at another space, device or position than it states is malformed', async () => {
  const entry = decodeEntry(await altered({}));
  expect(() => checkHeader(entry, fields)).not.toThrow();
  for (const wrong of [{ space: asHash(fill(2)) }, { device: asDeviceNumber(4) }, { position: 5 }]) {
    expect(() => checkHeader(entry, { ...fields, ...wrong })).toThrow(malformed);
  }
});

test('KEY-8: with any one part of the header changed, it does not open', async () => {
  const { entry: key, page, blob, name } = await keys;
  const entry = decodeEntry(await altered({}));
  for (const wrong of [
    { format: 2 },
    { space: asHash(fill(2)) },
    { device: asDeviceNumber(4) },
    { position: 5 },
    { schema: 6 },
    { epoch: 7 },
    { codec: 1 as const },
    { size: entry.header.size + 1 },
    { sealedSize: entry.header.sealedSize + 1 },
  ]) {
    const moved = { ...entry, header: { ...entry.header, ...wrong } };
    await expect(openEntry(key, moved)).rejects.toMatchObject({ code: 'cannot-open' });
  }
  for (const other of [page, blob, name]) {
    await expect(openEntry(other, entry)).rejects.toMatchObject({ code: 'cannot-open' });
  }
  await expect(openEntry(key, entry)).resolves.toBeDefined();
});

test('KEY-8: with any one bit of its bytes changed, an entry is refused or does not open', async () => {
  const { entry: key } = await keys;
  const { entry } = await sealEntry(key, fields, plainBody([rowOf(1)]), nonce);
  for (let bit = 0; bit < entry.length * 8; bit++) {
    const changed = entry.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    const outcome = await Promise.resolve()
      .then(() => openEntry(key, decodeEntry(changed)))
      .then(
        () => 'opened',
        (thrown: { code: string }) => thrown.code,
      );
    expect([bit, outcome]).toEqual([bit, expect.stringMatching(/^(malformed|newer-format|cannot-open)$/)]);
  }
});

test('PULL-12: a sealed body that is no body is malformed', async () => {
  const { entry: key } = await keys;
  const one = encodeChangeset(rowOf(1));
  const two = encodeChangeset({ stamp: asStamp(2), ops: [] });
  const wrong: Bytes[] = [
    encode([]),
    encode(null),
    encodeBody([two, one]),
    encodeBody([one, one]),
    new Uint8Array([...encodeBody([one]), 0]),
    encodeBody([one, encode([3])]),
    encodeBody([one]).slice(0, -1),
  ];
  for (const body of wrong) {
    const { entry } = await sealEntry(key, fields, body, nonce);
    await expect(openEntry(key, decodeEntry(entry))).rejects.toMatchObject({ code: 'malformed' });
  }
  expect(decodeBody(encodeBody([one, two]))).toHaveLength(2);
});

property(
  'MRG-5: any body comes back, its changesets whole and in the order of their stamps',
  10_000,
  anyBody,
  (changesets) => {
    const body = plainBody(changesets);
    expectSame(decodeBody(body).map(encodeChangeset), changesets.map(encodeChangeset));
    expectSame(encode(decode(body)), body);
  },
);

property(
  'LOG-2: any header comes back, from the least to the greatest numbers',
  10_000,
  fc.record({
    space: bytesUpTo(32, 32).map(asHash),
    device: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(asDeviceNumber),
    position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    schema: fc.maxSafeNat(),
    epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  bytesUpTo(60, 17),
  bytesUpTo(12, 12),
  (stated, sealed, iv) => {
    const sizes = { codec: 0 as const, size: sealed.length - 16, sealedSize: sealed.length };
    const entry = { header: { format: 1, ...stated, ...sizes }, nonce: iv, sealed };
    const bytes = encodeEntry(entry);
    expectSame(decodeEntry(bytes), entry);
    expectSame(encode(decode(bytes)), bytes);
  },
);

property('TEST-8: random bytes are no entry', 10_000, fc.uint8Array({ maxLength: 200 }), (random) => {
  const likely = new Uint8Array([0x8b, 1, 0x58, 32, ...random]);
  for (const bytes of [new Uint8Array(random), likely]) {
    expect(() => decodeEntry(bytes)).toThrow(expect.objectContaining({ name: 'CairnError' }));
    expect(() => decodeBody(bytes)).toThrow(malformed);
  }
});
