/**
 * From verified bytes to what one journal record applies: entries are taken apart, judged, opened and judged again, in
 * the order of DESIGN §9. Their hashes and their author's authority were checked before (PULL-2).
 *
 * 1. A run ends below the first entry that must wait; what is malformed is passed and kept (PULL-8, PULL-12).
 * 2. Opening is pipelined, a group at a time: the platform's cipher works while the next entries of it are prepared.
 * 3. What a run takes in memory is bounded by its `Room`, which it may exceed by one group: by the bytes that bodies state, known before
 *    they are opened, and by the changes in them, known after. A byte of a body of tiny changes takes a hundred bytes.
 *    The caller goes on behind it.
 */
import type { Bytes, Hash } from '../format/bytes.ts';
import { checkHeader, decodeEntry, type Entry, openEntry } from '../format/entry.ts';
import { appendLeaves, frontierRoot } from '../format/merkle.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import { aheadUntil } from '../model/clock.ts';
import type { HoldReason } from '../model/hold.ts';
import { headerVerdict, stampVerdict, verdictOfError } from '../model/verdict.ts';
import type { AppliedEntry, AppliedRun, Cursor, PassedEntry } from '../store/record.ts';
import type { SyncContext } from './context.ts';
import type { Stop } from './hold-record.ts';

export interface VerifiedEntries {
  readonly log: DeviceNumber;
  /** Where the first of them goes on. */
  readonly after: Cursor;
  readonly entries: readonly Bytes[];
  /** Their leaf hashes, which lie under the author's signed head. */
  readonly leaves: readonly Hash[];
  /** The cursor behind the last of them, if that is known. */
  readonly end: Cursor | null;
}

export interface OpenedRun {
  /** Null when the very first entry must wait. */
  readonly run: AppliedRun | null;
  readonly applied: number;
  readonly passed: number;
  /** Why the run ends; null if it took all entries, or as many as fit one run. */
  readonly stop: Stop | null;
}

/** What the runs of one record may still take in memory; each takes its part off. */
export interface Room {
  bytes: number;
  /** A cell, or a row deleted or restored. */
  changes: number;
}

/** Bodies of one group, opened together: as many entries as they fit, and one at least. */
const groupBytes = 256 * 1024;

type Prepared = { readonly kind: 'entry'; readonly entry: Entry; readonly bytes: Bytes } | PassedEntry;
type Waiting = { readonly reason: HoldReason; readonly until: number | null };

type OpenContext = Pick<SyncContext, 'runtime' | 'store' | 'keys' | 'schemaVersion'>;

export async function openRun(ctx: OpenContext, verified: VerifiedEntries, room: Room): Promise<OpenedRun> {
  const { log, after, leaves } = verified;
  const taken: AppliedEntry[] = [];
  let waiting: Waiting | null = null;
  while (waiting === null && taken.length < leaves.length && room.bytes > 0 && room.changes > 0) {
    const group = prepare(ctx, verified, taken.length);
    const opened = await Promise.all(group.prepared.map((one) => open(ctx, one)));
    const inTime = takeWhileInTime(opened, ctx.runtime.now());
    waiting = inTime.waiting ?? group.waiting;
    for (const one of inTime.taken) {
      taken.push(one);
      takeRoom(room, one);
    }
  }
  const stop =
    waiting === null ? null : { log, position: after.size + taken.length + 1, evidence: null, ...waiting };
  if (taken.length === 0) return { run: null, applied: 0, passed: 0, stop };
  const isEnd = verified.end?.size === after.size + taken.length;
  const end =
    verified.end !== null && isEnd ? verified.end : cursorBehind(after, leaves.slice(0, taken.length));
  const applied = taken.filter(({ kind }) => kind === 'opened').length;
  return {
    run: { log, from: after.size + 1, entries: taken, after: end },
    applied,
    passed: taken.length - applied,
    stop,
  };
}

function takeRoom(room: Room, one: AppliedEntry): void {
  if (one.kind === 'passed') {
    room.bytes -= one.bytes.length;
    return;
  }
  room.bytes -= one.header.size;
  for (const { ops } of one.changesets ?? []) {
    for (const op of ops) room.changes -= op.kind === 'put' ? op.cells.size : 1;
  }
}

function cursorBehind(after: Cursor, leaves: readonly Hash[]): Cursor {
  const frontier = appendLeaves(after.frontier, leaves);
  return { size: frontier.size, root: frontierRoot(frontier), frontier };
}

/** Takes the entries of one group apart, from index `from`, up to the first that can't be opened here. */
function prepare(
  ctx: OpenContext,
  { log, after, entries }: VerifiedEntries,
  from: number,
): { readonly prepared: readonly Prepared[]; readonly waiting: Waiting | null } {
  const here = { schemaVersion: ctx.schemaVersion, hasEpoch: (epoch: number) => ctx.keys.has(epoch) };
  const { space } = ctx.store;
  const prepared: Prepared[] = [];
  let bodies = 0;
  for (const bytes of entries.slice(from)) {
    try {
      const entry = decodeEntry(bytes);
      checkHeader(entry, { space, device: log, position: after.size + from + prepared.length + 1 });
      const verdict = headerVerdict(entry.header, here);
      if (verdict.kind === 'hold') return { prepared, waiting: { reason: verdict.reason, until: null } };
      bodies += entry.header.size;
      if (bodies > groupBytes && prepared.length > 0) break;
      prepared.push({ kind: 'entry', entry, bytes });
    } catch (thrown) {
      const verdict = verdictOfError(thrown);
      if (verdict === undefined || verdict.kind === 'apply') throw thrown;
      if (verdict.kind === 'hold') return { prepared, waiting: { reason: verdict.reason, until: null } };
      prepared.push({ kind: 'passed', reason: verdict.reason, bytes });
    }
  }
  return { prepared, waiting: null };
}

async function open(ctx: OpenContext, one: Prepared): Promise<AppliedEntry> {
  if (one.kind === 'passed') return one;
  try {
    const key = await ctx.keys.entry(one.entry.header.epoch);
    const { opened, changesets } = await openEntry(key, one.entry);
    return { kind: 'opened', ...opened, changesets };
  } catch (thrown) {
    const verdict = verdictOfError(thrown);
    if (verdict?.kind !== 'pass') throw thrown;
    return { kind: 'passed', reason: verdict.reason, bytes: one.bytes };
  }
}

function takeWhileInTime(
  opened: readonly AppliedEntry[],
  wallMs: number,
): { readonly taken: readonly AppliedEntry[]; readonly waiting: Waiting | null } {
  const end = opened.findIndex(
    (entry) => entry.kind === 'opened' && stampVerdict(entry.changesets ?? [], wallMs).kind === 'hold',
  );
  const ahead = opened[end];
  if (ahead?.kind !== 'opened') return { taken: opened, waiting: null };
  const stamps = (ahead.changesets ?? []).map(({ stamp }) => aheadUntil(stamp));
  return { taken: opened.slice(0, end), waiting: { reason: 'clock-ahead', until: Math.max(...stamps) } };
}
