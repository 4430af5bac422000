import { expect, test } from 'vitest';
import type { Signer } from '../../src/crypto/ed25519.ts';
import { deriveNameKey, epochCommitment } from '../../src/crypto/epoch.ts';
import { asHash, type Bytes } from '../../src/format/bytes.ts';
import type { CborInput, CborValue } from '../../src/format/cbor.ts';
import { unwrapEpochKey, wrapEpochKey } from '../../src/format/epoch-wrap.ts';
import { decodeMembershipEntry, spaceIdOf, wrappedKeyLength } from '../../src/format/membership-entry.ts';
import { makeJoin } from '../../src/format/membership-making.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import { emptyRoot, leafHash } from '../../src/format/merkle.ts';
import { openNames, sealedNamesLeast, sealedNamesMost, sealNames } from '../../src/format/names.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { decodeSigned, types } from '../../src/format/signed.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { countedBytes, day, fill, now, type Samples, samples, secrets } from './samples.ts';

type Kind = 'create' | 'invite' | 'join';
type Change = Record<string, CborInput | undefined>;

const changed = (value: CborValue, change: Change): ReadonlyMap<string, CborInput> => {
  const fields = new Map<string, CborInput>(value as ReadonlyMap<string, CborValue>);
  for (const [name, field] of Object.entries(change)) {
    if (field === undefined) fields.delete(name);
    else fields.set(name, field);
  }
  return fields;
};

/** A sample entry with fields of its payload and of its body replaced, signed by whoever signs that kind. */
async function altered(
  kind: Kind,
  change: Change,
  body: Change = {},
  by?: (all: Samples) => Signer,
): Promise<Bytes> {
  const all = await samples();
  const { payload } = decodeSigned(all.bytesOf(kind), types.membership, limits.membershipEntryBytes);
  const fields = payload as ReadonlyMap<string, CborValue>;
  const signer = by?.(all) ?? (kind === 'join' ? all.keys.joinerDevice.signer : all.keys.device.signer);
  const inner = changed(fields.get('body') ?? null, body);
  return signObject(signer, types.membership, changed(payload, { body: inner, ...change }));
}

const code = (expected: string) => ({ code: expected });
const refusal = (bytes: Bytes): Promise<string> =>
  openMembershipEntry(bytes).then(
    () => 'opened',
    (thrown: { code: string }) => thrown.code,
  );

test('MEM-1: the first entry is signed by its founder’s device, names no space, and its hash is the space id', async () => {
  const { bytesOf, space, keys } = await samples();
  const entry = await openMembershipEntry(bytesOf('create'));
  expect(spaceIdOf(bytesOf('create'))).toEqual(space);
  expect(entry).toEqual({
    kind: 'create',
    id: space,
    leaf: leafHash(bytesOf('create')),
    key: keys.device.sign,
    space: null,
    size: 0,
    root: emptyRoot,
    stamp: makeStamp(now, 0),
    body: {
      identity: { sign: keys.identity.sign, wrap: keys.identity.wrap },
      device: { sign: keys.device.sign, wrap: keys.device.wrap },
      epoch: { number: 1, commitment: await epochCommitment(secrets.epoch) },
      wraps: [
        { to: keys.device.wrap, wrapped: expect.any(Uint8Array) },
        { to: keys.identity.wrap, wrapped: expect.any(Uint8Array) },
      ],
      names: expect.any(Uint8Array),
    },
  });
  expect(decodeMembershipEntry(bytesOf('create'))).toEqual(entry);
});

test('MEM-2: an invitation and a join carry the size and root of the log before them', async () => {
  const { bytesOf, space, keys, memberRoots } = await samples();
  const invite = await openMembershipEntry(bytesOf('invite'));
  expect(invite).toMatchObject({
    kind: 'invite',
    key: keys.device.sign,
    space,
    size: 1,
    root: memberRoots[0],
  });
  expect(invite).toMatchObject({
    body: {
      key: { sign: keys.invitation.sign, wrap: keys.invitation.wrap },
      role: 'writer',
      life: 7 * day,
      uses: 1,
      epoch: 1,
    },
  });
  const join = await openMembershipEntry(bytesOf('join'));
  expect(join).toMatchObject({
    kind: 'join',
    key: keys.joinerDevice.sign,
    space,
    size: 2,
    root: memberRoots[1],
  });
  expect(join).toMatchObject({ body: { invitation: keys.invitation.sign, epoch: 1 } });
  for (const name of ['invite', 'join'] as const) {
    expect(decodeMembershipEntry(bytesOf(name))).toEqual(await openMembershipEntry(bytesOf(name)));
  }
});

