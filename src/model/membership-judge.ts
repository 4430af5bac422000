import { equal } from '../format/bytes.ts';
import type { MembershipEntry, PublicPair } from '../format/membership-entry.ts';
import { isRole, type Role } from '../format/role.ts';
import { stampMs } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import {
  canInvite,
  deviceByKey,
  expiresAt,
  invitationByKey,
  type Member,
  type MembershipRefusalCode,
  type MembershipState,
  memberByKey,
  newestEpoch,
  type Refusal,
  roleOf,
  rootAt,
} from './membership-state.ts';
import { mayWrite } from './permission.ts';

/**
 * May this entry stand behind this log? A function of the log before it and of the entry, on every replica, at any
 * time of any clock, alike (JOIN-8, PULL-4). It is asked before an entry is signed, before the relay takes it, and
 * when it is folded. Signatures were verified when the entry was opened.
 */
export type Statement = MembershipEntry extends infer E
  ? E extends unknown
    ? Omit<E, 'id' | 'leaf'>
    : never
  : never;

/** `null` when the entry counts (an unknown kind from an admin counts as one to wait at), else why it does not. */
export function judge(state: MembershipState, entry: Statement): Refusal | null {
  return judgePlace(state, entry) ?? judgeContent(state, entry);
}

/** The chain: held or not, which space, behind which log, in which order of time. */
function judgePlace(state: MembershipState, entry: Statement): Refusal | null {
  if (state.hold !== null) {
    return refuse(
      'newer-format',
      `the membership log waits for an update at position ${state.hold.position}`,
    );
  }
  if (entry.size !== state.size)
    return refuse('size-mismatch', `the entry stands behind ${entry.size}, not ${state.size}`);
  const root = rootAt(state, entry.size);
  if (root === undefined || !equal(entry.root, root))
    return refuse('bad-root', 'the entry stands behind another log');
  if (entry.kind === 'create') {
    if (entry.size !== 0) return refuse('not-allowed', 'a space is created once');
    if (entry.space !== null) return refuse('wrong-space', 'the first entry names no space');
    return null;
  }
  if (entry.size === 0) return refuse('not-allowed', 'the first entry creates the space');
  if (entry.space === null || !equal(entry.space, state.space))
    return refuse('wrong-space', 'the entry is of another space');
  if (entry.stamp < state.stamp) return refuse('bad-request', 'the stamp falls below the one before');
  return null;
}

function judgeContent(state: MembershipState, entry: Statement): Refusal | null {
  switch (entry.kind) {
    case 'create':
      if (!equal(entry.key, entry.body.device.sign))
        return refuse('not-allowed', 'signed by another key than its device');
      return entry.body.epoch.number === 1 ? null : refuse('malformed', 'the first epoch is 1');
    case 'invite':
      return judgeInvite(state, entry);
    case 'join':
      return judgeJoin(state, entry);
    case 'unknown': {
      const device = deviceByKey(state, entry.key);
      if (device !== undefined && roleOf(state, device.number) === 'admin') return null;
      return refuse('not-allowed', `nobody but an admin may write what is not known here (${entry.name})`);
    }
  }
}

function judgeInvite(
  state: MembershipState,
  { key, body }: Statement & { readonly kind: 'invite' },
): Refusal | null {
  const issuer = deviceByKey(state, key);
  if (issuer === undefined) return refuse('not-allowed', 'the author is no device of this space');
  if (!isRole(body.role)) return refuse('malformed', 'there is no such role');
  if (!canInvite(state, issuer.number, body.role)) {
    return refuse('not-allowed', `device ${issuer.number} may not invite a ${body.role}`);
  }
  if (!isWithin(body.life, limits.invitationLifeMs))
    return refuse('malformed', 'an invitation lasts 30 days at most');
  if (!isWithin(body.uses, limits.invitationUses))
    return refuse('malformed', 'the number of uses is out of range');
  if (body.epoch !== newestEpoch(state)?.number)
    return refuse('not-allowed', 'the invitation opens another epoch than the newest');
  if (invitationByKey(state, body.key.sign) !== undefined)
    return refuse('not-allowed', 'the invitation is there already');
  return null;
}

function judgeJoin(state: MembershipState, entry: Statement & { readonly kind: 'join' }): Refusal | null {
  const { body } = entry;
  if (!equal(entry.key, body.device.sign))
    return refuse('not-allowed', 'signed by another key than its device');
  const invitation = invitationByKey(state, body.invitation);
  if (invitation === undefined) return refuse('invitation-invalid', 'there is no such invitation in the log');
  if (!canInvite(state, invitation.issuer, invitation.role)) {
    return refuse('invitation-invalid', 'who invited may no longer do so');
  }
  // Told apart from a used invitation on purpose: the device that joined asks again when an answer was lost.
  if (deviceByKey(state, body.device.sign) !== undefined)
    return refuse('not-allowed', 'the device has joined already');
  if (stampMs(entry.stamp) > expiresAt(invitation))
    return refuse('invitation-expired', 'the invitation has expired');
  if (invitation.used >= invitation.uses) return refuse('invitation-used', 'the invitation was used up');
  if (body.epoch !== invitation.epoch)
    return refuse('malformed', 'the join is under another epoch than its invitation');
  const member = memberByKey(state, body.identity.sign);
  if (member === undefined && state.members.size >= limits.members) {
    return refuse('not-allowed', `a space has at most ${limits.members} members`);
  }
  if (state.devices.size >= limits.devices) {
    return refuse('not-allowed', `a space has at most ${limits.devices} devices`);
  }
  return member === undefined ? null : judgeRole(state, member, body.identity, invitation.role);
}

/** May a member who is here already take this role by joining once more (MEM-5)? */
function judgeRole(state: MembershipState, member: Member, identity: PublicPair, role: Role): Refusal | null {
  if (!samePair(member.identity, identity)) {
    return refuse('not-allowed', 'the identity is known with another key to wrap for');
  }
  if (member.role === 'admin' && role !== 'admin' && countAdmins(state) === 1) {
    return refuse('not-allowed', 'the last admin stays admin');
  }
  // To take the right to write away, each log of the member must be cut; a join names no cuts.
  if (mayWrite(member.role) && !mayWrite(role)) {
    return refuse('not-allowed', `a ${member.role} does not become a ${role} by joining`);
  }
  return null;
}

function countAdmins(state: MembershipState): number {
  let count = 0;
  for (const { role } of state.members.values()) if (role === 'admin') count += 1;
  return count;
}

function samePair(a: PublicPair, b: PublicPair): boolean {
  return equal(a.sign, b.sign) && equal(a.wrap, b.wrap);
}

function isWithin(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function refuse(code: MembershipRefusalCode, refused: string): Refusal {
  return { code, refused };
}
