import { asHash, asPublicKey, asWrapKey, type SpaceId, toHex, type WrapKey } from '../format/bytes.ts';
import type { CborInput } from '../format/cbor.ts';
import type { PublicPair } from '../format/membership-entry.ts';
import { roleOf } from '../format/role.ts';
import { asDeviceNumber, asStamp } from '../format/stamp.ts';
import { AppendList } from '../model/append-list.ts';
import type { Device, Epoch, InvitationState, Member, MembershipState } from '../model/membership-state.ts';
import { asBytes } from './codec-parts.ts';
import { type Fields, malformed } from './fields.ts';

/**
 * The membership state as it stands in a saved fold: what was folded, so that an opening need not judge the log again.
 * The maps from keys to numbers follow from the lists.
 */
export function membershipFields(state: MembershipState): CborInput {
  const { hold } = state;
  return [
    state.roots.toArray(),
    state.frontier.hashes,
    state.stamp,
    [...state.members.values()].map(({ identity, role, position }) => [
      identity.sign,
      identity.wrap,
      role,
      position,
    ]),
    [...state.devices.values()].map((device) => [
      device.sign,
      device.wrap,
      device.member,
      device.position,
      device.names,
      device.namesEpoch,
    ]),
    [...state.invitations.values()].map((invitation) => [
      invitation.key,
      invitation.wrap,
      invitation.role,
      invitation.life,
      invitation.uses,
      invitation.used,
      invitation.issuer,
      invitation.position,
      invitation.stamp,
      invitation.epoch,
      invitation.wrapped,
    ]),
    state.epochs.map(({ number, commitment, position }) => [number, commitment, position]),
    hold === null ? null : [hold.position, hold.kind],
  ];
}

/** Throws `malformed` where the fields are no membership state. */
export function readMembership(space: SpaceId, fields: Fields): MembershipState {
  const roots = fields.list((root) => asHash(asBytes(root)));
  const size = roots.length - 1;
  if (size < 0) throw malformed('the roots of a log');
  const hashes = fields.list((hash) => asHash(asBytes(hash)));
  const stamp = asStamp(fields.integer());
  const members = fields
    .records(readMember)
    .map((member, index): Member => ({ ...member, number: index + 1 }));
  const devices = fields
    .records(readDevice)
    .map((device, index): Device => ({ ...device, number: asDeviceNumber(index + 1) }));
  const invitations = fields.records(readInvitation);
  const epochs = fields.records(readEpoch);
  const hold = fields.optional((held) => ({
    position: held.integer(1),
    reason: 'newer-schema' as const,
    kind: held.text(),
  }));
  return {
    space,
    size,
    roots: AppendList.of(...roots),
    frontier: { size, hashes },
    stamp,
    members: new Map(members.map((member) => [member.number, member])),
    devices: new Map(devices.map((device) => [device.number, device])),
    invitations: new Map(invitations.map((invitation) => [toHex(invitation.key), invitation])),
    epochs,
    hold,
    deviceNumbers: new Map(devices.map(({ sign, number }) => [toHex(sign), number])),
    memberNumbers: new Map(members.map(({ identity, number }) => [toHex(identity.sign), number])),
  };
}

function readMember(fields: Fields): Omit<Member, 'number'> {
  return { identity: readPair(fields), role: roleOf(fields.any()), position: fields.integer(1) };
}

function readDevice(fields: Fields): Omit<Device, 'number'> {
  return {
    ...readPair(fields),
    member: fields.integer(1),
    position: fields.integer(1),
    names: fields.bytes(),
    namesEpoch: fields.integer(1),
  };
}

function readInvitation(fields: Fields): InvitationState {
  const { sign, wrap } = readPair(fields);
  return {
    key: sign,
    wrap,
    role: roleOf(fields.any()),
    life: fields.integer(),
    uses: fields.integer(),
    used: fields.integer(),
    issuer: asDeviceNumber(fields.integer(1)),
    position: fields.integer(1),
    stamp: asStamp(fields.integer()),
    epoch: fields.integer(1),
    wrapped: fields.bytes(),
  };
}

function readEpoch(fields: Fields): Epoch {
  return { number: fields.integer(1), commitment: fields.bytes(), position: fields.integer(1) };
}

function readPair(fields: Fields): PublicPair & { readonly wrap: WrapKey } {
  return { sign: asPublicKey(fields.bytes(32)), wrap: asWrapKey(fields.bytes(32)) };
}
