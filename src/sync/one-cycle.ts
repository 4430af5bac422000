/**
 * One cycle: membership and heads in one request, push, pull, beacon (PUSH-14). Unsent work is what is most at risk, so
 * it goes out before anything is fetched.
 *
 * 1. Whatever fails, what was recorded before stays, and the next cycle can run (PULL-15, PUSH-16).
 * 2. That the relay refuses what we push does not keep us from pulling; the refusal is what the cycle ends with.
 * 3. The comparison counts as of the moment at which the relay was asked, and only when all of it was judged: with a
 *    head that this build can't read, the other logs are pulled, and that is what the cycle ends with.
 */
import { CairnError, type ErrorCode } from '../errors.ts';
import type { SealWait } from '../model/sync-status.ts';
import { claimVerdict } from '../model/verdict.ts';
import type { Standing } from '../store/standing.ts';
import { checkTurn, record, type SyncContext } from './context.ts';
import { judgeHeads } from './heads.ts';
import { finishJoin } from './join.ts';
import { isBeforeJoin, joinAfterCycle, joinStateOf } from './join-state.ts';
import { learn } from './members.ts';
import { settleOwnLog } from './own-log.ts';
import type { Presence } from './presence.ts';
import { type Pulled, pull } from './pull.ts';
import { type Pushed, push } from './push.ts';

export interface CycleResult {
  /** Entries of others applied, and passed as malformed. */
  readonly applied: number;
  readonly passed: number;
  /** Logs that wait; nothing that is held counts as applied. */
  readonly held: number;
  /** Entries of ours that came back to us, and that the relay acknowledged. */
  readonly adopted: number;
  readonly pushed: number;
  /** Why changes stay in the outbox; null if none do, or our log is held. */
  readonly waits: SealWait | null;
  /** Wall time as of which everything was compared with the relay. */
  readonly comparedAt: number;
  /** False if the beacon should be told in a moment. */
  readonly told: boolean;
}

/** `onCompared` hears of the comparison even if something fails after it, `onAnswered` of the relay's first good answer. */
export async function runCycle(
  ctx: SyncContext,
  presence: Presence,
  onCompared: (at: number) => void,
  signal: AbortSignal,
  onAnswered: () => void = () => undefined,
): Promise<CycleResult> {
  signal.throwIfAborted();
  await ctx.store.refresh();
  checkTurn(ctx.store.standing, ctx.term);
  // A join that was cut is taken up where it stands (JOIN-5); this is one attempt, and the next cycle the next.
  if (isBeforeJoin(joinStateOf(ctx.store.standing.joining))) {
    await finishJoin({ runtime: ctx.runtime, store: ctx.store, deadlineMs: 0 }, signal);
  }
  const learned = await learn(ctx, presence.wantsBeacons(ctx), signal);
  onAnswered();
  const judged = await judgeHeads(ctx.store.standing, learned.heads);
  const own = await settleOwnLog(ctx, judged, signal);
  const pushed = await tryToPush(() => push(ctx, own, signal));
  if (learned.beacons !== null) await presence.hear(ctx, learned.beacons);
  const pulled: Pulled = await pull(ctx, judged, presence.disagreeing(ctx.store.standing), signal);
  const isComplete = judged.unreadable === 0;
  if (isComplete) onCompared(learned.askedAt);
  await presence.judge(ctx, signal);
  await stepJoin(ctx, presence, isComplete);
  const told = await presence.tell(ctx, isComplete && isCaughtUp(ctx.store.standing), signal);
  if ('refused' in pushed) throw pushed.refused;
  if (!isComplete) throw unreadable(judged.unreadable);
  const { entries, waits } = pushed;
  return { ...pulled, adopted: own.adopted, pushed: entries, waits, comparedAt: learned.askedAt, told };
}

function unreadable(heads: number): CairnError {
  return new CairnError('bad-answer', `${heads} of the heads shown cannot be read by this build`, { heads });
}

/** Codes by which a relay refuses an append for what it is; anything else ends the cycle at once. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'bad-answer',
  'bad-request',
  'bad-range',
  'bad-root',
  'bad-signature',
  'clock-ahead',
  'forbidden',
  'not-a-writer',
  'not-allowed',
  'size-mismatch',
  'stale-membership',
  'too-large',
  'unknown-log',
]);

async function tryToPush(work: () => Promise<Pushed>): Promise<Pushed | { readonly refused: CairnError }> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CairnError && refusals.has(thrown.code)) return { refused: thrown };
    throw thrown;
  }
}

/** True when every log is applied up to its newest verified head and none is held. */
export function isCaughtUp({ heads, cursors, holds }: Standing): boolean {
  if (holds.size > 0) return false;
  for (const [log, { size }] of heads) if ((cursors.get(log)?.size ?? 0) < size) return false;
  return true;
}

/** Moves the join on by what the cycle has found (JOIN-18, JOIN-19). */
async function stepJoin(ctx: SyncContext, presence: Presence, isComplete: boolean): Promise<void> {
  const before = joinStateOf(ctx.store.standing.joining);
  if (before === null) return;
  const findings = {
    caughtUp: isComplete && isCaughtUp(ctx.store.standing),
    confirmed: isConfirmed(ctx.store.standing, presence),
  };
  const state = joinAfterCycle(before, findings);
  if (state === before) return;
  await record(ctx, ({ joining }) =>
    joining?.state === before ? { kind: 'joining', state, values: joining.values } : null,
  );
}

/** Whether another device's signed head or beacon covers the entry by which this device joined. */
function isConfirmed(standing: Standing, presence: Presence): boolean {
  const { device: own, membership, heads } = standing;
  const position = own === null ? undefined : membership.devices.get(own)?.position;
  if (position === undefined) return false;
  for (const [log, { members }] of heads) {
    const covers = log !== own && members.size >= position;
    if (covers && claimVerdict(membership, members) === 'fits') return true;
  }
  return presence.covers(standing, position);
}
