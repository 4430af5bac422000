/**
 * Brings logs to their targets, one request after the other: ask for what is missing of all, verify, open, record, ask for
 * the rest. The engine will do the same with several requests at once, through the same source and the same records.
 *
 * 1. A fault of one log stops that log and no other (PULL-1).
 * 2. Entries and the cursor behind them move in one record, for several logs at once (PULL-15).
 * 3. Each round moves a log on, ends one or counts against one, so it always ends.
 */
import { CairnError, isError } from '../errors.ts';
import type { Bytes, Hash } from '../format/bytes.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { AppliedRun } from '../store/record.ts';
import type { Standing } from '../store/standing.ts';
import { record, type SyncContext } from './context.ts';
import type { Stop } from './hold-record.ts';
import type { LogRun } from './log-run.ts';
import { type OpenedRun, openRun, type Room } from './open-run.ts';
import type { Fetched } from './source.ts';

/** What became of the logs; what is held is never counted as applied (PULL-19). */
export interface Brought {
  readonly applied: number;
  readonly passed: number;
  readonly stops: readonly Stop[];
}

/** Logs, inflated bodies and changes of one record: what a record takes in memory is bounded whatever entries state and hold. */
const batchLogs = 64;
const batchBodyBytes = 4 * 1024 * 1024;
const batchChanges = 64 * 1024;

/** Entries at hand whose hashes were verified. */
interface Work {
  readonly run: LogRun;
  readonly log: DeviceNumber;
  entries: readonly Bytes[];
  leaves: readonly Hash[];
}

export async function bringLogs(
  ctx: SyncContext,
  runs: readonly LogRun[],
  signal: AbortSignal,
): Promise<Brought> {
  const stops: Stop[] = [];
  let applied = 0;
  let passed = 0;
  let open = runs.filter((run) => !run.isDone);
  const end = (stop: Stop): void => {
    stops.push(stop);
    open = open.filter(({ log }) => log !== stop.log);
  };
  while (open.length > 0) {
    signal.throwIfAborted();
    const work = await fetchWork(ctx, open, end, signal);
    for (let batch = nextBatch(work); batch.length > 0; batch = nextBatch(work)) {
      const opened = await openBatch(ctx, batch, signal);
      await recordRuns(ctx, opened);
      for (const [work, one] of opened) {
        applied += one.applied;
        passed += one.passed;
        advance(work, one, end);
      }
    }
    open = open.filter((run) => !run.isDone);
  }
  return { applied, passed, stops };
}

/** Opens as much of the work as one record may take, log by log; what there was no room for is not in the map. */
async function openBatch(
  ctx: SyncContext,
  batch: readonly Work[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Work, OpenedRun>> {
  const room: Room = { bytes: batchBodyBytes, changes: batchChanges };
  const opened = new Map<Work, OpenedRun>();
  for (const work of batch) {
    if (room.bytes <= 0 || room.changes <= 0) break;
    opened.set(work, await openRun(ctx, { ...work, after: work.run.after, end: work.run.end }, room));
    signal.throwIfAborted();
  }
  return opened;
}

/** Asks once and verifies what comes. Logs that can't go on are handed to `end`. */
async function fetchWork(
  ctx: SyncContext,
  open: readonly LogRun[],
  end: (stop: Stop) => void,
  signal: AbortSignal,
): Promise<Work[]> {
  const fetched = await fetchEntries(ctx, open, end, signal);
  const work: Work[] = [];
  for (const { range, entries } of fetched) {
    const run = open.find(({ log }) => log === range.log);
    if (run === undefined) continue;
    const verified = await verifyEntries(run, entries, signal);
    if ('stop' in verified) end(verified.stop);
    else if (verified.ok.length > 0) {
      work.push({ run, log: run.log, entries: entries.slice(0, verified.ok.length), leaves: verified.ok });
    }
  }
  return work;
}

async function fetchEntries(
  ctx: SyncContext,
  open: readonly LogRun[],
  end: (stop: Stop) => void,
  signal: AbortSignal,
): Promise<readonly Fetched[]> {
  try {
    return await ctx.source.entries(
      open.map(({ range }) => range),
      signal,
    );
  } catch (thrown) {
    end(missing(open, thrown).unavailable());
    return [];
  }
}

async function verifyEntries(run: LogRun, entries: readonly Bytes[], signal: AbortSignal) {
  try {
    return await run.verify(entries, signal);
  } catch (thrown) {
    return { stop: missing([run], thrown).unavailable() };
  }
}

/**
 * The log of which the source says that it has less than was signed, or for which it gives an answer that is none.
 * @throws what was thrown, if it says nothing like it of one of these logs
 */
function missing(open: readonly LogRun[], thrown: unknown): LogRun {
  if (isError(thrown, 'bad-range') || isError(thrown, 'unknown-log') || isError(thrown, 'bad-answer')) {
    const run = open.find(({ log }) => log === thrown.values.log);
    if (run !== undefined) return run;
  }
  throw thrown;
}

async function recordRuns(ctx: SyncContext, opened: ReadonlyMap<Work, OpenedRun>): Promise<void> {
  const moving = [...opened].flatMap(([{ run: of }, { run }]) =>
    run === null ? [] : [{ head: of.target.bytes, run }],
  );
  if (moving.length === 0) return;
  const logs = moving.map(({ run }) => run);
  const heads = moving.map(({ head }) => head);
  await ctx.store.room();
  await record(ctx, (standing) => {
    for (const run of logs) checkGoesOn(standing, run);
    return { kind: 'applied', heads, logs };
  });
}

/** @throws moved if the log was moved by someone else meanwhile */
function checkGoesOn({ cursors }: Standing, { log, from }: AppliedRun): void {
  const reached = cursors.get(log)?.size ?? 0;
  if (reached === from - 1) return;
  throw new CairnError('moved', `Log ${log} is at ${reached} by now, not at ${from - 1}`, { log });
}

function nextBatch(work: readonly Work[]): Work[] {
  return work.filter(({ entries }) => entries.length > 0).slice(0, batchLogs);
}

function advance(work: Work, { run, stop }: OpenedRun, end: (stop: Stop) => void): void {
  const taken = run?.entries.length ?? 0;
  if (run !== null) work.run.after = run.after;
  if (stop !== null) end(stop);
  const goesOn = stop === null && taken > 0;
  work.entries = goesOn ? work.entries.slice(taken) : [];
  work.leaves = goesOn ? work.leaves.slice(taken) : [];
}
