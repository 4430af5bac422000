import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { asHash, equal, utf8 } from '../../src/format/bytes.ts';
import type { MembershipEntry } from '../../src/format/membership-entry.ts';
import { rootOf } from '../../src/format/merkle.ts';
import type { Role } from '../../src/format/role.ts';
import { asDeviceNumber, makeStamp, maxCounter, stampMs } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import {
  applyMembership,
  canInvite,
  canWrite,
  deviceByKey,
  emptyMembership,
  expiresAt,
  extendsFloor,
  foldMembership,
  invitationByKey,
  judge,
  type MembershipState,
  memberByKey,
  nextMembershipStamp,
  roleOf,
  rootAt,
  withoutHold,
} from '../../src/model/membership.ts';
import { property } from '../property.ts';
import { applied, created, invite, join, joined, pair, start, unknown } from './membership-log.ts';

/** The code an entry is refused with, or `ok`. */
const outcome = (state: MembershipState, entry: MembershipEntry): string => {
  const result = applyMembership(state, entry);
  return 'ok' in result ? 'ok' : result.code;
};
const number = (state: MembershipState, device: string): number | undefined =>
  deviceByKey(state, pair(device).sign)?.number;
const role = (state: MembershipState, member: string): Role | undefined =>
  memberByKey(state, pair(member).sign)?.role;

/** Ann founded it; Ben writes, Rea reads. */
function threeMembers(): MembershipState {
  const { state } = created();
  return joined(joined(state, 'ann 1', 'ben', 'ben 1', 'writer'), 'ann 1', 'rea', 'rea 1', 'reader');
}

describe('the first entry', () => {
  test('MEM-1: makes its author admin of the space that its hash names, on device 1', () => {
    const { state, entry } = created();
    expect(state.space).toEqual(entry.id);
    expect([role(state, 'ann'), number(state, 'ann 1')]).toEqual(['admin', 1]);
    expect(state.epochs.map((epoch) => epoch.number)).toEqual([1]);
  });

  test('MEM-1: of another space is refused: only the entry whose hash is the id can stand there', () => {
    const { entry } = created();
    expect(outcome(emptyMembership(asHash(sha256(utf8('another')))), entry)).toBe('wrong-space');
  });

  test('MEM-1: comes once, and nothing comes before it', () => {
    const { state } = created();
    const second = created('eve', 'eve 1').entry;
    expect(outcome(state, { ...second, size: 1, root: rootAt(state, 1) ?? second.root })).toBe('not-allowed');
    const empty = emptyMembership(state.space);
    expect(outcome(empty, invite(empty, 'ann 1', 'k', 'writer', { epoch: 1 }))).toBe('not-allowed');
  });
});

