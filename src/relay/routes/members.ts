/**
 * `POST /v1/spaces/:space/members`: one entry more in the membership log, by compare-and-set on its size. Of two written
 * at once one is taken, and the other's author is told the size to judge again at (MEM-3). The entry that is there already
 * is acknowledged again.
 */
import { CairnError } from '../../errors.ts';
import { equal } from '../../format/bytes.ts';
import type { MembershipEntry } from '../../format/membership-entry.ts';
import { openMembershipEntry } from '../../format/membership-opening.ts';
import { type Stamp, stampMs } from '../../format/stamp.ts';
import { decodeMembersAppend, encodeSizeAnswer, type MembersAppend } from '../../format/wire.ts';
import { limits } from '../../limits.ts';
import { applyMembership, deviceByKey, type MembershipState } from '../../model/membership.ts';
import type { Caller, Question } from '../authorise.ts';
import { cborAnswer } from '../body.ts';
import type { Membership } from '../memberships.ts';
import { membershipLog } from '../storage.ts';
import { bodyOf, mostTries, type SpaceParts, type SpaceRoute } from './space-parts.ts';

/** The largest entry, and what names its place. */
const bodyLimit = limits.membershipEntryBytes + 64;

export const appendMember: SpaceRoute = async (parts, question) => {
  const caller = await parts.gate.caller(question);
  const wanted = decodeMembersAppend(await bodyOf(parts, question, caller.key, bodyLimit));
  const entry = await openMembershipEntry(wanted.entry);
  checkCaller(caller, entry);
  let { membership } = caller;
  for (let tries = 0; tries < mostTries; tries++) {
    const size = await appendAt(parts, question, caller, membership, wanted, entry);
    if (size !== null) return cborAnswer(encodeSizeAnswer({ size }));
    membership = (await parts.memberships.of(question.space)) ?? membership;
  }
  throw sizeMismatch(membership.state);
};

/** An invitation's key brings the join that answers it, and nothing else. */
function checkCaller(caller: Caller, entry: MembershipEntry): void {
  if (caller.kind === 'device') return;
  if (entry.kind === 'join' && equal(entry.body.invitation, caller.key)) return;
  throw new CairnError('forbidden', 'An invitation lets its holder join, and nothing else');
}

/** The size after it; null if the log has moved meanwhile. */
async function appendAt(
  { storage, memberships, hub, clock, metrics }: SpaceParts,
  { space }: Question,
  { key }: Caller,
  { state, revision }: Membership,
  { size, entry: bytes }: MembersAppend,
  entry: MembershipEntry,
): Promise<number | null> {
  if (size < state.size) {
    const [there] = await storage.readEntries(space, membershipLog, size + 1, size + 1, 0);
    if (there !== undefined && equal(there, bytes)) return size + 1;
  }
  if (size !== state.size) throw sizeMismatch(state);
  const result = applyMembership(state, entry);
  if ('refused' in result) throw new CairnError(result.code, result.refused, { size: state.size });
  if (result.ok.hold !== null) {
    throw new CairnError(
      'newer-format',
      `This relay does not know membership entries of kind ${result.ok.hold.kind}`,
    );
  }
  checkStamp(entry.stamp, state.stamp, clock.now());
  const append = {
    expected: revision,
    entries: [{ entry: bytes, leaf: entry.leaf }],
    after: { frontier: result.ok.frontier, head: null },
  };
  if (!(await storage.append(space, membershipLog, append))) return null;
  memberships.keep(result.ok);
  metrics.appendedMembers++;
  hub.publish(space, { members: result.ok.size }, key);
  hub.recheck(space, (device) => deviceByKey(result.ok, device) !== undefined);
  return result.ok.size;
}

/**
 * A membership stamp is at most five minutes ahead of the relay's clock, or equal to the one before: so one that got ahead
 * never locks the space (MEM-9). That it does not fall is the fold's to judge.
 * @throws clock-ahead
 */
export function checkStamp(stamp: Stamp, before: Stamp, now: number): void {
  if (stamp === before || stampMs(stamp) <= now + limits.clockAheadMs) return;
  throw new CairnError('clock-ahead', 'A membership entry stamped ahead of the relay’s clock', { now });
}

const sizeMismatch = ({ size }: MembershipState): CairnError =>
  new CairnError('size-mismatch', `The membership log has ${size} entries`, { size });
