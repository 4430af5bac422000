import { equal, toHex } from '../format/bytes.ts';
import type { MembershipEntry, PublicPair } from '../format/membership-entry.ts';
import { appendLeaf, frontierRoot } from '../format/merkle.ts';
import { asDeviceNumber, type DeviceNumber } from '../format/stamp.ts';
import { judge } from './membership-judge.ts';
import type { Device, InvitationState, Member, MembershipState, Refusal } from './membership-state.ts';

export { judge, type Statement } from './membership-judge.ts';
export * from './membership-state.ts';

/**
 * Who belongs to a space, folded from its membership log: a value, the same on every replica at the same size
 * (DESIGN §5). Nothing here reads a clock or a network; an entry is judged by the log before it alone.
 *
 * 1. An entry counts only if it names this space, the size and root of the log before it, and an author who may write
 *    it there. The first that does not ends the accepted log.
 * 2. Devices and members are numbered 1, 2, 3 … in the order of their entries; a number is never given twice.
 * 3. Stamps never fall along the log.
 * 4. An unknown kind of entry from an admin holds the log below it until an update; from anyone else it is invalid.
 * 5. A state never changes: folding an entry gives another.
 */

/** The state after one more entry, or why that entry does not count; `state` stays as it is either way. */
export function applyMembership(
  state: MembershipState,
  entry: MembershipEntry,
): { readonly ok: MembershipState } | Refusal {
  const refusal = refusalOf(state, entry);
  if (refusal !== null) return refusal;
  const next = draftOf(state);
  add(next, entry);
  return { ok: next };
}

/**
 * The state after the entries that count, in order, up to the first that does not, or up to one that holds the log:
 * what stands behind that one is neither judged nor refused. Much faster than one after the other, since what entries
 * change is copied once.
 */
export function foldMembership(
  state: MembershipState,
  entries: readonly MembershipEntry[],
): { readonly state: MembershipState; readonly refusal: Refusal | null } {
  const next = draftOf(state);
  for (const entry of entries) {
    if (next.hold !== null) break;
    const refusal = refusalOf(next, entry);
    if (refusal !== null) return { state: next, refusal };
    add(next, entry);
  }
  return { state: next, refusal: null };
}

function refusalOf(state: MembershipState, entry: MembershipEntry): Refusal | null {
  return judge(state, entry) ?? judgeFirst(state, entry);
}

function draftOf(state: MembershipState): Draft {
  return {
    ...state,
    members: new Map(state.members),
    devices: new Map(state.devices),
    invitations: new Map(state.invitations),
    deviceNumbers: new Map(state.deviceNumbers),
    memberNumbers: new Map(state.memberNumbers),
  };
}

/**
 * A space is named by its first entry (MEM-1): no other can stand there. Before it is signed, the entry has no id to
 * judge.
 */
function judgeFirst(state: MembershipState, entry: MembershipEntry): Refusal | null {
  if (entry.kind !== 'create' || equal(entry.id, state.space)) return null;
  return { code: 'wrong-space', refused: 'the first entry is that of another space' };
}

/** A state that nobody else has yet, so it may change. */
type Draft = {
  -readonly [K in keyof MembershipState]: MembershipState[K] extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : MembershipState[K];
};

/** The effect of an entry that counts. */
function add(next: Draft, entry: MembershipEntry): void {
  const position = next.size + 1;
  switch (entry.kind) {
    case 'unknown':
      // Not folded: what it does is unknown, so the log ends below it for now.
      next.hold = { position, reason: 'newer-schema', kind: entry.name };
      return;
    case 'create': {
      const { identity, device, epoch, names } = entry.body;
      next.epochs = [{ number: epoch.number, commitment: epoch.commitment, position }];
      const member = addMember(next, identity, 'admin', position);
      addDevice(next, { ...device, member, position, names, namesEpoch: epoch.number });
      break;
    }
    case 'invite': {
      const { key, role, life, uses, epoch, wrapped } = entry.body;
      const issuer = next.deviceNumbers.get(toHex(entry.key));
      // `judge` found the issuer by the same key.
      if (issuer === undefined) throw new TypeError('an invitation without an issuer was judged valid');
      const { stamp } = entry;
      const invitation: InvitationState = {
        key: key.sign,
        wrap: key.wrap,
        role,
        life,
        uses,
        used: 0,
        issuer,
        position,
        stamp,
        epoch,
        wrapped,
      };
      next.invitations.set(toHex(key.sign), invitation);
      break;
    }
    case 'join': {
      const { identity, device, invitation, names, epoch } = entry.body;
      const key = toHex(invitation);
      const invited = next.invitations.get(key);
      if (invited === undefined) throw new TypeError('a join without an invitation was judged valid');
      next.invitations.set(key, { ...invited, used: invited.used + 1 });
      const member = addMember(next, identity, invited.role, position);
      addDevice(next, { ...device, member, position, names, namesEpoch: epoch });
      break;
    }
  }
  next.stamp = entry.stamp;
  next.frontier = appendLeaf(next.frontier, entry.leaf);
  next.roots = next.roots.append(frontierRoot(next.frontier));
  next.size = position;
}

/** The number of the member with that identity, who has the role from here on. */
function addMember(next: Draft, identity: PublicPair, role: Member['role'], position: number): number {
  const key = toHex(identity.sign);
  const known = next.memberNumbers.get(key);
  const number = known ?? next.members.size + 1;
  const member = known === undefined ? undefined : next.members.get(known);
  next.members.set(number, { number, identity, role, position: member?.position ?? position });
  next.memberNumbers.set(key, number);
  return number;
}

function addDevice(next: Draft, device: Omit<Device, 'number'>): DeviceNumber {
  const number = asDeviceNumber(next.devices.size + 1);
  next.devices.set(number, { ...device, number });
  next.deviceNumbers.set(toHex(device.sign), number);
  return number;
}
