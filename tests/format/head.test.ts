import { expect, test } from 'vitest';
import { decodeBeacon, openBeacon, signBeacon } from '../../src/format/beacon.ts';
import { asHash, type Bytes } from '../../src/format/bytes.ts';
import { type CborInput, type CborValue, decode, encode } from '../../src/format/cbor.ts';
import { decodeHead } from '../../src/format/head.ts';
import { openHead, signHead } from '../../src/format/head-signing.ts';
import { emptyRoot, leafHash, rootOf } from '../../src/format/merkle.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { decodeSigned, type SignedType, types } from '../../src/format/signed.ts';
import { fill, now, samples } from './samples.ts';

const code = (expected: string) => ({ code: expected });
const root = rootOf([leafHash(fill(1))]);

/** The payload of a sample, with some of its fields replaced or (undefined) left out, signed again. */
async function altered(
  name: 'head' | 'beacon',
  change: Record<string, CborInput | undefined>,
): Promise<Bytes> {
  const { keys, bytesOf } = await samples();
  const type: SignedType = types[name];
  const { payload } = decodeSigned(bytesOf(name), type);
  const fields: Record<string, CborInput> = Object.fromEntries(payload as ReadonlyMap<string, CborValue>);
  for (const [field, value] of Object.entries(change)) {
    if (value === undefined) delete fields[field];
    else fields[field] = value;
  }
  return signObject(keys.device.signer, type, mapOf(fields));
}

test('LOG-12: a head says its log, size and root, and the membership log that its author had applied', async () => {
  const { space, keys, bytesOf, logRoot, memberRoots } = await samples();
  const opened = await openHead(bytesOf('head'), space);
  expect(opened).toEqual({
    head: { space, log: 1, size: 1, root: logRoot, members: { size: 3, root: memberRoots[2] } },
    key: keys.device.sign,
  });
  expect(await signHead(keys.device.signer, opened.head)).toEqual(bytesOf('head'));
  expect(decodeHead(bytesOf('head'))).toEqual(opened.head);
});

test('LOG-8: a log of size 0 has the root of the empty tree, and only it', async () => {
  const { space } = await samples();
  const empty = await altered('head', { size: 0, root: emptyRoot });
  await expect(openHead(empty, space)).resolves.toMatchObject({ head: { size: 0, root: emptyRoot } });
  for (const wrong of [
    { size: 0, root },
    { size: 1, root: emptyRoot },
  ]) {
    await expect(openHead(await altered('head', wrong), space)).rejects.toMatchObject(code('malformed'));
  }
});

test.each([
  ['no membership', { members: undefined }],
  ['no membership size', { members: [root] }],
  ['a membership log of size 0', { members: [0, emptyRoot] }],
  ['a membership size that is text', { members: ['3', root] }],
  ['no space', { space: undefined }],
  ['a space that is null', { space: null }],
  ['a space of 31 bytes', { space: fill(1, 31) }],
  ['no log', { log: undefined }],
  ['log 0', { log: 0 }],
  ['a negative log', { log: -1 }],
  ['a size that is no integer', { size: 1.5 }],
  ['a negative size', { size: -1 }],
  ['a root of 33 bytes', { root: fill(1, 33) }],
  ['a field more', { extra: 1 }],
] as const)('LOG-12: a head with %s is malformed', async (_, change) => {
  const { space } = await samples();
  const bytes = await altered('head', change);
  await expect(openHead(bytes, space)).rejects.toMatchObject(code('malformed'));
  expect(() => decodeHead(bytes)).toThrow(expect.objectContaining(code('malformed')));
});

test('LOG-5: a head or beacon shown in another space is refused, though its signature holds', async () => {
  const { bytesOf } = await samples();
  const other = asHash(fill(7));
  await expect(openHead(bytesOf('head'), other)).rejects.toMatchObject(code('wrong-space'));
  await expect(openBeacon(bytesOf('beacon'), other)).rejects.toMatchObject(code('wrong-space'));
});

test('LOG-5: a head is no beacon and a beacon no head', async () => {
  const { space, bytesOf } = await samples();
  await expect(openHead(bytesOf('beacon'), space)).rejects.toMatchObject(code('wrong-type'));
  await expect(openBeacon(bytesOf('head'), space)).rejects.toMatchObject(code('wrong-type'));
});

test('LOG-2: sizes up to the greatest safe integer come back', async () => {
  const { space } = await samples();
  const size = Number.MAX_SAFE_INTEGER;
  const bytes = await altered('head', { size, log: size, members: [size, root] });
  const { head } = await openHead(bytes, space);
  expect([head.size, head.log, head.members.size]).toEqual([size, size, size]);
});

test('PUSH-9: a beacon says the cursors of its device, each with its root', async () => {
  const { space, keys, bytesOf, logRoot, memberRoots } = await samples();
  const opened = await openBeacon(bytesOf('beacon'), space);
  expect(opened).toEqual({
    beacon: {
      space,
      device: 2,
      at: now + 3000,
      cursors: [
        { device: 1, size: 1, root: logRoot },
        { device: 2, size: 0, root: emptyRoot },
      ],
      members: { size: 3, root: memberRoots[2] },
      caughtUp: true,
      nonce: fill(0x88, 16),
    },
    key: keys.joinerDevice.sign,
  });
  expect(decodeBeacon(bytesOf('beacon'))).toEqual(opened.beacon);
  // Cursors are put in order when signing: one set of cursors has one encoding.
  const reversed = { ...opened.beacon, cursors: opened.beacon.cursors.toReversed() };
  expect(await signBeacon(keys.joinerDevice.signer, reversed)).toEqual(bytesOf('beacon'));
});

test('JOIN-13: a beacon without a nonce, and one with no cursors, are beacons', async () => {
  const { space } = await samples();
  const bytes = await altered('beacon', { nonce: null, cursors: [] });
  await expect(openBeacon(bytes, space)).resolves.toMatchObject({ beacon: { nonce: null, cursors: [] } });
});

const cursor = (device: number): CborInput => [device, 1, root];

test.each([
  ['cursors out of order', { cursors: [cursor(2), cursor(1)] }],
  ['a cursor twice', { cursors: [cursor(1), cursor(1)] }],
  ['a cursor without root', { cursors: [[1, 1]] }],
  ['a cursor of size 0 with another root', { cursors: [[1, 0, root]] }],
  ['a cursor of device 0', { cursors: [cursor(0)] }],
  ['cursors that are a map', { cursors: new Map() }],
  ['a nonce of 15 bytes', { nonce: fill(1, 15) }],
  ['a nonce of 17 bytes', { nonce: fill(1, 17) }],
  ['a nonce that is text', { nonce: 'x' }],
  ['caughtUp that is a number', { caughtUp: 1 }],
  ['a negative time', { at: -1 }],
  ['a time beyond 42 bits', { at: 2 ** 42 }],
  ['no membership', { members: undefined }],
  ['a field more', { extra: null }],
] as const)('LOG-1: a beacon with %s is malformed', async (_, change) => {
  const { space } = await samples();
  await expect(openBeacon(await altered('beacon', change), space)).rejects.toMatchObject(code('malformed'));
});

test('LOG-1: a payload that is no map is malformed', async () => {
  const { space, keys } = await samples();
  for (const payload of [null, [], 'x', new Map([[1, 2]])] as const) {
    expect(decode(encode(payload))).toEqual(payload);
    const bytes = await signObject(keys.device.signer, types.head, payload);
    await expect(openHead(bytes, space)).rejects.toMatchObject(code('malformed'));
  }
});
