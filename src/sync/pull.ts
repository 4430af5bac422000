/**
 * Pull: every log whose verified head is above our cursor is brought up to it, as far as it can be; what can't be applied
 * yet is held with its reason (DESIGN §9).
 *
 * 1. The membership log is there before (`members`); no entry is applied without it (PULL-3).
 * 2. A log that is held at an entry costs nothing until one of its conditions has changed (PULL-13). One that is held by a
 *    statement is judged with each statement.
 * 3. With nothing new no request is made and nothing is written (PULL-16).
 */
import { equal } from '../format/bytes.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { Hold, Standing } from '../store/standing.ts';
import { type Brought, bringLogs } from './bring.ts';
import { record, type SyncContext } from './context.ts';
import { type JudgedHeads, oursOf, readHead } from './heads.ts';
import type { Conditions } from './hold-memory.ts';
import { hold, release, type Stop } from './hold-record.ts';
import { emptyCursor, LogRun, type VerifiedHead } from './log-run.ts';

export interface Pulled {
  /** Entries applied, and entries passed as malformed. */
  readonly applied: number;
  readonly passed: number;
  /** Logs that wait. */
  readonly held: number;
}

/** `disagreeing`: logs of devices whose beacon does not fit our membership log (PULL-6). */
export async function pull(
  ctx: SyncContext,
  judged: JudgedHeads,
  disagreeing: ReadonlyMap<DeviceNumber, Stop>,
  signal: AbortSignal,
): Promise<Pulled> {
  const stops = new Map([...disagreeing, ...judged.stops]);
  for (const [log, stop] of stops) {
    if (log !== ctx.store.standing.device) await hold(ctx, stop, conditionsOf(ctx, log, judged.heads));
  }
  await releaseAnswered(ctx, judged, stops);
  const runs = runsOf(ctx, judged, stops);
  const brought = await bringLogs(ctx, runs, signal);
  await settle(ctx, judged, runs, brought);
  await keepHeads(ctx, judged, stops);
  return { applied: brought.applied, passed: brought.passed, held: ctx.store.standing.holds.size };
}

/** What a verdict about the log rests on now. */
export function conditionsOf(
  ctx: SyncContext,
  log: DeviceNumber,
  heads: ReadonlyMap<DeviceNumber, VerifiedHead>,
): Conditions {
  const { membership } = ctx.store.standing;
  return {
    membership: membership.size,
    head: targetOf(ctx.store.standing, log, heads)?.size ?? 0,
    keys: ctx.keys.count,
  };
}

/** How far the log is known to go: by what was shown now, or by what we hold from before. */
function targetOf(
  standing: Standing,
  log: DeviceNumber,
  heads: ReadonlyMap<DeviceNumber, VerifiedHead>,
): VerifiedHead | null {
  const ours = oursOf(standing, log);
  const shown = heads.get(log) ?? null;
  return shown === null || (ours !== null && ours.size > shown.size) ? ours : shown;
}

/** Takes off the holds by a statement that is answered by a good one now. A fork is not answered by any. */
async function releaseAnswered(
  ctx: SyncContext,
  { heads, illegible }: JudgedHeads,
  stops: ReadonlyMap<DeviceNumber, Stop>,
): Promise<void> {
  const { standing } = ctx.store;
  for (const held of standing.holds.values()) {
    const { log, reason, evidence } = held;
    if (log === standing.device || evidence === null || reason === 'fork' || stops.has(log)) continue;
    // A head that nobody can read may be of this log, and speak against it.
    const speaksFor = heads.has(log) || (illegible === 0 && endsInSilence(standing, held));
    if (speaksFor) await release(ctx, log);
  }
}

/**
 * Whether it ends a hold by a statement that no head of its log is shown: the relay has what we have, so nothing speaks against it.
 * Not a rollback, which must be seen to be over; nor a head whose author signed for more than is here, which is not
 * taken back by keeping it from us (PULL-14).
 */
function endsInSilence(standing: Standing, { log, reason, evidence }: Hold): boolean {
  if (reason === 'rollback' || !isLevel(standing, log)) return false;
  // Nobody who may write has signed it.
  if (reason === 'unauthorized' || evidence === null) return true;
  const promised = readHead(evidence)?.size ?? 0;
  return promised <= reachedOf(standing, log);
}

/** True when the log is applied up to the newest head that we hold of it; one of which none was ever shown is empty on both sides. */
function isLevel(standing: Standing, log: DeviceNumber): boolean {
  return reachedOf(standing, log) === (standing.heads.get(log)?.size ?? 0);
}

const reachedOf = ({ cursors }: Standing, log: DeviceNumber): number => cursors.get(log)?.size ?? 0;

/** The logs to bring on: behind their target, stopped by nothing, and awake if they are held. */
function runsOf(ctx: SyncContext, { heads }: JudgedHeads, stops: ReadonlyMap<DeviceNumber, Stop>): LogRun[] {
  const { standing } = ctx.store;
  const runs: LogRun[] = [];
  for (const log of new Set([...standing.heads.keys(), ...heads.keys()])) {
    if (log === standing.device || stops.has(log)) continue;
    const target = targetOf(standing, log, heads);
    const after = standing.cursors.get(log) ?? emptyCursor;
    if (target === null || after.size >= target.size) continue;
    const held = standing.holds.get(log);
    if (held !== undefined) {
      if (held.evidence !== null) continue;
      const now = conditionsOf(ctx, log, heads);
      if (!ctx.holds.isAwake(log, held.reason, now, ctx.runtime.now())) continue;
    }
    runs.push(new LogRun(ctx, after, target, oursOf(standing, log)));
  }
  return runs.sort((a, b) => a.log - b.log);
}

/** Makes the stops durable, and takes off the holds of logs that have reached their target. */
async function settle(
  ctx: SyncContext,
  { heads }: JudgedHeads,
  runs: readonly LogRun[],
  { stops }: Brought,
): Promise<void> {
  for (const stop of stops) await hold(ctx, stop, conditionsOf(ctx, stop.log, heads));
  for (const { log, isDone } of runs) {
    if (!isDone) continue;
    ctx.holds.forget(log);
    if (ctx.store.standing.holds.has(log)) await release(ctx, log);
  }
}

/** Keeps newer heads of logs that are level with them: the same entries, signed again (STORE-14). */
async function keepHeads(
  ctx: SyncContext,
  { heads }: JudgedHeads,
  stops: ReadonlyMap<DeviceNumber, Stop>,
): Promise<void> {
  await record(ctx, (standing) => {
    const fresh = [...heads.values()].filter(({ log, size, root, members }) => {
      const cursor = standing.cursors.get(log) ?? emptyCursor;
      if (stops.has(log) || cursor.size !== size || !equal(cursor.root, root)) return false;
      const held = standing.heads.get(log);
      return held === undefined || held.size < size || held.members.size < members.size;
    });
    return fresh.length === 0 ? null : { kind: 'applied', heads: fresh.map(({ bytes }) => bytes), logs: [] };
  });
}
