import { expect, test } from 'vitest';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import { asHash, type Bytes } from '../../src/format/bytes.ts';
import { decodeMembershipEntry, spaceIdOf } from '../../src/format/membership-entry.ts';
import { type Before, makeCreate, makeInvite, makeJoin } from '../../src/format/membership-making.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import {
  applyMembership,
  deviceByKey,
  emptyMembership,
  foldMembership,
  type MembershipState,
  nextMembershipStamp,
  rootAt,
} from '../../src/model/membership.ts';

const now = 1_700_000_000_000;
const secret = (byte: number): Bytes => new Uint8Array(32).fill(byte);
const names = new Uint8Array(64);
const before = (state: MembershipState): Before => ({
  space: state.space,
  size: state.size,
  root: rootAt(state, state.size) ?? asHash(secret(0)),
});

test('JOIN-7: a space, an invitation and a join, signed and opened, fold to a founder and a member', async () => {
  let count = 0;
  const randomBytes = (length: number): Bytes => {
    count++;
    return new Uint8Array(length).fill(count);
  };
  const [ann, annDevice, ben, benDevice, invitation] = await Promise.all(
    [1, 2, 3, 4, 5].map((byte) => keyPairFromSecret(secret(byte))),
  );
  const epochKey = secret(9);
  const create = await makeCreate({
    identity: ann,
    device: annDevice,
    epochKey,
    names,
    stamp: makeStamp(now, 0),
    randomBytes,
  });
  const space = spaceIdOf(create);
  const { state: founded } = foldMembership(emptyMembership(space), [await openMembershipEntry(create)]);
  const invite = await makeInvite({
    before: before(founded),
    signer: annDevice.signer,
    key: invitation,
    role: 'writer',
    life: 1000,
    uses: 1,
    epoch: 1,
    epochKey,
    stamp: nextMembershipStamp(founded, now + 5),
    randomBytes,
  });
  const { state: invited } = foldMembership(founded, [await openMembershipEntry(invite)]);
  const parts = {
    before: before(invited),
    identity: ben,
    device: benDevice,
    epoch: 1,
    epochKey,
    names,
    stamp: makeStamp(now + 1005, 0),
    randomBytes,
  };
  const join = await makeJoin({ ...parts, invitation: invitation.signer });
  const { state: joined, refusal } = foldMembership(invited, [await openMembershipEntry(join)]);
  expect(refusal).toBeNull();
  expect(joined.size).toBe(3);
  expect(deviceByKey(joined, benDevice.sign)?.number).toBe(2);

  // From where they are kept, decoded without verifying again, they fold to the same state.
  const kept = foldMembership(emptyMembership(space), [create, invite, join].map(decodeMembershipEntry));
  expect(kept).toEqual({ state: joined, refusal: null });

  // Ben's own device key does not stand in for the invitation's.
  const forged = await makeJoin({ ...parts, invitation: benDevice.signer });
  expect(applyMembership(invited, await openMembershipEntry(forged))).toMatchObject({
    code: 'invitation-invalid',
  });
});