test('KEY-6: the wrapped key opens for the device, the identity and the invitation it was wrapped for, and for nobody else', async () => {
  const { bytesOf, keys } = await samples();
  const commitment = await epochCommitment(secrets.epoch);
  const [create, invite, join] = await Promise.all(
    (['create', 'invite', 'join'] as const).map((name) => openMembershipEntry(bytesOf(name))),
  );
  if (create.kind !== 'create' || invite.kind !== 'invite' || join.kind !== 'join')
    throw new Error('other kinds');
  const wrapped: [Bytes, typeof keys.device][] = [
    [create.body.wraps[0].wrapped, keys.device],
    [create.body.wraps[1].wrapped, keys.identity],
    [invite.body.wrapped, keys.invitation],
    [join.body.wraps[0].wrapped, keys.joinerDevice],
    [join.body.wraps[1].wrapped, keys.joinerIdentity],
  ];
  for (const [bytes, holder] of wrapped) {
    expect(bytes).toHaveLength(wrappedKeyLength);
    for (const one of Object.values(keys)) {
      const opening = unwrapEpochKey(one.stored.wrap, bytes, 1, commitment);
      if (one === holder) expect(await opening).toEqual(secrets.epoch);
      else await expect(opening).rejects.toMatchObject(code('cannot-open'));
    }
    await expect(unwrapEpochKey(holder.stored.wrap, bytes, 2, commitment)).rejects.toMatchObject(
      code('cannot-open'),
    );
  }
});

test('KEY-2: a wrapped key that is not the one committed to is not given out', async () => {
  const { keys } = await samples();
  const commitment = await epochCommitment(secrets.epoch);
  const other = await wrapEpochKey(keys.device.wrap, fill(0x67), 1, countedBytes());
  await expect(unwrapEpochKey(keys.device.stored.wrap, other, 1, commitment)).rejects.toMatchObject(
    code('cannot-open'),
  );
});

test('KEY-15: names open with the name key and for their own device only', async () => {
  const { bytesOf, keys } = await samples();
  const entry = await openMembershipEntry(bytesOf('create'));
  if (entry.kind !== 'create') throw new Error('another kind');
  const { names } = entry.body;
  const key = await deriveNameKey(secrets.epoch, 1);
  expect(await openNames(key, keys.device.sign, names)).toEqual({ member: 'Ada', device: 'phone' });
  const text = new TextDecoder('latin1').decode(bytesOf('create'));
  expect(text).not.toMatch(/Ada|phone/);
  const otherEpoch = await deriveNameKey(secrets.epoch, 2);
  const wrong = [
    openNames(key, keys.joinerDevice.sign, names),
    openNames(otherEpoch, keys.device.sign, names),
    openNames(key, keys.device.sign, names.slice(0, 10)),
  ];
  for (const outcome of await Promise.allSettled(wrong)) {
    expect(outcome).toMatchObject({ reason: code('cannot-open') });
  }
});

test('TEST-8: a name has at most 128 bytes, and sealed names stay within the lengths that an entry allows', async () => {
  const { keys } = await samples();
  const key = await deriveNameKey(secrets.epoch, 1);
  const seal = (member: string, device: string): Promise<Bytes> =>
    sealNames(key, keys.device.sign, { member, device }, fill(1, 12));
  expect((await seal('', '')).length).toBe(sealedNamesLeast);
  const long = 'ü'.repeat(64);
  const sealed = await seal(long, long);
  expect(sealed.length).toBe(sealedNamesMost);
  expect(await openNames(key, keys.device.sign, sealed)).toEqual({ member: long, device: long });
  for (const [member, device] of [
    [`${long}u`, ''],
    ['', `${long}u`],
  ]) {
    await expect(seal(member, device)).rejects.toMatchObject(code('malformed'));
  }
});

