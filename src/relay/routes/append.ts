/**
 * `POST …/entries`: appends to a device's log, entries and the head over them, whole or not at all (PUSH-5, RELAY-4).
 *
 *   head      signed by the log's device, over this space, log and size; its claim about the membership log is ours
 *   entries   well-formed, each stating its own place
 *   root      our frontier and their leaf hashes give the root that the head signs
 *
 * What is there already is recognised by its leaf hashes and skipped, so the same request again changes nothing; different
 * bytes at a position are refused with the size that is here. A head that only names more of the membership log takes the place of
 * one with the same size and root (PUSH-4).
 */
import { CairnError } from '../../errors.ts';
import { equal, type Hash } from '../../format/bytes.ts';
import { checkHeader, decodeEntry } from '../../format/entry.ts';
import { decodeHead, type Head } from '../../format/head.ts';
import { openHead } from '../../format/head-signing.ts';
import { appendLeaves, emptyFrontier, frontierRoot, leafHashes } from '../../format/merkle.ts';
import type { DeviceNumber } from '../../format/stamp.ts';
import { decodeEntriesAppend, type EntriesAppend, encodeSizeAnswer } from '../../format/wire.ts';
import { limits } from '../../limits.ts';
import { canWrite, type MembershipState, newestEpoch } from '../../model/membership.ts';
import { claimVerdict } from '../../model/verdict.ts';
import type { DeviceCaller, Question } from '../authorise.ts';
import { cborAnswer } from '../body.ts';
import type { StoredLog } from '../storage.ts';
import { bodyOf, mostTries, type SpaceParts, type SpaceRoute } from './space-parts.ts';

export const appendEntries: SpaceRoute = async (parts, question) => {
  const caller = await parts.gate.device(question);
  const wanted = decodeEntriesAppend(await bodyOf(parts, question, caller.key, limits.httpBodyBytes));
  const head = await judge(question, caller, wanted);
  const leaves = await leafHashes(wanted.entries);
  for (let tries = 0; tries < mostTries; tries++) {
    if (await appendNow(parts, question, caller, wanted, head, leaves)) {
      return cborAnswer(encodeSizeAnswer({ size: head.size }));
    }
  }
  throw new CairnError('size-mismatch', `Log ${wanted.log} keeps moving`);
};

/** Everything that can be judged without the log itself. */
async function judge({ space }: Question, caller: DeviceCaller, wanted: EntriesAppend): Promise<Head> {
  const { log, start, entries } = wanted;
  const { state } = caller.membership;
  if (!canWrite(state, caller.device.number)) throw notAWriter(caller.device.number);
  const author = state.devices.get(log);
  if (author === undefined) throw new CairnError('unknown-log', `No device ${log} here`, { log });
  if (!canWrite(state, log)) throw notAWriter(log);
  const { head, key } = await openHead(wanted.head, space);
  if (head.log !== log) throw new CairnError('bad-request', `A head of log ${head.log} for log ${log}`);
  if (!equal(key, author.sign)) throw new CairnError('bad-signature', 'Not signed by the device of this log');
  if (head.size !== start - 1 + entries.length) {
    throw new CairnError(
      'bad-request',
      `${entries.length} entries from ${start} under a head of ${head.size}`,
    );
  }
  checkMembers(state, log, head);
  for (const [i, bytes] of entries.entries()) {
    checkHeader(decodeEntry(bytes), { space, device: log, position: start + i });
  }
  return head;
}

const notAWriter = (device: DeviceNumber): CairnError =>
  new CairnError('not-a-writer', `Device ${device} may not write`, { device });

/** The head's claim about the membership log: ours, and not from before what its author has to know. */
function checkMembers(state: MembershipState, log: DeviceNumber, { members }: Head): void {
  switch (claimVerdict(state, members)) {
    case 'ahead':
      throw new CairnError('size-mismatch', 'The head names more of the membership log than is here', {
        members: state.size,
      });
    case 'disagrees':
      throw new CairnError('bad-root', 'The head names another membership log', { members: members.size });
    case 'fits':
  }
  const least = leastMembers(state, log);
  if (members.size < least) {
    throw new CairnError('stale-membership', `The head names less than ${least} of the membership log`, {
      members: least,
    });
  }
}

/**
 * The least part of the membership log that a new head must name: up to its newest rotation (RELAY-5; removals will stand
 * beside it here), and up to the entry that made its author a device.
 */
export function leastMembers(state: MembershipState, log: DeviceNumber): number {
  return Math.max(newestEpoch(state)?.position ?? 0, state.devices.get(log)?.position ?? 0);
}

/** False if the log has moved meanwhile. */
async function appendNow(
  { storage, hub, metrics }: SpaceParts,
  { space }: Question,
  { key }: DeviceCaller,
  { log, start, entries, head: headBytes }: EntriesAppend,
  head: Head,
  leaves: readonly Hash[],
): Promise<boolean> {
  const stored = await storage.readLog(space, log);
  const before = stored?.frontier ?? emptyFrontier;
  if (start > before.size + 1) throw sizeMismatch(log, before.size);
  const known = Math.min(leaves.length, before.size + 1 - start);
  if (known > 0) {
    const there = await storage.readLeaves(space, log, start, start + known - 1);
    const same = there.length === known && there.every((leaf, i) => equal(leaf, leaves[i]));
    if (!same) throw sizeMismatch(log, before.size);
  }
  // All of it is there, and more: what was asked for holds, and nothing is taken from the request.
  if (head.size < before.size) return true;
  const frontier = appendLeaves(before, leaves.slice(known));
  if (!equal(frontierRoot(frontier), head.root)) {
    throw new CairnError('bad-root', 'The entries do not give the root of the head', {
      log,
      size: before.size,
    });
  }
  const fresh = entries.slice(known).map((entry, i) => ({ entry, leaf: leaves[known + i] }));
  if (fresh.length === 0 && !namesMore(head, stored)) return true;
  const append = { expected: stored?.revision ?? null, entries: fresh, after: { frontier, head: headBytes } };
  if (!(await storage.append(space, log, append))) return false;
  metrics.appendedEntries += fresh.length;
  hub.publish(space, { log, size: head.size }, key);
  return true;
}

/** Whether the head names more of the membership log than the one that is here, at the same size and root. */
function namesMore(head: Head, stored: StoredLog | null): boolean {
  const kept = stored?.head ?? null;
  return kept === null || decodeHead(kept).members.size < head.members.size;
}

const sizeMismatch = (log: DeviceNumber, size: number): CairnError =>
  new CairnError('size-mismatch', `Log ${log} has ${size} entries`, { log, size });
