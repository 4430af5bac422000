/**
 * One of every object there is, from fixed secrets, so that the same bytes come out in every run. `docs/protocol.md`
 * prints them as its vectors.
 */
import { deriveEpochKeys, deriveNameKey } from '../../src/crypto/epoch.ts';
import { type KeyPair, keyPairFromSecret } from '../../src/crypto/keys.ts';
import { decodeBeacon, openBeacon, signBeacon } from '../../src/format/beacon.ts';
import type { Bytes, Hash, SpaceId } from '../../src/format/bytes.ts';
import { type Changeset, decodeChangeset } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { decodeEntry, openEntry, sealEntry } from '../../src/format/entry.ts';
import { decodeHead } from '../../src/format/head.ts';
import { openHead, signHead } from '../../src/format/head-signing.ts';
import { fragmentPrefix, makeInvitationLink, openInvitation } from '../../src/format/invitation.ts';
import { decodeMembershipEntry, spaceIdOf } from '../../src/format/membership-entry.ts';
import { makeCreate, makeInvite, makeJoin } from '../../src/format/membership-making.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import {
  appendLeaf,
  appendLeaves,
  emptyFrontier,
  frontierRoot,
  leafHash,
  rootOf,
} from '../../src/format/merkle.ts';
import { sealNames } from '../../src/format/names.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { makeToken, openToken } from '../../src/format/token.ts';

export const fill = (byte: number, length = 32): Bytes => new Uint8Array(length).fill(byte);

/** Every secret is 32 equal bytes. */
export const secrets = {
  identity: fill(0x11),
  device: fill(0x22),
  invitation: fill(0x33),
  joinerIdentity: fill(0x44),
  joinerDevice: fill(0x55),
  epoch: fill(0x66),
} as const;

export const relay = 'https://relay.example';
export const appUrl = 'https://app.example/';
export const now = 1_767_225_600_000; // 2026-01-01T00:00:00Z
export const day = 24 * 60 * 60 * 1000;

/** The random bytes of one maker: each call gives equal bytes, 01…, 02… and so on. */
export function countedBytes(): (length: number) => Bytes {
  let calls = 0;
  return (length) => fill(++calls, length);
}

export const sampleChangeset: Changeset = {
  stamp: makeStamp(now, 1),
  ops: [
    {
      kind: 'put',
      table: 'items',
      id: '01JGFJJZ00000000000000000A',
      cells: new Map<string, string | boolean | number | null>([
        ['title', 'Zündhölzer 🔥'],
        ['done', false],
        ['priority', 2],
        ['weight', 0.5],
        ['due', null],
      ]),
      seen: new Map([['title', { stamp: makeStamp(now - day, 0), device: asDeviceNumber(1) }]]),
    },
    { kind: 'put', table: 'lists', id: 'l1', cells: new Map([['title', 'Camp']]), seen: new Map() },
    { kind: 'delete', table: 'items', id: '01JGFJJZ00000000000000000B' },
    { kind: 'restore', table: 'items', id: '01JGFJJZ00000000000000000C' },
  ],
};

export type SampleName =
  | 'head'
  | 'beacon'
  | 'create'
  | 'invite'
  | 'join'
  | 'token'
  | 'invitation'
  | 'changeset'
  | 'entry';

/** An object's bytes, with the way in which whoever receives them opens them: it throws or gives a value. */
export interface Sample {
  readonly name: SampleName;
  readonly bytes: Bytes;
  readonly open: (bytes: Bytes) => unknown | Promise<unknown>;
}

export interface Samples {
  readonly keys: Record<'identity' | 'device' | 'invitation' | 'joinerIdentity' | 'joinerDevice', KeyPair>;
  readonly space: SpaceId;
  /** Roots of the membership log at sizes 1, 2, 3. */
  readonly memberRoots: readonly Hash[];
  readonly logRoot: Hash;
  readonly link: string;
  readonly all: readonly Sample[];
  bytesOf(name: SampleName): Bytes;
}

