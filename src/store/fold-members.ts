import type { Bytes } from '../format/bytes.ts';
import { decodeMembershipEntry } from '../format/membership-entry.ts';
import { foldMembership, type MembershipState, type Refusal, withoutHold } from '../model/membership.ts';

/**
 * Folds entries of the membership log as the journal holds them. An entry of a kind that this build does not know holds the log, and is
 * judged again after an update. A file of its own because it is loaded when the first such record is folded (`folded`):
 * an opening from a saved fold needs none of its hashing and judging.
 *
 * Throws `malformed` where an entry does not decode.
 */
export function foldMembers(
  state: MembershipState,
  entries: readonly Bytes[],
): { readonly state: MembershipState; readonly refusal: Refusal | null } {
  return foldMembership(withoutHold(state), entries.map(decodeMembershipEntry));
}

export type FoldMembers = typeof foldMembers;
