/**
 * The membership log, first of all in a cycle: what the relay has and we lack is verified and recorded; what we have and
 * it lacks is given to it. Only then is anything else looked at (PULL-3).
 *
 * 1. Every entry is judged by the fold of those before it, signatures included; one that does not count ends the cycle
 *    and nothing newly pulled is applied.
 * 2. A relay that does not know the space is given it by its founder, and then what follows (RELAY-14). No answer makes this
 *    device forget an entry.
 * 3. While the log waits for an update, what comes behind the unknown entry waits with it; nothing is written twice.
 */
import { CairnError, isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { MembershipEntry } from '../format/membership-entry.ts';
import { openMembershipEntry } from '../format/membership-opening.ts';
import type { ChangesAnswer, ChangesRequest, LogSize } from '../format/wire.ts';
import { foldMembership, withoutHold } from '../model/membership.ts';
import type { RelayClient } from '../remote/relay-client.ts';
import type { Standing } from '../store/standing.ts';
import type { Store } from '../store/store.ts';
import { record, type SyncContext } from './context.ts';

/** What the relay showed, behind a membership log that is verified up to its end. */
export interface Learned {
  readonly heads: readonly Bytes[];
  /** Null if they were not asked for. */
  readonly beacons: readonly Bytes[] | null;
  /** Our wall time when the question was asked: the comparison is as of then. */
  readonly askedAt: number;
}

/** Rounds of asking and giving before the relay is believed to be broken. */
const mostRounds = 64;

export async function learn(ctx: SyncContext, wantBeacons: boolean, signal: AbortSignal): Promise<Learned> {
  let beacons: readonly Bytes[] | null = null;
  for (let round = 0; round < mostRounds; round++) {
    signal.throwIfAborted();
    const { standing } = ctx.store;
    const askedAt = ctx.runtime.now();
    const answer = await ask(ctx, requestFor(standing, wantBeacons && beacons === null), signal);
    if (answer === null) continue;
    if (wantBeacons) beacons ??= answer.beacons;
    if (answer.members.size > standing.membership.size) {
      await takeMembers(ctx, standing.membership.size, answer.members);
      if (isThere(ctx.store.standing, answer.members)) return { heads: answer.heads, beacons, askedAt };
    } else if (answer.members.size < standing.membership.size) {
      await refillMembers(ctx, answer.members.size, signal);
    } else {
      return { heads: answer.heads, beacons, askedAt };
    }
  }
  throw new CairnError('bad-answer', 'The relay’s membership log never comes to an end');
}

/** Our own log is left out, so that its head is always told; so are logs whose relay was found to be behind. */
function requestFor({ membership, cursors, device, holds }: Standing, beacons: boolean): ChangesRequest {
  const known = [...cursors].map(([log, { size }]): LogSize => ({ log, size }));
  return {
    members: membership.size,
    cursors: known.filter(({ log }) => log !== device && holds.get(log)?.reason !== 'rollback'),
    beacons,
  };
}

/** Null when the space had to be registered first. */
async function ask(
  ctx: SyncContext,
  request: ChangesRequest,
  signal: AbortSignal,
): Promise<ChangesAnswer | null> {
  try {
    return await ctx.relay.changes(request, signal);
  } catch (thrown) {
    const [create] = ctx.store.standing.membershipEntries;
    if (!isError(thrown, 'unknown-space') || create === undefined) throw thrown;
    try {
      await ctx.relay.createSpace(create, signal);
    } catch (refused) {
      // Only its founder may bring a space: for anyone else it is unknown, and that is what there is to say.
      throw isError(refused, 'forbidden') ? thrown : refused;
    }
    return null;
  }
}

/** Whether our log is at the end of the relay's, or waits below an entry that this app does not know. */
function isThere({ membership }: Standing, members: ChangesAnswer['members']): boolean {
  return membership.size >= members.size || membership.hold !== null;
}

/**
 * Records what an answer brings of the membership log behind the `asked` entries that were here when it was asked for. More of them
 * may be here by now: an invitation, written beside a cycle, reads on as well. @throws bad-answer for what does not verify
 */
export async function takeMembers(
  ctx: Pick<SyncContext, 'store' | 'term'>,
  asked: number,
  members: ChangesAnswer['members'],
): Promise<void> {
  if (members.from !== asked + 1 || members.entries.length === 0) {
    throw new CairnError('bad-answer', 'The answer leaves a gap in the membership log', { size: asked });
  }
  const { membership } = ctx.store.standing;
  const known = membership.size;
  const fresh = members.entries.slice(known - asked);
  if (fresh.length === 0) return;
  const opened = await Promise.all(fresh.map(openEntry));
  const { state, refusal } = foldMembership(withoutHold(membership), opened);
  if (refusal !== null) {
    const values = { reason: refusal.code, position: state.size + 1 };
    throw new CairnError('bad-answer', `The membership log does not verify: ${refusal.refused}`, values);
  }
  // The same unknown entry at its place again: it is recorded already.
  if (state.hold !== null && membership.hold !== null && state.size === known) return;
  await recordMembers(ctx, known + 1, fresh);
}

/** Adds verified entries; those that are there by now are not added again. */
export async function recordMembers(
  ctx: Pick<SyncContext, 'store' | 'term'>,
  from: number,
  entries: readonly Bytes[],
): Promise<void> {
  await record(
    ctx,
    ({ membership }) => {
      const fresh = entries.slice(membership.size + 1 - from);
      return fresh.length === 0 ? null : { kind: 'members', from: membership.size + 1, entries: fresh };
    },
    'strict',
  );
}

async function openEntry(bytes: Bytes): Promise<MembershipEntry> {
  try {
    return await openMembershipEntry(bytes);
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    const values = { reason: thrown.code };
    throw new CairnError('bad-answer', `The membership log does not verify: ${thrown.message}`, values);
  }
}

/** Gives the relay the entries that it lacks, as they are. Stops when someone else is doing the same. */
async function refillMembers(
  { store, relay }: { readonly store: Store; readonly relay: RelayClient },
  has: number,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, entry] of store.standing.membershipEntries.slice(has).entries()) {
    try {
      await relay.appendMember({ size: has + index, entry }, signal);
    } catch (thrown) {
      if (isError(thrown, 'size-mismatch')) return;
      throw thrown;
    }
  }
}
