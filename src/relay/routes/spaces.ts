/**
 * `POST /v1/spaces/:space`: registers a space by its first membership entry. The entry proves itself: its hash is the space's
 * id, and its author is the founder. The same again changes nothing.
 */
import { CairnError } from '../../errors.ts';
import { equal } from '../../format/bytes.ts';
import { openMembershipEntry } from '../../format/membership-opening.ts';
import { encodeSizeAnswer } from '../../format/wire.ts';
import { limits } from '../../limits.ts';
import { applyMembership, emptyMembership } from '../../model/membership.ts';
import { cborAnswer } from '../body.ts';
import { membershipLog } from '../storage.ts';
import { checkStamp } from './members.ts';
import { bodyOf, type SpaceRoute } from './space-parts.ts';

export const createSpace: SpaceRoute = async (parts, question) => {
  const { storage, memberships, clock, metrics } = parts;
  const { space } = question;
  const { key } = await parts.gate.founder(question);
  const bytes = await bodyOf(parts, question, key, limits.membershipEntryBytes);
  const entry = await openMembershipEntry(bytes);
  if (!equal(entry.id, space))
    throw new CairnError('wrong-space', 'The entry is not the first of this space');
  const before = emptyMembership(space);
  const result = applyMembership(before, entry);
  if ('refused' in result) throw new CairnError(result.code, result.refused);
  if (!equal(entry.key, key)) throw new CairnError('forbidden', 'Another device founded this space');
  const known = await memberships.of(space);
  if (known === null) {
    checkStamp(entry.stamp, before.stamp, clock.now());
    const append = {
      expected: null,
      entries: [{ entry: bytes, leaf: entry.leaf }],
      after: { frontier: result.ok.frontier, head: null },
    };
    if (await storage.append(space, membershipLog, append)) {
      memberships.keep(result.ok);
      metrics.appendedMembers++;
      return cborAnswer(encodeSizeAnswer({ size: 1 }), 201);
    }
  }
  // Whatever log of this id is here begins with these very bytes.
  return cborAnswer(encodeSizeAnswer({ size: 1 }));
};
