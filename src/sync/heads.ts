/**
 * Judges the heads that the relay shows: signature, author, claim about the membership log, and what we hold of the same
 * log. Pure but for the checking of signatures; nothing is written here.
 *
 * 1. A head that is wrong stops its own log and no other (PULL-1). One that names no log at all harms none, but whoever
 *    is shown one has not compared everything (APP-1).
 * 2. Equal size and another root is a fork, a lesser size is a rollback of the relay, and what is equal in both is
 *    neither (LOG-13, LOG-14). A greater one is a target; that it goes on from ours is shown by the leaves.
 */
import { isError } from '../errors.ts';
import { type Bytes, equal } from '../format/bytes.ts';
import { decodeHead, type Head } from '../format/head.ts';
import { openHead } from '../format/head-signing.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import { headVerdict } from '../model/verdict.ts';
import type { Standing } from '../store/standing.ts';
import type { Stop } from './hold-record.ts';
import { forkStop, type VerifiedHead } from './log-run.ts';

export interface JudgedHeads {
  /** The newest good head of each log that was shown. */
  readonly heads: ReadonlyMap<DeviceNumber, VerifiedHead>;
  /** Logs that a head stops. */
  readonly stops: ReadonlyMap<DeviceNumber, Stop>;
  /** Heads that this build can't read, or that name no log of a device: what they say is not known to anyone here. */
  readonly unreadable: number;
  /** Those of them of which not even the log can be read: each may be any log's. */
  readonly illegible: number;
}

export async function judgeHeads(standing: Standing, shown: readonly Bytes[]): Promise<JudgedHeads> {
  const heads = new Map<DeviceNumber, VerifiedHead>();
  const stops = new Map<DeviceNumber, Stop>();
  let nobodys = 0;
  let illegible = 0;
  const judged = await Promise.all(shown.map((bytes) => judgeHead(standing, bytes)));
  for (const one of judged) {
    if (one === 'illegible') illegible += 1;
    else if (one === 'no device') nobodys += 1;
    else if (one === 'later') continue;
    else if ('reason' in one) stops.set(one.log, one);
    else {
      const stop = compare(standing, heads.get(one.log) ?? oursOf(standing, one.log), one);
      if (stop === null) heads.set(one.log, one);
      else stops.set(one.log, stop);
    }
  }
  return { heads, stops, unreadable: nobodys + illegible, illegible };
}

/** The newest head of a log that this device holds, as it was verified before. */
export function oursOf(standing: Standing, log: DeviceNumber): VerifiedHead | null {
  const held = standing.heads.get(log);
  const { cursor, head } = standing.ownLog;
  if (log === standing.device && cursor !== null && head !== null && cursor.size >= (held?.size ?? 0)) {
    return { ...decodeHead(head), bytes: head };
  }
  return held === undefined ? null : { log, ...held };
}

async function judgeHead(
  standing: Standing,
  bytes: Bytes,
): Promise<VerifiedHead | Stop | 'illegible' | 'no device' | 'later'> {
  const head = readHead(bytes);
  if (head === null) return 'illegible';
  const { devices, hold } = standing.membership;
  // A log of no device is nobody's yet: its head comes again when there is one, and nothing is kept for it. While the
  // membership log waits for an update, that is why.
  if (!devices.has(head.log)) return hold === null ? 'no device' : 'later';
  const stop = (reason: Stop['reason']): Stop => stopAt(standing, head.log, reason, bytes);
  try {
    const { key } = await openHead(bytes, standing.membership.space);
    const verdict = headVerdict(standing.membership, head, key);
    return verdict.kind === 'hold' ? stop(verdict.reason) : { ...head, bytes };
  } catch (thrown) {
    if (isError(thrown, 'bad-signature') || isError(thrown, 'wrong-space')) return stop('unauthorized');
    throw thrown;
  }
}

/** Null for bytes that are no head: they say nothing, of no log. */
export function readHead(bytes: Bytes): Head | null {
  try {
    return decodeHead(bytes);
  } catch (thrown) {
    if (isError(thrown, 'malformed') || isError(thrown, 'wrong-type') || isError(thrown, 'too-large'))
      return null;
    throw thrown;
  }
}

function compare(standing: Standing, ours: VerifiedHead | null, shown: VerifiedHead): Stop | null {
  const { log } = shown;
  const reached = standing.cursors.get(log)?.size ?? 0;
  if (ours !== null && shown.size === ours.size && !equal(shown.root, ours.root)) {
    return forkStop(log, reached + 1, ours.bytes, shown.bytes);
  }
  // Of our own log the relay may well have less than we have sealed; how much it must have is for push to say.
  if (log === standing.device) return null;
  if (shown.size < Math.max(ours?.size ?? 0, reached)) return stopAt(standing, log, 'rollback', shown.bytes);
  return null;
}

export function stopAt(
  standing: Standing,
  log: DeviceNumber,
  reason: Stop['reason'],
  evidence: Bytes | null,
): Stop {
  const position = (standing.cursors.get(log)?.size ?? 0) + 1;
  return { log, position, reason, evidence, until: null };
}
