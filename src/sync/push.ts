/**
 * Push: what is sealed goes out, batch by batch, then the outbox is sealed and goes out (DESIGN §9).
 *
 *   outbox ──seal, recorded──▶ sealed ──recorded──▶ sent ──one request: entries and head──▶ acknowledged, recorded
 *
 * 1. The first byte of an entry leaves only when its *sent* mark is durable, under the term that is still ours (PUSH-3).
 * 2. After any crash or lost answer the same bytes go out again, which changes nothing at the relay (PUSH-4, PUSH-5).
 * 3. A change leaves the outbox only by an acknowledgement, which names the size that was sent (PUSH-2).
 * 4. A relay that wants a head naming more of the membership log gets the same size and root, signed anew.
 */
import { CairnError, isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { resealEntry } from '../format/entry.ts';
import { decodeHead } from '../format/head.ts';
import type { EntriesAppend } from '../format/wire.ts';
import type { SealWait } from '../model/sync-status.ts';
import type { SealedRecord } from '../store/record.ts';
import { checkTurn, record, type SyncContext } from './context.ts';
import { acknowledge, type OwnLogState } from './own-log.ts';
import { sealBatch, signOwnHead } from './seal.ts';

export interface Pushed {
  /** Entries that the relay has acknowledged. */
  readonly entries: number;
  /** Why changes are still in the outbox; null if none are, or our log is held. */
  readonly waits: SealWait | null;
}

export async function push(ctx: SyncContext, own: OwnLogState, signal: AbortSignal): Promise<Pushed> {
  let entries = 0;
  while (own.maySend) {
    if (ctx.store.standing.sealed.length > 0) {
      for (const batch of await ctx.store.sealedRecords()) {
        await send(ctx, batch, signal);
        entries += batch.entries.length;
      }
    }
    if (!own.maySeal) break;
    signal.throwIfAborted();
    const outcome = await sealBatch(ctx);
    if (outcome.kind === 'waits') return { entries, waits: outcome.why };
    if (outcome.kind === 'empty') break;
  }
  return { entries, waits: null };
}

async function send(ctx: SyncContext, batch: SealedRecord, signal: AbortSignal): Promise<void> {
  const { size } = batch.after;
  const log = batch.entries[0]?.entry.header.device;
  if (log === undefined) throw new CairnError('internal', 'A batch without entries');
  const entries = await Promise.all(
    batch.entries.map(async ({ entry }) => resealEntry(await ctx.keys.entry(entry.header.epoch), entry)),
  );
  await markSent(ctx, size);
  signal.throwIfAborted();
  const answered = await append(ctx, { log, start: batch.from, entries, head: batch.head }, signal);
  if (answered !== size) {
    throw new CairnError('bad-answer', `The relay acknowledges ${answered} entries, not ${size}`, { size });
  }
  await acknowledge(ctx, batch.after);
}

/** Durable when this returns, and the turn is ours: by the add itself, or by a fresh look if it was marked before. */
async function markSent(ctx: SyncContext, size: number): Promise<void> {
  const marked = await record(
    ctx,
    ({ ownLog }) => (ownLog.sent >= size ? null : { kind: 'sent', size, term: ctx.term }),
    'strict',
  );
  if (marked !== null) return;
  await ctx.store.refresh();
  checkTurn(ctx.store.standing, ctx.term);
}

async function append(ctx: SyncContext, request: EntriesAppend, signal: AbortSignal): Promise<number> {
  try {
    return await ctx.relay.appendEntries(request, signal);
  } catch (thrown) {
    if (!isError(thrown, 'stale-membership')) throw thrown;
    const head = await signAnew(ctx, request.head);
    if (head === null) throw thrown;
    return ctx.relay.appendEntries({ ...request, head }, signal);
  }
}

/** The same size and root under all of the membership log that is here; null if that is no more than before. */
async function signAnew(ctx: SyncContext, bytes: Bytes): Promise<Bytes | null> {
  const head = decodeHead(bytes);
  const { membership } = ctx.store.standing;
  return membership.size > head.members.size ? signOwnHead(ctx, membership, head.log, head) : null;
}
