/** The vectors of `docs/protocol.md`, made anew from their fixed secrets. Hex, or text where the name says so. */
import { epochCommitment } from '../../src/crypto/epoch.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { hkdf } from '../../src/crypto/hkdf.ts';
import { deriveKeySeeds } from '../../src/crypto/keys.ts';
import { nonceLength } from '../../src/crypto/lengths.ts';
import { type Bytes, concat, fromHex, spaceText, toHex, utf8 } from '../../src/format/bytes.ts';
import { type CborInput, encode } from '../../src/format/cbor.ts';
import { decodeEntry } from '../../src/format/entry.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import { emptyRoot, leafHash } from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { toProblem } from '../../src/format/problem.ts';
import { asDeviceNumber, makeStamp, maxCounter, maxStampMs } from '../../src/format/stamp.ts';
import {
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
} from '../../src/format/wire.ts';
import { fill, now, samples, secrets } from './samples.ts';

export type Vector = Readonly<Record<string, string>>;

export async function documentVectors(): Promise<ReadonlyMap<string, Vector>> {
  const all = await samples();
  const { keys, space, bytesOf, memberRoots, logRoot } = all;
  const entry = decodeEntry(bytesOf('entry'));
  const { header } = entry;
  const create = await openMembershipEntry(bytesOf('create'));
  if (create.kind !== 'create') throw new Error('The first entry creates');
  const log = asDeviceNumber(1);
  const other = asDeviceNumber(2);
  const epochNumber = fromHex('0000000000000001');
  const derived = (purpose: string, ...ids: Bytes[]): Promise<Bytes> =>
    hkdf(secrets.epoch, concat(utf8(`cairn ${purpose} key\0`), epochNumber, ...ids), 32);
  const pair = async (name: keyof typeof keys): Promise<[string, Vector]> => {
    const { signSeed, wrapSeed } = await deriveKeySeeds(secrets[name]);
    const named = name.replace('joiner', "joiner's ").toLowerCase();
    return [
      `keys of the ${named}`,
      {
        secret: toHex(secrets[name]),
        'sign seed': toHex(signSeed),
        'wrap seed': toHex(wrapSeed),
        'sign key': toHex(keys[name].sign),
        'wrap key': toHex(keys[name].wrap),
      },
    ];
  };
  const aad = [header.format, space, header.device, header.position, header.schema, header.epoch];
  const item = new Map<string | number, CborInput>([
    ['aa', fromHex('00ff')],
    ['b', [1.5, true]],
    [-1, null],
  ]);
  const vectors: [string, Vector][] = [
    [
      'item',
      {
        'diagnostic (text)': '{-1: null, "b": [1.5, true], "aa": h\'00ff\'}',
        bytes: toHex(encode(item)),
      },
    ],
    [
      'stamps',
      {
        '2026-01-01T00:00:00Z, counter 1': toHex(encode(makeStamp(now, 1))),
        'the greatest': toHex(encode(makeStamp(maxStampMs, maxCounter))),
      },
    ],
    await pair('identity'),
    await pair('device'),
    await pair('invitation'),
    await pair('joinerIdentity'),
    await pair('joinerDevice'),
    [
      'trees',
      {
        'empty root': toHex(emptyRoot),
        'leaf of create': toHex(leafHash(bytesOf('create'))),
        'leaf of invite': toHex(leafHash(bytesOf('invite'))),
        'leaf of join': toHex(leafHash(bytesOf('join'))),
        'root at 1': toHex(memberRoots[0]),
        'root at 2': toHex(memberRoots[1]),
        'root at 3': toHex(memberRoots[2]),
      },
    ],
    [
      'epoch',
      {
        key: toHex(secrets.epoch),
        commitment: toHex(await epochCommitment(secrets.epoch)),
        'entry key': toHex(await derived('entry', space)),
        'page key': toHex(await derived('page', space)),
        'blob key': toHex(await derived('blob', space)),
        'name key': toHex(await derived('name')),
      },
    ],
    [
      'names',
      {
        plain: toHex(encode(['Ada', 'phone'])),
        nonce: toHex(fill(0x77, nonceLength)),
        sealed: toHex(create.body.names),
      },
    ],
    [
      'create',
      {
        bytes: toHex(bytesOf('create')),
        'space id': toHex(sha256(bytesOf('create'))),
        'space id (text)': spaceText(space),
      },
    ],
    ['invite', { bytes: toHex(bytesOf('invite')) }],
    ['join', { bytes: toHex(bytesOf('join')) }],
    ['invitation', { 'link (text)': all.link }],
    ['changeset', { bytes: toHex(bytesOf('changeset')) }],
    ['body', { bytes: toHex(encodeBody([bytesOf('changeset')])) }],
    [
      'entry',
      {
        'additional data': toHex(encode([...aad, header.codec, header.size, header.sealedSize])),
        nonce: toHex(entry.nonce),
        sealed: toHex(entry.sealed),
        bytes: toHex(bytesOf('entry')),
        leaf: toHex(leafHash(bytesOf('entry'))),
        'root at 1': toHex(logRoot),
      },
    ],
    ['head', { bytes: toHex(bytesOf('head')) }],
    ['beacon', { bytes: toHex(bytesOf('beacon')) }],
    ['token', { bytes: toHex(bytesOf('token')) }],
    [
      'bodies',
      {
        'changes, asked': toHex(
          encodeChangesRequest({ members: 3, cursors: [{ log, size: 1 }], beacons: true }),
        ),
        'changes, answered': toHex(
          encodeChangesAnswer({
            now,
            members: { size: 4, from: 4, entries: [fill(1, 4)] },
            heads: [fill(2, 4)],
            beacons: [fill(3, 4)],
          }),
        ),
        'members, asked': toHex(encodeMembersAppend({ size: 3, entry: fill(1, 4) })),
        'members, answered': toHex(encodeSizeAnswer({ size: 4 })),
        'entries, asked': toHex(
          encodeEntriesAppend({ log, start: 2, entries: [fill(4, 4)], head: fill(2, 4) }),
        ),
        'entries, answered': toHex(encodeSizeAnswer({ size: 2 })),
        'entries/read, asked': toHex(
          encodeReadRequest({
            ranges: [
              { log, start: 2, end: 9 },
              { log: other, start: 1, end: 1 },
            ],
          }),
        ),
        'entries/read, answered': toHex(
          encodeReadAnswer({ logs: [{ log, start: 2, entries: [fill(4, 4), fill(5, 4)] }] }),
        ),
        'leaves/read, asked': toHex(encodeLeavesRequest({ log, start: 1, end: 1 })),
        'leaves/read, answered': toHex(encodeLeavesAnswer({ leaves: [leafHash(bytesOf('entry'))] })),
        'time, answered': toHex(encodeTimeAnswer({ now })),
      },
    ],
    [
      'events',
      {
        'members (text)': encodeEvent({ members: 4 }),
        'log (text)': encodeEvent({ log, size: 2 }),
        'beacon (text)': encodeEvent({ beacon: other }),
      },
    ],
    [
      'problem',
      {
        'json (text)': JSON.stringify(toProblem('size-mismatch', 'Log 1 has 9 entries', { log: 1, size: 9 })),
      },
    ],
  ];
  return new Map(vectors);
}
