/**
 * Before anything is sealed or sent: what does the relay show of our own log? (PUSH-6, DESIGN §9)
 *
 *   relay's head, signed by us      what it means
 *   more than we have               adopt what we lack, if it goes on from ours; a profile was restored
 *   as much                         acknowledged, if the root is ours
 *   less, at the end of a batch     acknowledged up to there, if the root is ours: an answer was lost
 *   less than it acknowledged       the relay lost data: nothing is forgotten, nothing is sent (RELAY-14)
 *   another root than ours          two devices write with our key: nothing is sealed or sent (PUSH-7)
 *
 * A claim that no head signed by us supports changes nothing (PUSH-9); nothing new is sealed on it either, nor while a head is shown
 * of which not even the log can be read: it may be ours, and a log never starts again over what can't be read (PUSH-10).
 */
import { CairnError } from '../errors.ts';
import { type Bytes, equal, type Hash } from '../format/bytes.ts';
import { resealEntry } from '../format/entry.ts';
import { leafHash, rootOf } from '../format/merkle.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import { bringLogs } from './bring.ts';
import { record, type SyncContext } from './context.ts';
import { forkOfPrefix } from './fork-evidence.ts';
import { type JudgedHeads, oursOf, stopAt } from './heads.ts';
import { hold, release, type Stop } from './hold-record.ts';
import { emptyCursor, LogRun, mostLeaves, type VerifiedHead } from './log-run.ts';
import { conditionsOf } from './pull.ts';
import { leavesInSteps } from './source.ts';

export interface OwnLogState {
  /** False while our log is held: then nothing of it leaves the device. */
  readonly maySend: boolean;
  /** True when the greatest size of our log is known in this cycle. */
  readonly maySeal: boolean;
  /** Entries of ours that came back to us. */
  readonly adopted: number;
}

export async function settleOwnLog(
  ctx: SyncContext,
  judged: JudgedHeads,
  signal: AbortSignal,
): Promise<OwnLogState> {
  const log = ctx.store.standing.device;
  if (log === null) throw new CairnError('not-allowed', 'This device is not in the membership log yet');
  if (ctx.store.standing.holds.get(log)?.reason === 'fork') return stopped;
  const shownStop = judged.stops.get(log) ?? null;
  if (shownStop?.reason === 'fork') return stop(ctx, judged, shownStop);
  const shown = judged.heads.get(log) ?? null;
  if (shown === null && (shownStop !== null || judged.illegible > 0)) {
    return { maySend: !ctx.store.standing.holds.has(log), maySeal: false, adopted: 0 };
  }
  return settle(ctx, judged, log, shown, signal);
}

const stopped: OwnLogState = { maySend: false, maySeal: false, adopted: 0 };
const settled: OwnLogState = { maySend: true, maySeal: true, adopted: 0 };

async function stop(ctx: SyncContext, judged: JudgedHeads, why: Stop): Promise<OwnLogState> {
  await hold(ctx, why, conditionsOf(ctx, why.log, judged.heads));
  return stopped;
}

async function settle(
  ctx: SyncContext,
  judged: JudgedHeads,
  log: DeviceNumber,
  shown: VerifiedHead | null,
  signal: AbortSignal,
): Promise<OwnLogState> {
  const { standing } = ctx.store;
  const { acknowledged, acknowledgedRoot } = standing.ownLog;
  const size = shown?.size ?? 0;
  if (size < acknowledged) {
    return stop(ctx, judged, stopAt(standing, log, 'rollback', shown?.bytes ?? null));
  }
  // Ours may go on behind it by now: what was acknowledged there is another branch's.
  const forksThere = size === acknowledged && acknowledgedRoot !== null && shown !== null;
  if (forksThere && !equal(shown.root, acknowledgedRoot)) return fork(ctx, judged, shown, signal);
  if (standing.holds.has(log)) await release(ctx, log);
  if (shown === null || size === acknowledged) return settled;
  const cursor = standing.ownLog.cursor ?? emptyCursor;
  if (size > cursor.size) return adopt(ctx, judged, shown, signal);
  if (!(await isOnOurBranch(ctx, shown))) return fork(ctx, judged, shown, signal);
  await acknowledge(ctx, shown);
  return settled;
}

async function fork(
  ctx: SyncContext,
  judged: JudgedHeads,
  shown: VerifiedHead,
  signal: AbortSignal,
): Promise<OwnLogState> {
  const evidence = await evidenceOf(ctx, shown, signal);
  return stop(ctx, judged, stopAt(ctx.store.standing, shown.log, 'fork', evidence));
}

async function adopt(
  ctx: SyncContext,
  judged: JudgedHeads,
  shown: VerifiedHead,
  signal: AbortSignal,
): Promise<OwnLogState> {
  const { standing } = ctx.store;
  const run = new LogRun(ctx, standing.ownLog.cursor ?? emptyCursor, shown, oursOf(standing, shown.log));
  const { applied, passed, stops } = await bringLogs(ctx, [run], signal);
  const [first] = stops;
  if (first !== undefined) return stop(ctx, judged, first);
  await acknowledge(ctx, shown);
  return { ...settled, adopted: applied + passed };
}

/** Whether a head within what we have sealed is one that we signed: at the end of a batch, with its root. */
async function isOnOurBranch({ store }: SyncContext, { size, root }: VerifiedHead): Promise<boolean> {
  const { cursor } = store.standing.ownLog;
  if (cursor?.size === size) return equal(cursor.root, root);
  const ends = (await store.sealedRecords()).map(({ after }) => after);
  return ends.some((end) => end.size === size && equal(end.root, root));
}

/**
 * A head of another branch of our log and our own, so that anyone can check that both can't be true (LOG-13). Where the
 * proof can't be made, for leaves that the relay would have to give, the head alone: nothing waits for it.
 */
async function evidenceOf(ctx: SyncContext, shown: VerifiedHead, signal: AbortSignal): Promise<Bytes> {
  const { cursor, head } = ctx.store.standing.ownLog;
  try {
    const leaves =
      cursor !== null && cursor.size <= mostLeaves ? await ownLeaves(ctx, shown.log, signal) : [];
    if (cursor !== null && head !== null && equal(rootOf(leaves), cursor.root)) {
      return forkOfPrefix(shown.bytes, head, leaves);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof CairnError)) throw thrown;
  }
  return shown.bytes;
}

/** All leaves of our log: of what is not acknowledged from its entries, of the rest as the relay gives them. */
async function ownLeaves(ctx: SyncContext, log: DeviceNumber, signal: AbortSignal): Promise<Hash[]> {
  const records = await ctx.store.sealedRecords();
  const entries = await Promise.all(
    records
      .flatMap((record) => record.entries)
      .map(async ({ entry }) => resealEntry(await ctx.keys.entry(entry.header.epoch), entry)),
  );
  const end = (records[0]?.from ?? 1) - 1;
  return [...(await leavesInSteps(ctx.source, { log, start: 1, end }, signal)), ...entries.map(leafHash)];
}

export async function acknowledge(
  ctx: Pick<SyncContext, 'store' | 'term'>,
  { size, root }: Pick<VerifiedHead, 'size' | 'root'>,
): Promise<void> {
  await record(ctx, ({ ownLog }) =>
    ownLog.acknowledged >= size ? null : { kind: 'acknowledged', size, root },
  );
}
