import { isError } from '../errors.ts';
import { equal, type PublicKey } from '../format/bytes.ts';
import type { Changeset } from '../format/changeset.ts';
import type { Head } from '../format/head.ts';
import type { EntryHeader } from '../format/opened-entry.ts';
import { isAhead } from './clock.ts';
import type { HoldReason } from './hold.ts';
import { canWrite, type MembershipState, rootAt } from './membership-state.ts';

/**
 * What becomes of something another device signed (DESIGN §9). Judged in this order, each step by what the step
 * before has established, and nothing is opened for an author who may not write (PULL-2):
 *
 *   bytes     size, leaf hash, format number            pass `malformed` or hold `newer-schema`
 *   head      the author's claim and authority           `headVerdict`
 *   header    epoch key, lowest schema                   `headerVerdict`
 *   content   the stamps of its changesets               `stampVerdict`
 *
 * 1. Authority follows from the membership log as far as a head names it; the stamps of entries play no part in it.
 * 2. A claim about the membership log is compared, never believed: it raises no floor here.
 * 3. What is not allowed yet is held, not passed: the same question asked later may have another answer.
 */
export type Verdict =
  | { readonly kind: 'apply' }
  | { readonly kind: 'hold'; readonly reason: HoldReason }
  | { readonly kind: 'pass'; readonly reason: 'malformed' };

const apply: Verdict = { kind: 'apply' };
const hold = (reason: HoldReason): Verdict => ({ kind: 'hold', reason });

/** How a claim about the membership log compares with our verified one. */
export type ClaimVerdict = 'fits' | 'ahead' | 'disagrees';

/** Compares the membership size and root that a head or beacon names with ours. */
export function claimVerdict(
  membership: MembershipState,
  claim: { readonly size: number; readonly root: Uint8Array },
): ClaimVerdict {
  const root = rootAt(membership, claim.size);
  if (root === undefined) return 'ahead';
  return equal(root, claim.root) ? 'fits' : 'disagrees';
}

/**
 * May the entries under this head, signed by `key`, count? The signature was verified.
 *
 * A head that names more of the membership log than we hold waits until ours has got there: `newer-schema` while ours
 * waits for an update, else `unavailable`, because it was signed and the relay did not deliver it.
 */
export function headVerdict(membership: MembershipState, head: Head, key: PublicKey): Verdict {
  const device = membership.devices.get(head.log);
  const claim = claimVerdict(membership, head.members);
  if (device === undefined) return hold(claim === 'ahead' ? notThereYet(membership) : 'unauthorized');
  // Before the claim: who is not the author can claim nothing in the author's name.
  if (!equal(device.sign, key)) return hold('unauthorized');
  if (claim === 'disagrees') return hold('disagrees');
  if (claim === 'ahead') return hold(notThereYet(membership));
  return head.size === 0 || canWrite(membership, device.number) ? apply : hold('unauthorized');
}

function notThereYet(membership: MembershipState): HoldReason {
  return membership.hold === null ? 'unavailable' : 'newer-schema';
}

/** Can the entry be opened and read here? Asked for an author who may write, before anything is opened. */
export function headerVerdict(
  header: Pick<EntryHeader, 'epoch' | 'schema'>,
  here: { readonly schemaVersion: number; hasEpoch(epoch: number): boolean },
): Verdict {
  if (!here.hasEpoch(header.epoch)) return hold('missing-key');
  // 0 states no lowest schema: any may read it.
  if (header.schema > here.schemaVersion) return hold('newer-schema');
  return apply;
}

/** Is the time of all its changesets here? An entry is applied whole, so one stamp ahead holds all of it. */
export function stampVerdict(changesets: readonly Pick<Changeset, 'stamp'>[], wallMs: number): Verdict {
  return changesets.some(({ stamp }) => isAhead(stamp, wallMs)) ? hold('clock-ahead') : apply;
}

/**
 * What an error met while reading an entry's bytes means; undefined for one that says nothing about the bytes. A body
 * that the committed key of its epoch does not open is `malformed` as well: every replica that has the key finds the
 * same.
 */
export function verdictOfError(thrown: unknown): Verdict | undefined {
  if (isError(thrown, 'newer-format')) return hold('newer-schema');
  if (isError(thrown, 'malformed') || isError(thrown, 'cannot-open') || isError(thrown, 'too-large')) {
    return { kind: 'pass', reason: 'malformed' };
  }
  return undefined;
}
