/**
 * Sealing: the outbox, oldest first, becomes entries of our log and a signed head over them, in one record that is durable
 * before any of it may leave (PUSH-3, STORE-17). One call seals one batch, which is one request.
 *
 * 1. It is called only when the greatest size of our log is known in this cycle (`own-log`).
 * 2. Nothing is sealed while the membership log waits for an update, without the newest epoch's key, or with a stamp
 *    that others would hold as ahead of their clocks: by the relay's time, which tells whose clock is wrong (PUSH-12, PUSH-13).
 * 3. What is sealed keeps its bytes; it is not sealed again here, whatever happens to the request.
 */
import { nonceLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { sealEntry } from '../format/entry.ts';
import { signHead } from '../format/head-signing.ts';
import { appendLeaf, frontierRoot, leafHash } from '../format/merkle.ts';
import { encodeBody } from '../format/opened-entry.ts';
import { type DeviceNumber, stampMs } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import { canWrite, type MembershipState, newestEpoch, rootAt } from '../model/membership.ts';
import type { SealWait } from '../model/sync-status.ts';
import type { Cursor, SealedEntry, SealedRecord } from '../store/record.ts';
import type { OutboxItem, Standing } from '../store/standing.ts';
import { record, type SyncContext } from './context.ts';
import { emptyCursor } from './log-run.ts';
import { packBatch } from './packing.ts';

export type SealOutcome =
  | { readonly kind: 'sealed'; readonly changesets: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'waits'; readonly why: SealWait };

export async function sealBatch(ctx: SyncContext): Promise<SealOutcome> {
  const { standing } = ctx.store;
  if (standing.outbox.length === 0) return { kind: 'empty' };
  const { device, membership } = standing;
  if (device === null || !canWrite(membership, device)) return { kind: 'waits', why: 'not-a-writer' };
  if (membership.hold !== null) return { kind: 'waits', why: 'membership-held' };
  const epoch = newestEpoch(membership)?.number;
  if (epoch === undefined || !ctx.keys.has(epoch)) return { kind: 'waits', why: 'missing-key' };
  const timely = takeTimely(standing.outbox, ctx.relay.clock.now());
  if (timely.length === 0) return { kind: 'waits', why: 'clock-wrong' };
  const packing = packBatch(timely);
  const sealed = await seal(ctx, standing, device, epoch, packing.entries);
  await record(
    ctx,
    (now) => {
      checkUnmoved(standing, now);
      return sealed;
    },
    'strict',
  );
  return { kind: 'sealed', changesets: packing.rest };
}

/** Up to the first change that others would hold: later ones must not overtake it. */
function takeTimely(outbox: readonly OutboxItem[], relayNow: number): readonly OutboxItem[] {
  const end = outbox.findIndex(({ stamp }) => stampMs(stamp) > relayNow + limits.clockAheadMs);
  return end < 0 ? outbox : outbox.slice(0, end);
}

async function seal(
  ctx: SyncContext,
  standing: Standing,
  device: DeviceNumber,
  epoch: number,
  groups: readonly (readonly OutboxItem[])[],
): Promise<SealedRecord> {
  const { store, runtime, readableSince } = ctx;
  const before = standing.ownLog.cursor ?? emptyCursor;
  const [key, changesets] = await Promise.all([ctx.keys.entry(epoch), store.changesets(groups.flat())]);
  let taken = 0;
  const sealing = groups.map((group, index) => {
    const body = encodeBody(changesets.slice(taken, taken + group.length));
    taken += group.length;
    const fields = {
      space: store.space,
      device,
      position: before.size + index + 1,
      schema: readableSince,
      epoch,
    };
    return sealEntry(key, fields, body, runtime.randomBytes(nonceLength));
  });
  let { frontier } = before;
  const entries: SealedEntry[] = [];
  for (const [index, { entry, opened }] of (await Promise.all(sealing)).entries()) {
    frontier = appendLeaf(frontier, leafHash(entry));
    entries.push({ entry: opened, through: groups[index]?.at(-1)?.position ?? 0 });
  }
  const after: Cursor = { size: frontier.size, root: frontierRoot(frontier), frontier };
  const head = await signOwnHead(ctx, standing.membership, device, after);
  return { kind: 'sealed', from: before.size + 1, entries, after, head };
}

/** Our head at that point of our log, naming all of the membership log that is here. */
export function signOwnHead(
  { signer, store }: Pick<SyncContext, 'signer' | 'store'>,
  membership: MembershipState,
  log: DeviceNumber,
  { size, root }: Pick<Cursor, 'size' | 'root'>,
): Promise<Uint8Array<ArrayBuffer>> {
  const membersRoot = rootAt(membership, membership.size);
  if (membersRoot === undefined)
    throw new CairnError('internal', 'A membership log without a root at its end');
  const members = { size: membership.size, root: membersRoot };
  return signHead(signer, { space: store.space, log, size, root, members });
}

/** @throws moved if someone else sealed, or the membership log came to wait, while this was prepared */
function checkUnmoved(planned: Standing, now: Standing): void {
  const same =
    (now.ownLog.cursor?.size ?? 0) === (planned.ownLog.cursor?.size ?? 0) &&
    now.outbox[0]?.position === planned.outbox[0]?.position &&
    now.device === planned.device &&
    now.membership.hold === null;
  if (!same) throw new CairnError('moved', 'The log has moved while it was sealed');
}