describe('the chain', () => {
  test('MEM-2: each entry stands behind exactly the log it names', () => {
    const state = threeMembers();
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { size: state.size - 1 }))).toBe(
      'size-mismatch',
    );
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { size: state.size + 1 }))).toBe(
      'size-mismatch',
    );
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { root: sha256(utf8('x')) }))).toBe(
      'bad-root',
    );
    const elsewhere = asHash(sha256(utf8('another space')));
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { space: elsewhere }))).toBe('wrong-space');
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { space: null }))).toBe('wrong-space');
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer'))).toBe('ok');
  });

  test('MEM-2: the first entry that does not count ends the log, and what came before it stands', () => {
    const { state } = created();
    const good = invite(state, 'ann 1', 'k', 'writer');
    const after = applied(state, good);
    const bad = join(after, 'eve', 'eve 1', 'no such invitation');
    const fine = join(after, 'ben', 'ben 1', 'k');
    const folded = foldMembership(state, [good, bad, fine]);
    expect(folded.refusal?.code).toBe('invitation-invalid');
    expect(folded.state).toEqual(after);
  });

  test('MEM-2: the root at every size is that of the tree over the entries', () => {
    const { state, entry } = created();
    const leaves = [entry.leaf];
    let now = state;
    for (let index = 0; index < 9; index++) {
      const next = invite(now, 'ann 1', `k${index}`, 'writer');
      leaves.push(next.leaf);
      now = applied(now, next);
    }
    for (let size = 0; size <= leaves.length; size++)
      expect(rootAt(now, size)).toEqual(rootOf(leaves.slice(0, size)));
    expect(rootAt(now, leaves.length + 1)).toBeUndefined();
    expect(rootAt(state, 2)).toBeUndefined();
  });

  test('MEM-9: stamps may stay and never fall', () => {
    const state = threeMembers();
    const { stamp } = state;
    const just = makeStamp(stampMs(stamp), 7);
    const after = applied(state, invite(state, 'ann 1', 'k', 'writer', { stamp: just }));
    expect(outcome(after, invite(after, 'ann 1', 'l', 'writer', { stamp: just }))).toBe('ok');
    expect(
      outcome(after, invite(after, 'ann 1', 'l', 'writer', { stamp: makeStamp(stampMs(stamp), 6) })),
    ).toBe('bad-request');
  });

  test('MEM-9: a stamp ahead never locks the space: the next entry takes the same', () => {
    const { state } = created();
    const ahead = applied(state, invite(state, 'ann 1', 'k', 'writer', { at: start + 240_000 }));
    expect(nextMembershipStamp(ahead, start)).toBe(ahead.stamp);
    expect(nextMembershipStamp(ahead, start + 300_000)).toBe(makeStamp(start + 300_000, 0));
    expect(
      outcome(ahead, invite(ahead, 'ann 1', 'l', 'writer', { stamp: nextMembershipStamp(ahead, start) })),
    ).toBe('ok');
  });

  test('MEM-10: what counts as known comes from folded entries and the floor alone', () => {
    const state = threeMembers();
    const root = rootAt(state, 3);
    expect(root).toBeDefined();
    expect(extendsFloor(state, { size: 3, root: root ?? new Uint8Array(0) })).toBe(true);
    expect(extendsFloor(state, { size: 2, root: root ?? new Uint8Array(0) })).toBe(false);
    expect(extendsFloor(state, { size: state.size + 1, root: sha256(utf8('x')) })).toBe(false);
  });
});

describe('numbers', () => {
  test('LOG-4: devices are numbered in the order of their entries, members too', () => {
    const state = joined(threeMembers(), 'ann 1', 'ben', 'ben 2', 'writer');
    expect(['ann 1', 'ben 1', 'rea 1', 'ben 2'].map((device) => number(state, device))).toEqual([1, 2, 3, 4]);
    expect([...state.devices.values()].map(({ member }) => member)).toEqual([1, 2, 3, 2]);
  });

  property(
    'LOG-4: the same log gives the same state, whole or in any pieces, and earlier states stay as they were',
    300,
    fc.array(fc.constantFrom('invite', 'join', 'again'), { maxLength: 14 }),
    fc.array(fc.nat(20), { maxLength: 3 }),
    (steps, cuts) => {
      const { state: first } = created();
      const log: MembershipEntry[] = [];
      const states = [first];
      let [keys, people] = [0, 0];
      for (const step of steps) {
        const now = states[states.length - 1];
        let entry: MembershipEntry;
        if (step !== 'invite' && keys === 0) continue;
        if (step === 'invite') keys++;
        if (step === 'join') people++;
        if (step === 'invite') entry = invite(now, 'ann 1', `k${keys}`, 'writer', { uses: 3 });
        else entry = join(now, `p${people}`, `d${log.length}`, `k${keys}`);
        const result = applyMembership(now, entry);
        if (!('ok' in result)) continue;
        log.push(entry);
        states.push(result.ok);
      }
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, log.length)), log.length].sort((a, b) => a - b);
      let folded = first;
      for (const [index, end] of bounds.slice(1).entries()) {
        const { state, refusal } = foldMembership(folded, log.slice(bounds[index], end));
        expect(refusal).toBeNull();
        folded = state;
      }
      expect(folded).toEqual(states[states.length - 1]);
      let check = first;
      for (const [index, entry] of log.entries()) {
        expect(check).toEqual(states[index]);
        check = applied(check, entry);
      }
    },
  );
});