test.each<[string, Kind, Change, Change?]>([
  ['create that names a space', 'create', { space: fill(1) }],
  ['create at size 1', 'create', { size: 1, root: fill(1) }],
  ['create with another root than the empty one', 'create', { root: fill(1) }],
  ['an invitation that names no space', 'invite', { space: null }],
  ['an invitation at size 0', 'invite', { size: 0, root: emptyRoot }],
  ['a negative size', 'invite', { size: -1 }],
  ['a stamp that is no integer', 'invite', { stamp: 0.5 }],
  ['no stamp', 'invite', { stamp: undefined }],
  ['a field more', 'invite', { extra: 0 }],
  ['a kind that is a number', 'invite', { kind: 1 }],
  ['an empty kind', 'invite', { kind: '' }],
  ['a body that is a list', 'invite', { body: [] }],
  ['a body with a field more', 'invite', {}, { extra: 0 }],
  ['an unknown role', 'invite', {}, { role: 'owner' }],
  ['a role that is a number', 'invite', {}, { role: 1 }],
  ['no life', 'invite', {}, { life: 0 }],
  ['a life of a millisecond more than 30 days', 'invite', {}, { life: limits.invitationLifeMs + 1 }],
  ['no uses', 'invite', {}, { uses: 0 }],
  ['a use more than the most', 'invite', {}, { uses: limits.invitationUses + 1 }],
  ['epoch 0', 'invite', {}, { epoch: 0 }],
  ['a wrapped key of another length', 'invite', {}, { wrapped: fill(1, 79) }],
  ['a pair of one key', 'invite', {}, { key: [fill(1)] }],
  ['a key of 31 bytes', 'invite', {}, { key: [fill(1, 31), fill(1)] }],
  ['a founder who makes epoch 2', 'create', {}, { epoch: [2, fill(1)] }],
  ['a commitment of 31 bytes', 'create', {}, { epoch: [1, fill(1, 31)] }],
  ['a founder who wraps for nobody', 'create', {}, { wraps: [] }],
  ['a wrap for one only', 'join', {}, { wraps: [[fill(1), fill(1, 80)]] }],
  [
    'wraps for others',
    'join',
    {},
    {
      wraps: [
        [fill(1), fill(1, 80)],
        [fill(2), fill(1, 80)],
      ],
    },
  ],
  ['names too short to be sealed', 'join', {}, { names: fill(1, 30) }],
  ['names too long', 'join', {}, { names: fill(1, 400) }],
  ['a binding that is no signed object', 'join', {}, { binding: fill(1, 10) }],
  ['a possession that is null', 'join', {}, { possession: null }],
])('MEM-2: %s is malformed', async (_, kind, change, body) => {
  const bytes = await altered(kind, change, body);
  expect(await refusal(bytes)).toBe('malformed');
  expect(() => decodeMembershipEntry(bytes)).toThrow(expect.objectContaining(code('malformed')));
});

test('JOIN-2: a life of exactly 30 days and the most uses are accepted', async () => {
  const body = { life: limits.invitationLifeMs, uses: limits.invitationUses };
  expect(await openMembershipEntry(await altered('invite', {}, body))).toMatchObject({ body });
});

test('JOIN-7: a join counts only with the signatures of identity, device and invitation, all about the same keys', async () => {
  const { keys, space } = await samples();
  const pairs = {
    identity: [keys.joinerIdentity.sign, keys.joinerIdentity.wrap],
    device: [keys.joinerDevice.sign, keys.joinerDevice.wrap],
  };
  const otherDevice = [keys.device.sign, keys.device.wrap];
  const binding = (by: Signer, change: Change = {}): Promise<Bytes> =>
    signObject(
      by,
      types.binding,
      changed(mapOf({ space, ...pairs }) as ReadonlyMap<string, CborValue>, change),
    );
  const possession = (by: Signer, change: Change = {}): Promise<Bytes> => {
    const payload = mapOf({ space, invitation: keys.invitation.sign, ...pairs });
    return signObject(by, types.possession, changed(payload as ReadonlyMap<string, CborValue>, change));
  };
  const [identity, invitation, stranger] = [keys.joinerIdentity, keys.invitation, keys.identity].map(
    (k) => k.signer,
  );
  // The same parts made by hand are accepted, so what follows is refused for what it changes.
  const good = { binding: await binding(identity), possession: await possession(invitation) };
  expect(await refusal(await altered('join', {}, good))).toBe('opened');
  const wrong: [string, Change, string][] = [
    ['bound by another identity', { binding: await binding(stranger) }, 'bad-signature'],
    ['bound to another device', { binding: await binding(identity, { device: otherDevice }) }, 'malformed'],
    ['bound in another space', { binding: await binding(identity, { space: fill(1) }) }, 'wrong-space'],
    ['bound in no space', { binding: await binding(identity, { space: null }) }, 'wrong-space'],
    ['possessed by another key', { possession: await possession(stranger) }, 'bad-signature'],
    [
      'possession of another invitation',
      { possession: await possession(invitation, { invitation: fill(1) }) },
      'bad-signature',
    ],
    [
      'possession for another device',
      { possession: await possession(invitation, { device: otherDevice }) },
      'malformed',
    ],
    [
      'possession for another identity',
      { possession: await possession(invitation, { identity: otherDevice }) },
      'malformed',
    ],
    [
      'possession in another space',
      { possession: await possession(invitation, { space: fill(1) }) },
      'wrong-space',
    ],
    ['a binding as the possession', { possession: await binding(invitation) }, 'wrong-type'],
    ['another invitation named', { invitation: keys.identity.sign }, 'bad-signature'],
    ['another identity named', { identity: otherDevice }, 'malformed'],
  ];
  for (const [what, body, expected] of wrong) {
    expect([what, await refusal(await altered('join', {}, body))]).toEqual([what, expected]);
  }
  const notItself = await altered('join', {}, {}, (all) => all.keys.joinerIdentity.signer);
  expect(await refusal(notItself)).toBe('bad-signature');
});

