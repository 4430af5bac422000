import type { ErrorCode } from '../errors.ts';
import {
  type Bytes,
  equal,
  type Hash,
  type PublicKey,
  type SpaceId,
  toHex,
  type WrapKey,
} from '../format/bytes.ts';
import { emptyFrontier, emptyRoot, type Frontier } from '../format/frontier.ts';
import type { PublicPair } from '../format/membership-entry.ts';
import type { Role } from '../format/role.ts';
import { type DeviceNumber, makeStamp, type Stamp, stampMs } from '../format/stamp.ts';
import { AppendList } from './append-list.ts';
import { observe } from './clock.ts';
import { mayInvite, mayWrite } from './permission.ts';

export type { Role } from '../format/role.ts';

/** The state that the membership log of a space folds to (`membership` folds it), and what can be read off it. */
export interface MembershipState {
  readonly space: SpaceId;
  /** How many entries were folded. */
  readonly size: number;
  /** The root of the log at each size from 0 to `size`. */
  readonly roots: AppendList<Hash>;
  readonly frontier: Frontier;
  /** The stamp of the last entry. */
  readonly stamp: Stamp;
  readonly members: ReadonlyMap<MemberNumber, Member>;
  readonly devices: ReadonlyMap<DeviceNumber, Device>;
  /** By the hex of their key. */
  readonly invitations: ReadonlyMap<string, InvitationState>;
  readonly epochs: readonly Epoch[];
  readonly hold: MembershipHold | null;
  /** Hex of a key → number; look up with `deviceByKey` and `memberByKey`. */
  readonly deviceNumbers: ReadonlyMap<string, DeviceNumber>;
  readonly memberNumbers: ReadonlyMap<string, MemberNumber>;
}

/** A member's place in the fold, from 1. */
export type MemberNumber = number;

export interface Member {
  readonly number: MemberNumber;
  readonly identity: PublicPair;
  readonly role: Role;
  /** The entry that brought the member, from 1. */
  readonly position: number;
}

export interface Device {
  readonly number: DeviceNumber;
  readonly sign: PublicKey;
  readonly wrap: WrapKey;
  readonly member: MemberNumber;
  /** The entry that brought the device, from 1. */
  readonly position: number;
  /** Sealed names of member and device, under the name key of epoch `namesEpoch`. */
  readonly names: Bytes;
  readonly namesEpoch: number;
}

export interface InvitationState {
  readonly key: PublicKey;
  readonly wrap: WrapKey;
  readonly role: Role;
  /** How long it lasts from its stamp on, ms. */
  readonly life: number;
  readonly uses: number;
  readonly used: number;
  readonly issuer: DeviceNumber;
  readonly position: number;
  readonly stamp: Stamp;
  readonly epoch: number;
  /** The key of that epoch, wrapped for the invitation. */
  readonly wrapped: Bytes;
}

export interface Epoch {
  readonly number: number;
  readonly commitment: Bytes;
  readonly position: number;
}

export interface MembershipHold {
  /** The entry that can't be judged here, from 1. */
  readonly position: number;
  readonly reason: 'newer-schema';
  /** What it calls itself. */
  readonly kind: string;
}

/** Why an entry does not count: words for logs, and a code of the closed union. */
export interface Refusal {
  readonly refused: string;
  readonly code: MembershipRefusalCode;
}

export type MembershipRefusalCode = Extract<
  ErrorCode,
  | 'malformed'
  | 'wrong-space'
  | 'size-mismatch'
  | 'bad-root'
  | 'bad-request'
  | 'newer-format'
  | 'not-allowed'
  | 'invitation-invalid'
  | 'invitation-expired'
  | 'invitation-used'
>;

/** The membership of a space of which no entry is known yet. */
export function emptyMembership(space: SpaceId): MembershipState {
  return {
    space,
    size: 0,
    roots: AppendList.of(emptyRoot),
    frontier: emptyFrontier,
    stamp: makeStamp(0, 0),
    members: new Map(),
    devices: new Map(),
    invitations: new Map(),
    epochs: [],
    hold: null,
    deviceNumbers: new Map(),
    memberNumbers: new Map(),
  };
}

/** The state with its hold taken off, for an app that may know by now what the entry says. */
export function withoutHold(state: MembershipState): MembershipState {
  return state.hold === null ? state : { ...state, hold: null };
}

/** The root of the membership log at an earlier size; undefined above what is known. */
export function rootAt(state: MembershipState, size: number): Hash | undefined {
  return state.roots.at(size);
}

/** True when the log, as far as it is known, has this root at this size: it extends an invitation's floor. */
export function extendsFloor(
  state: MembershipState,
  floor: { readonly size: number; readonly root: Bytes },
): boolean {
  const root = rootAt(state, floor.size);
  return root !== undefined && equal(root, floor.root);
}

/** The current device with that key. */
export function deviceByKey(state: MembershipState, key: PublicKey): Device | undefined {
  const number = state.deviceNumbers.get(toHex(key));
  return number === undefined ? undefined : state.devices.get(number);
}

/** The member with that identity key. */
export function memberByKey(state: MembershipState, key: PublicKey): Member | undefined {
  const number = state.memberNumbers.get(toHex(key));
  return number === undefined ? undefined : state.members.get(number);
}

export function invitationByKey(state: MembershipState, key: PublicKey): InvitationState | undefined {
  return state.invitations.get(toHex(key));
}

/** The role of a device's member; undefined for a number that is no current device. */
export function roleOf(state: MembershipState, device: DeviceNumber): Role | undefined {
  const found = state.devices.get(device);
  return found === undefined ? undefined : state.members.get(found.member)?.role;
}

/** True when the device may append to its own log. */
export function canWrite(state: MembershipState, device: DeviceNumber): boolean {
  const role = roleOf(state, device);
  return role !== undefined && mayWrite(role);
}

/** True when the device may issue an invitation for that role, and one it issued still counts. */
export function canInvite(state: MembershipState, device: DeviceNumber, invited: Role): boolean {
  const role = roleOf(state, device);
  return role !== undefined && mayInvite(role, invited);
}

/** The newest epoch; undefined before the first entry. */
export function newestEpoch(state: MembershipState): Epoch | undefined {
  return state.epochs.at(-1);
}

/**
 * The stamp for a new entry at wall time `now`: the time, or the last stamp where that is later (stamps never fall).
 */
export function nextMembershipStamp(state: MembershipState, now: number): Stamp {
  return observe(state.stamp, makeStamp(now, 0));
}

/** The last moment at which an invitation is still valid, ms. */
export function expiresAt(invitation: Pick<InvitationState, 'stamp' | 'life'>): number {
  return stampMs(invitation.stamp) + invitation.life;
}
