/** Members, devices, invitations and log entries as the relay's callers make them: real keys, real signatures. */
import { sha256 } from '../../src/crypto/hash.ts';
import { type KeyPair, keyPairFromSecret } from '../../src/crypto/keys.ts';
import { type Beacon, signBeacon } from '../../src/format/beacon.ts';
import { type Bytes, type SpaceId, utf8 } from '../../src/format/bytes.ts';
import { encodeEntry } from '../../src/format/entry.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { spaceIdOf } from '../../src/format/membership-entry.ts';
import { makeCreate, makeInvite, makeJoin } from '../../src/format/membership-making.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import {
  appendLeaves,
  emptyFrontier,
  type Frontier,
  frontierRoot,
  leafHash,
} from '../../src/format/merkle.ts';
import { sealedNamesLeast } from '../../src/format/names.ts';
import type { Role } from '../../src/format/role.ts';
import { asDeviceNumber, type DeviceNumber, makeStamp, type Stamp } from '../../src/format/stamp.ts';
import {
  applyMembership,
  emptyMembership,
  type MembershipState,
  rootAt,
} from '../../src/model/membership.ts';

let drawn = 0;
/** Bytes that nobody has had before, the same in each run. */
export function fresh(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    bytes.set(sha256(utf8(`drawn ${drawn++}`)).subarray(0, Math.min(32, length - at)), at);
  }
  return bytes;
}

export const freshKeys = (): Promise<KeyPair> => keyPairFromSecret(fresh(32));

const epochKey = fresh(32);
const names = fresh(sealedNamesLeast + 20);

/** A device of a member, before or after it belongs to a space. */
export interface Person {
  readonly identity: KeyPair;
  readonly device: KeyPair;
}

export const person = async (): Promise<Person> => ({
  identity: await freshKeys(),
  device: await freshKeys(),
});

/** The membership log of a space as its members hold it; it grows only by entries that count. */
export class Membership {
  readonly space: SpaceId;
  readonly entries: Bytes[] = [];
  state: MembershipState;

  private constructor(space: SpaceId) {
    this.space = space;
    this.state = emptyMembership(space);
  }

  static async found(founder: Person, now: number): Promise<Membership> {
    const { identity, device } = founder;
    const stamp = makeStamp(now, 0);
    const create = await makeCreate({ identity, device, epochKey, names, stamp, randomBytes: fresh });
    const membership = new Membership(spaceIdOf(create));
    await membership.take(create);
    return membership;
  }

  async take(entry: Bytes): Promise<void> {
    const result = applyMembership(this.state, await openMembershipEntry(entry));
    if ('refused' in result) throw new Error(`The test made an entry that does not count: ${result.refused}`);
    this.state = result.ok;
    this.entries.push(entry);
  }

  get before(): { space: SpaceId; size: number; root: ReturnType<typeof frontierRoot> } {
    return { space: this.space, size: this.state.size, root: frontierRoot(this.state.frontier) };
  }

  get members(): { size: number; root: ReturnType<typeof frontierRoot> } {
    return { size: this.state.size, root: frontierRoot(this.state.frontier) };
  }

  membersAt(size: number): { size: number; root: ReturnType<typeof frontierRoot> } {
    const root = rootAt(this.state, size);
    if (root === undefined) throw new Error(`No membership of size ${size}`);
    return { size, root };
  }

  invite(by: Person, key: KeyPair, options: InviteOptions = {}): Promise<Bytes> {
    const { role = 'writer', uses = 1, life = 3_600_000, stamp = this.state.stamp } = options;
    const { signer } = by.device;
    const { before } = this;
    return makeInvite({
      before,
      signer,
      key,
      role,
      life,
      uses,
      epoch: 1,
      epochKey,
      stamp,
      randomBytes: fresh,
    });
  }

  join(joiner: Person, invitation: KeyPair, stamp: Stamp = this.state.stamp): Promise<Bytes> {
    const { identity, device } = joiner;
    const { signer } = invitation;
    const { before } = this;
    const keys = { identity, device, invitation: signer, epoch: 1, epochKey };
    return makeJoin({ before, ...keys, names, stamp, randomBytes: fresh });
  }

  numberOf(someone: Person): DeviceNumber {
    for (const { number, sign } of this.state.devices.values()) {
      if (sign.every((byte, i) => byte === someone.device.sign[i])) return number;
    }
    throw new Error('Not a device of this space');
  }
}

export interface InviteOptions {
  readonly role?: Role;
  readonly uses?: number;
  readonly life?: number;
  readonly stamp?: Stamp;
}

/** A device's own log as that device keeps it: what it would send. */
export class OwnLog {
  readonly space: SpaceId;
  readonly log: DeviceNumber;
  readonly author: Person;
  readonly entries: Bytes[] = [];
  frontier: Frontier = emptyFrontier;

  constructor(membership: Membership, author: Person, log?: number) {
    this.space = membership.space;
    this.author = author;
    this.log = log === undefined ? membership.numberOf(author) : asDeviceNumber(log);
  }

  /** An entry for the next position, `length` bytes of it sealed. */
  entry(length = 100, at = this.entries.length + 1): Bytes {
    return sealedEntry(this.space, this.log, at, length);
  }

  add(...entries: readonly Bytes[]): void {
    this.entries.push(...entries);
    this.frontier = appendLeaves(this.frontier, entries.map(leafHash));
  }

  /** The head over everything added so far. */
  head(members: { size: number; root: ReturnType<typeof frontierRoot> }): Promise<Bytes> {
    const { size } = this.frontier;
    const root = frontierRoot(this.frontier);
    return signHead(this.author.device.signer, { space: this.space, log: this.log, size, root, members });
  }
}

export function sealedEntry(space: SpaceId, log: number, position: number, length: number): Bytes {
  const sealed = new Uint8Array(length);
  sealed.set(fresh(Math.min(length, 32)));
  const header = {
    format: 1,
    space,
    device: asDeviceNumber(log),
    position,
    schema: 1,
    epoch: 1,
    codec: 0,
    size: length - 16,
    sealedSize: length,
  } as const;
  return encodeEntry({ header, nonce: fresh(12), sealed });
}

export function beaconOf(
  membership: Membership,
  author: Person,
  at: number,
  device?: number,
  cursors: Beacon['cursors'] = [],
): Promise<Bytes> {
  return signBeacon(author.device.signer, {
    space: membership.space,
    device: device === undefined ? membership.numberOf(author) : asDeviceNumber(device),
    at,
    cursors,
    members: membership.members,
    caughtUp: true,
    nonce: null,
  });
}