describe('inviting', () => {
  test('MEM-7: only an admin invites an admin; a writer invites writers and readers, a reader nobody', () => {
    const state = threeMembers();
    const allowed = (device: string): Role[] =>
      (['admin', 'writer', 'reader'] as const).filter(
        (as) => outcome(state, invite(state, device, 'k', as)) === 'ok',
      );
    expect(allowed('ann 1')).toEqual(['admin', 'writer', 'reader']);
    expect(allowed('ben 1')).toEqual(['writer', 'reader']);
    expect(allowed('rea 1')).toEqual([]);
    expect(canInvite(state, asDeviceNumber(2), 'admin')).toBe(false);
    expect(canInvite(state, asDeviceNumber(9), 'reader')).toBe(false);
  });

  test('MEM-7: an unknown role is refused, never read as another', () => {
    const { state } = created();
    for (const odd of ['owner', 'Admin', '', 'toString']) {
      expect(outcome(state, invite(state, 'ann 1', 'k', odd as Role))).toBe('malformed');
    }
  });

  test('MEM-2: whoever is no device of the space invites nobody', () => {
    const state = threeMembers();
    expect(outcome(state, invite(state, 'eve 1', 'k', 'reader'))).toBe('not-allowed');
    expect(outcome(state, { ...invite(state, 'ann 1', 'k', 'reader'), key: pair('ann').sign })).toBe(
      'not-allowed',
    );
  });

  test.each([
    ['no life', { life: 0 }],
    ['a life over 30 days', { life: limits.invitationLifeMs + 1 }],
    ['a broken life', { life: 1.5 }],
    ['no use', { uses: 0 }],
    ['more uses than any may have', { uses: limits.invitationUses + 1 }],
  ])('JOIN-2: an invitation with %s is refused', (_, odd) => {
    const { state } = created();
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', odd))).toBe('malformed');
  });

  test('JOIN-2: 30 days is the longest life', () => {
    const { state } = created();
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { life: limits.invitationLifeMs }))).toBe(
      'ok',
    );
  });

  test('an invitation opens the newest epoch, and its key stands in the log once', () => {
    const { state } = created();
    expect(outcome(state, invite(state, 'ann 1', 'k', 'writer', { epoch: 2 }))).toBe('not-allowed');
    const after = applied(state, invite(state, 'ann 1', 'k', 'writer'));
    expect(outcome(after, invite(after, 'ann 1', 'k', 'admin'))).toBe('not-allowed');
    expect(invitationByKey(after, pair('k').sign)?.role).toBe('writer');
  });

  test('MEM-4: an entry is judged before it is signed as it is when it is folded, and a refusal leaves no trace', () => {
    const state = threeMembers();
    const before = structuredClone({ ...state, roots: state.roots.toArray() });
    for (const entry of [
      invite(state, 'ben 1', 'k', 'admin'),
      join(state, 'x', 'x 1', 'none'),
      invite(state, 'ann 1', 'k', 'admin'),
    ]) {
      const { id: _, leaf: __, ...statement } = entry;
      const result = applyMembership(state, entry);
      // Leaving two fields out of a union gives no union to TypeScript, and loses nothing that `judge` reads.
      expect(judge(state, statement as typeof entry)?.code).toBe('ok' in result ? undefined : result.code);
    }
    expect({ ...state, roots: state.roots.toArray() }).toEqual(before);
  });
});