test('MEM-1: create is refused unless its own device signed it and its identity bound that device', async () => {
  expect(await refusal(await altered('create', {}, {}, (all) => all.keys.identity.signer))).toBe(
    'bad-signature',
  );
  const { keys, bytesOf } = await samples();
  const join = decodeSigned(bytesOf('join'), types.membership);
  const foreign = (
    (join.payload as ReadonlyMap<string, CborValue>).get('body') as ReadonlyMap<string, CborValue>
  ).get('binding');
  expect(await refusal(await altered('create', {}, { binding: foreign }))).toBe('bad-signature');
  const unsigned = bytesOf('create').slice();
  unsigned[unsigned.length - 1] ^= 1;
  expect(await refusal(unsigned)).toBe('bad-signature');
  expect(keys.device.sign).not.toEqual(keys.identity.sign);
});

test('LOG-6: a signature inside an entry that does not hold is refused, though the entry’s own does', async () => {
  const { bytesOf } = await samples();
  const { payload } = decodeSigned(bytesOf('join'), types.membership);
  const body = (payload as ReadonlyMap<string, CborValue>).get('body') as ReadonlyMap<string, CborValue>;
  for (const part of ['binding', 'possession'] as const) {
    const inner = (body.get(part) as Bytes).slice();
    inner[inner.length - 1] ^= 1;
    const bytes = await altered('join', {}, { [part]: inner });
    expect(await refusal(bytes)).toBe('bad-signature');
    // Decoding alone does not verify: it is for what was verified before.
    expect(decodeMembershipEntry(bytes).kind).toBe('join');
  }
});

test('MEM-8: a kind that we do not know is named, with its author and place, not refused', async () => {
  const { keys, space } = await samples();
  const bytes = await altered('invite', { kind: 'rotate-key', body: mapOf({ anything: [1, 2] }) });
  expect(await openMembershipEntry(bytes)).toEqual({
    kind: 'unknown',
    name: 'rotate-key',
    id: spaceIdOf(bytes),
    leaf: leafHash(bytes),
    key: keys.device.sign,
    space,
    size: 1,
    root: expect.any(Uint8Array),
    stamp: makeStamp(now + 1000, 0),
  });
});

test('KEY-7: a joiner without the newest key wraps nothing', async () => {
  const { keys, space, memberRoots } = await samples();
  const bytes = await makeJoin({
    before: { space, size: 2, root: memberRoots[1] },
    identity: keys.joinerIdentity,
    device: keys.joinerDevice,
    invitation: keys.invitation.signer,
    epoch: 1,
    epochKey: null,
    names: await sealNames(
      await deriveNameKey(secrets.epoch, 1),
      keys.joinerDevice.sign,
      { member: '', device: '' },
      fill(1, 12),
    ),
    stamp: makeStamp(now, 0),
    randomBytes: countedBytes(),
  });
  expect(await openMembershipEntry(bytes)).toMatchObject({ kind: 'join', body: { wraps: [] } });
});

test('PUSH-11: an entry of 1 MiB is read, one byte more is refused unread', async () => {
  const base = (await altered('invite', { kind: 'later', body: mapOf({ fill: fill(0, 1_000_000) }) })).length;
  const room = limits.membershipEntryBytes - base;
  const fits = await altered('invite', { kind: 'later', body: mapOf({ fill: fill(0, 1_000_000 + room) }) });
  expect(fits.length).toBe(limits.membershipEntryBytes);
  expect(await openMembershipEntry(fits)).toMatchObject({ kind: 'unknown' });
  const beyond = await altered('invite', { kind: 'later', body: mapOf({ fill: fill(0, 1_000_001 + room) }) });
  expect(await refusal(beyond)).toBe('too-large');
});

test('LOG-5: an entry of one space is about that space: its id is in the signed bytes', async () => {
  const { space } = await samples();
  const moved = await altered('invite', { space: asHash(fill(9)) });
  // Whoever signs for another space says so; the fold compares it with the log's.
  expect(await openMembershipEntry(moved)).toMatchObject({ space: fill(9) });
  expect(space).not.toEqual(fill(9));
});