async function makeSamples(): Promise<Samples> {
  const [identity, device, invitation, joinerIdentity, joinerDevice] = await Promise.all([
    keyPairFromSecret(secrets.identity),
    keyPairFromSecret(secrets.device),
    keyPairFromSecret(secrets.invitation),
    keyPairFromSecret(secrets.joinerIdentity),
    keyPairFromSecret(secrets.joinerDevice),
  ]);
  const nameKey = await deriveNameKey(secrets.epoch, 1);
  const create = await makeCreate({
    identity,
    device,
    epochKey: secrets.epoch,
    names: await sealNames(nameKey, device.sign, { member: 'Ada', device: 'phone' }, fill(0x77, 12)),
    stamp: makeStamp(now, 0),
    randomBytes: countedBytes(),
  });
  const space = spaceIdOf(create);
  const first = appendLeaf(emptyFrontier, leafHash(create));
  const invite = await makeInvite({
    before: { space, size: 1, root: frontierRoot(first) },
    signer: device.signer,
    key: invitation,
    role: 'writer',
    life: 7 * day,
    uses: 1,
    epoch: 1,
    epochKey: secrets.epoch,
    stamp: makeStamp(now + 1000, 0),
    randomBytes: countedBytes(),
  });
  const second = appendLeaf(first, leafHash(invite));
  const join = await makeJoin({
    before: { space, size: 2, root: frontierRoot(second) },
    identity: joinerIdentity,
    device: joinerDevice,
    invitation: invitation.signer,
    epoch: 1,
    epochKey: secrets.epoch,
    names: await sealNames(nameKey, joinerDevice.sign, { member: 'Ben', device: 'laptop' }, fill(0x77, 12)),
    stamp: makeStamp(now + 2000, 0),
    randomBytes: countedBytes(),
  });
  const third = appendLeaves(second, [leafHash(join)]);
  const link = await makeInvitationLink({
    relay,
    space,
    role: 'writer',
    expires: now + 7 * day,
    uses: 1,
    floor: { size: 2, root: frontierRoot(second) },
    secret: secrets.invitation,
    signer: device.signer,
    appUrl,
  });
  const changeset = encodeChangeset(sampleChangeset);
  const entryKeys = await deriveEpochKeys(secrets.epoch, space, 1);
  const log = asDeviceNumber(1);
  const fields = { space, device: log, position: 1, schema: 1, epoch: 1 };
  const { entry } = await sealEntry(entryKeys.entry, fields, encodeBody([changeset]), fill(0x77, 12));
  const logRoot = rootOf([leafHash(entry)]);
  const members = { size: 3, root: frontierRoot(third) };
  const head = await signHead(device.signer, { space, log, size: 1, root: logRoot, members });
  const beacon = await signBeacon(joinerDevice.signer, {
    space,
    device: asDeviceNumber(2),
    at: now + 3000,
    cursors: [
      { device: log, size: 1, root: logRoot },
      { device: asDeviceNumber(2), size: 0, root: rootOf([]) },
    ],
    members,
    caughtUp: true,
    nonce: fill(0x88, 16),
  });
  const token = await makeToken(device.signer, { relay, space, now });
  const fragment = new TextEncoder().encode(link.slice(link.indexOf(fragmentPrefix) + fragmentPrefix.length));
  const all: Sample[] = [
    { name: 'head', bytes: head, open: (bytes) => openHead(bytes, space) },
    { name: 'beacon', bytes: beacon, open: (bytes) => openBeacon(bytes, space) },
    { name: 'create', bytes: create, open: openMembershipEntry },
    { name: 'invite', bytes: invite, open: openMembershipEntry },
    { name: 'join', bytes: join, open: openMembershipEntry },
    { name: 'token', bytes: token, open: (bytes) => openToken(bytes, { relay, space, now }) },
    { name: 'invitation', bytes: fragment, open: (bytes) => openInvitation(new TextDecoder().decode(bytes)) },
    { name: 'changeset', bytes: changeset, open: decodeChangeset },
    { name: 'entry', bytes: entry, open: (bytes) => openEntry(entryKeys.entry, decodeEntry(bytes)) },
  ];
  return {
    keys: { identity, device, invitation, joinerIdentity, joinerDevice },
    space,
    memberRoots: [first, second, third].map(frontierRoot),
    logRoot,
    link,
    all,
    bytesOf: (name) => {
      const sample = all.find((one) => one.name === name);
      if (!sample) throw new Error(`No sample ${name}`);
      return sample.bytes;
    },
  };
}

let made: Promise<Samples> | undefined;

export function samples(): Promise<Samples> {
  made ??= makeSamples();
  return made;
}

/** The decoders that do not verify, for bytes that this store wrote itself. */
export const syncDecoders: ReadonlyMap<SampleName, (bytes: Bytes) => unknown> = new Map<
  SampleName,
  (bytes: Bytes) => unknown
>([
  ['head', decodeHead],
  ['beacon', decodeBeacon],
  ['create', decodeMembershipEntry],
  ['invite', decodeMembershipEntry],
  ['join', decodeMembershipEntry],
  ['changeset', decodeChangeset],
  ['entry', decodeEntry],
]);