describe('joining', () => {
  const invited = (as: Role = 'writer', options = {}): MembershipState => {
    const { state } = created();
    return applied(state, invite(state, 'ann 1', 'k', as, options));
  };

  test('JOIN-7: a valid join brings a member with the role of the invitation, and a device', () => {
    for (const as of ['admin', 'writer', 'reader'] as const) {
      const asked = invited(as);
      const state = applied(asked, join(asked, 'ben', 'ben 1', 'k'));
      expect(role(state, 'ben')).toBe(as);
      expect(roleOf(state, asDeviceNumber(2))).toBe(as);
      expect(canWrite(state, asDeviceNumber(2))).toBe(as !== 'reader');
    }
  });

  test('JOIN-7: needs an invitation that is in this log', () => {
    const state = invited();
    expect(outcome(state, join(state, 'ben', 'ben 1', 'another'))).toBe('invitation-invalid');
  });

  test('JOIN-7: is signed by the device it brings', () => {
    const state = invited();
    expect(outcome(state, join(state, 'ben', 'ben 1', 'k', { key: pair('eve 1') }))).toBe('not-allowed');
  });

  test('JOIN-7: is under the epoch that its invitation opens', () => {
    const state = invited();
    expect(outcome(state, join(state, 'ben', 'ben 1', 'k', { epoch: 2 }))).toBe('malformed');
  });

  test('JOIN-7: counts only while the issuer may still issue that invitation', () => {
    const { state } = created();
    const two = joined(state, 'ann 1', 'bea', 'bea 1', 'admin');
    const asked = applied(two, invite(two, 'bea 1', 'as admin', 'admin'));
    const both = applied(asked, invite(asked, 'bea 1', 'as writer', 'writer'));
    // Bea becomes a writer by joining again: what she issued as admin no longer counts.
    const lowered = joined(both, 'ann 1', 'bea', 'bea 2', 'writer');
    expect(role(lowered, 'bea')).toBe('writer');
    expect(outcome(lowered, join(lowered, 'eve', 'eve 1', 'as admin'))).toBe('invitation-invalid');
    expect(outcome(lowered, join(lowered, 'eve', 'eve 1', 'as writer'))).toBe('ok');
  });

  test('JOIN-8: expiry counts from the stamp of the invitation, and its last millisecond is still valid', () => {
    const state = invited('writer', { life: 1000 });
    const invitation = invitationByKey(state, pair('k').sign);
    expect(invitation && expiresAt(invitation)).toBe(start + 1000);
    const last = makeStamp(start + 1000, maxCounter);
    expect(outcome(state, join(state, 'ben', 'ben 1', 'k', { stamp: last }))).toBe('ok');
    expect(outcome(state, join(state, 'ben', 'ben 1', 'k', { at: start + 1001 }))).toBe('invitation-expired');
  });

  test('JOIN-8: the number of uses is counted from the log', () => {
    let state = invited('writer', { uses: 2 });
    for (const name of ['ben', 'cem']) state = applied(state, join(state, name, `${name} 1`, 'k'));
    expect(outcome(state, join(state, 'dan', 'dan 1', 'k'))).toBe('invitation-used');
    expect(invitationByKey(state, pair('k').sign)?.used).toBe(2);
  });

  test('MEM-5: a second join of the same device changes nothing: it is refused', () => {
    const state = invited('writer', { uses: 5 });
    const once = applied(state, join(state, 'ben', 'ben 1', 'k'));
    const again = applyMembership(once, join(once, 'ben', 'ben 1', 'k'));
    expect(again).toMatchObject({ code: 'not-allowed' });
    expect(outcome(once, join(once, 'eve', 'ben 1', 'k'))).toBe('not-allowed');
    expect(once.devices.size).toBe(2);
  });

  test('MEM-5: a member that joins again on another device stays one member, with the role it was invited as', () => {
    const state = joined(
      joined(created().state, 'ann 1', 'ben', 'ben 1', 'reader'),
      'ann 1',
      'ben',
      'ben 2',
      'writer',
    );
    expect(state.members.size).toBe(2);
    expect(role(state, 'ben')).toBe('writer');
    expect(canWrite(state, asDeviceNumber(2))).toBe(true);
    expect(memberByKey(state, pair('ben').sign)?.position).toBe(3);
    expect(role(joined(state, 'ann 1', 'ben', 'ben 3', 'admin'), 'ben')).toBe('admin');
  });

  test('MEM-6: the last admin is not demoted by joining again; one of two may be', () => {
    const { state } = created();
    const asked = applied(state, invite(state, 'ann 1', 'k', 'writer', { uses: 2 }));
    expect(outcome(asked, join(asked, 'ann', 'ann 2', 'k'))).toBe('not-allowed');
    const two = joined(asked, 'ann 1', 'bea', 'bea 1', 'admin');
    expect(role(applied(two, join(two, 'ann', 'ann 2', 'k')), 'ann')).toBe('writer');
  });

  test('MEM-13: who may write does not become a reader by joining, since a join names no cuts', () => {
    const state = threeMembers();
    for (const [member, device] of [
      ['ben', 'ben 2'],
      ['ann', 'ann 2'],
    ]) {
      const bea = joined(state, 'ann 1', 'bea', 'bea 1', 'admin');
      const asked = applied(bea, invite(bea, 'bea 1', 'k', 'reader'));
      expect(outcome(asked, join(asked, member, device, 'k'))).toBe('not-allowed');
    }
  });

  test('an identity that comes with another wrapping key than before is refused', () => {
    const state = threeMembers();
    const asked = applied(state, invite(state, 'ann 1', 'k', 'writer'));
    const mixed = { sign: pair('ben').sign, wrap: pair('eve').wrap };
    expect(outcome(asked, join(asked, 'ben', 'ben 2', 'k', { identity: mixed }))).toBe('not-allowed');
  });
});

describe('limits', () => {
  test('MEM-23: the 1,025th member and the 1,025th device are refused', () => {
    const { state } = created();
    let full = applied(state, invite(state, 'ann 1', 'k', 'writer', { uses: limits.invitationUses }));
    for (let index = 1; index < limits.members; index++) {
      full = applied(full, join(full, `p${index}`, `d${index}`, 'k'));
    }
    expect([full.members.size, full.devices.size]).toEqual([1024, 1024]);
    const more = applyMembership(full, join(full, 'one more', 'its device', 'k'));
    expect(more).toEqual({ code: 'not-allowed', refused: 'a space has at most 1024 members' });
    const second = applyMembership(full, join(full, 'p1', 'a second device', 'k'));
    expect(second).toEqual({ code: 'not-allowed', refused: 'a space has at most 1024 devices' });
    expect(
      foldMembership(applied(state, invite(state, 'ann 1', 'k', 'writer', { uses: 1024 })), []).refusal,
    ).toBeNull();
  });
});

describe('kinds of entry from a newer version', () => {
  test('MEM-8: from an admin holds the log below it until the update', () => {
    const state = threeMembers();
    const held = applied(state, unknown(state, 'ann 1', 'dance'));
    expect(held.hold).toEqual({ position: state.size + 1, reason: 'newer-schema', kind: 'dance' });
    expect(held.size).toBe(state.size);
    expect(rootAt(held, state.size + 1)).toBeUndefined();
    expect(outcome(held, invite(held, 'ann 1', 'k', 'writer'))).toBe('newer-format');
    expect(outcome(withoutHold(held), invite(held, 'ann 1', 'k', 'writer'))).toBe('ok');
    expect(withoutHold(state)).toBe(state);
  });

  test('MEM-8: what stands behind it is neither judged nor refused until then', () => {
    const state = threeMembers();
    const good = invite(state, 'ann 1', 'k', 'writer');
    const after = applied(state, good);
    const folded = foldMembership(state, [
      good,
      unknown(after, 'ann 1', 'dance'),
      unknown(after, 'eve 1', 'x', { size: 99 }),
    ]);
    expect(folded.refusal).toBeNull();
    expect(folded.state.size).toBe(after.size);
    expect(folded.state.hold?.position).toBe(after.size + 1);
    expect(foldMembership(folded.state, [good]).state.size).toBe(after.size);
  });

  test('MEM-8: from anyone else is invalid, and so is one that does not fit the chain', () => {
    const state = threeMembers();
    for (const by of ['ben 1', 'rea 1', 'eve 1', 'ann']) {
      expect(outcome(state, unknown(state, by, 'dance'))).toBe('not-allowed');
    }
    expect(outcome(state, unknown(state, 'ann 1', 'dance', { size: 2 }))).toBe('size-mismatch');
    expect(outcome(state, unknown(state, 'ann 1', 'dance', { stamp: makeStamp(1, 0) }))).toBe('bad-request');
  });
});

test('keys are found by their bytes, and a key of another kind is nobody', () => {
  const state = threeMembers();
  expect(deviceByKey(state, pair('ben 1').sign)?.number).toBe(2);
  expect(deviceByKey(state, pair('ben').sign)).toBeUndefined();
  expect(memberByKey(state, pair('ben 1').sign)).toBeUndefined();
  expect(invitationByKey(state, pair('nobody').sign)).toBeUndefined();
  expect(equal(state.devices.get(asDeviceNumber(2))?.wrap ?? new Uint8Array(0), pair('ben 1').wrap)).toBe(
    true,
  );
});
