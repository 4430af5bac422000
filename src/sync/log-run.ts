/**
 * One log on its way to a signed target: what is verified of the way, and what a mismatch means.
 *
 * 1. An entry counts only by its leaf hash in a list that, appended to our frontier, gives the target's root (ENG-7,
 *    ENG-9). If the whole gap is at hand, the entries themselves are the list and nothing is asked for.
 * 2. A list that does not fit is explained by all leaves from the first on: either the author signed two histories, which
 *    they prove, or the source lies, and then the log waits as `unavailable` (LOG-13).
 * 3. A source that keeps giving wrong entries is asked twice and no more.
 */
import { type Bytes, equal, type Hash } from '../format/bytes.ts';
import type { LogPoint } from '../format/head.ts';
import { appendLeaves, emptyFrontier, frontierRoot, leafHashes, rootOf } from '../format/merkle.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { LogRange } from '../format/wire.ts';
import { limits } from '../limits.ts';
import type { HoldReason } from '../model/hold.ts';
import type { Cursor } from '../store/record.ts';
import type { SyncContext } from './context.ts';
import { forkOfEquals, forkOfPrefix } from './fork-evidence.ts';
import type { Stop } from './hold-record.ts';
import { leavesInSteps } from './source.ts';

/** A head whose signature, author and claims were verified. */
export interface VerifiedHead {
  readonly log: DeviceNumber;
  readonly size: number;
  readonly root: Hash;
  /** Of the membership log that its author had applied. */
  readonly members: LogPoint;
  readonly bytes: Bytes;
}

export const emptyCursor: Cursor = { size: 0, root: rootOf([]), frontier: emptyFrontier };

/** Leaf hashes taken into memory for one log; one that is further behind waits for the engine's steps. */
export const mostLeaves = 16 * limits.leavesPerStep;
const mostBadAnswers = 2;
const firstRetryMs = 60_000;
const longestRetryMs = 60 * 60_000;

type Outcome<T> = { readonly ok: T } | { readonly stop: Stop };

export class LogRun {
  readonly target: VerifiedHead;
  /** Up to where the log is applied. */
  after: Cursor;
  readonly #ctx: SyncContext;
  /** The newest head that this device holds of the log, verified before. */
  readonly #ours: VerifiedHead | null;
  /** Verified leaf hashes of the positions behind `#listAfter`. */
  #list: readonly Hash[] | null = null;
  #listAfter = 0;
  #end: Cursor | null = null;
  #badAnswers = 0;

  constructor(ctx: SyncContext, after: Cursor, target: VerifiedHead, ours: VerifiedHead | null) {
    this.#ctx = ctx;
    this.after = after;
    this.target = target;
    this.#ours = ours;
  }

  get log(): DeviceNumber {
    return this.target.log;
  }

  get isDone(): boolean {
    return this.after.size >= this.target.size;
  }

  /** The cursor at the target, once verified leaves have led there. */
  get end(): Cursor | null {
    return this.#end;
  }

  /** What is missing. */
  get range(): LogRange {
    return { log: this.log, start: this.after.size + 1, end: this.target.size };
  }

  /** The leaf hashes of those entries that are the right ones, from the first on; none to ask once more. */
  async verify(entries: readonly Bytes[], signal: AbortSignal): Promise<Outcome<readonly Hash[]>> {
    const leaves = await leafHashes(entries);
    if (this.#list === null) {
      if (this.#givesTarget(leaves) && this.#passesOurs(leaves)) {
        this.#list = leaves;
        this.#listAfter = this.after.size;
        return { ok: leaves };
      }
      const listed = await this.#fetchList(signal);
      if ('stop' in listed) return listed;
      this.#list = listed.ok;
      this.#listAfter = this.after.size;
    }
    const list = this.#list.slice(this.after.size - this.#listAfter);
    const wrong = leaves.findIndex((leaf, index) => !isEqual(leaf, list[index]));
    if (wrong !== 0) return { ok: wrong < 0 ? leaves : leaves.slice(0, wrong) };
    this.#badAnswers += 1;
    return this.#badAnswers < mostBadAnswers ? { ok: [] } : { stop: this.unavailable() };
  }

  /** The log waits: what its author signed is not to be had. */
  unavailable(): Stop {
    const tries = this.#ctx.store.standing.holds.get(this.log)?.tries ?? 0;
    const wait = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(tries, 16));
    return this.#stop('unavailable', null, this.#ctx.runtime.now() + wait);
  }

  #stop(reason: HoldReason, evidence: Bytes | null, until: number | null): Stop {
    return { log: this.log, position: this.after.size + 1, reason, evidence, until };
  }

  #givesTarget(leaves: readonly Hash[]): boolean {
    const { size, root } = this.target;
    if (this.after.size + leaves.length !== size) return false;
    const frontier = appendLeaves(this.after.frontier, leaves);
    if (!equal(frontierRoot(frontier), root)) return false;
    this.#end = { size, root, frontier };
    return true;
  }

  /** Whether the head that we hold lies on the way to the target, where it lies between. */
  #passesOurs(leaves: readonly Hash[]): boolean {
    const ours = this.#ours;
    if (ours === null || ours.size <= this.after.size || ours.size > this.target.size) return true;
    const way = appendLeaves(this.after.frontier, leaves.slice(0, ours.size - this.after.size));
    return equal(frontierRoot(way), ours.root);
  }

  async #fetchList(signal: AbortSignal): Promise<Outcome<readonly Hash[]>> {
    const { log, target, after } = this;
    if (target.size - after.size > mostLeaves) return { stop: this.unavailable() };
    const list = await leavesInSteps(this.#ctx.source, this.range, signal);
    if (this.#givesTarget(list) && this.#passesOurs(list)) return { ok: list };
    if (target.size > mostLeaves) return { stop: this.unavailable() };
    const all = await leavesInSteps(this.#ctx.source, { log, start: 1, end: target.size }, signal);
    return this.#explain(all);
  }

  /** From all leaves of the log, as the source gives them. */
  #explain(all: readonly Hash[]): Outcome<readonly Hash[]> {
    const { target, after } = this;
    if (!equal(rootOf(all), target.root)) return { stop: this.unavailable() };
    const ours = this.#ours;
    if (ours !== null && ours.size <= target.size && !equal(rootOf(all.slice(0, ours.size)), ours.root)) {
      return { stop: this.#stop('fork', forkOfPrefix(ours.bytes, target.bytes, all), null) };
    }
    // The list was wrong and the whole is right.
    if (equal(rootOf(all.slice(0, after.size)), after.root)) return { ok: all.slice(after.size) };
    return { stop: this.unavailable() };
  }
}

const isEqual = (one: Hash, other: Hash | undefined): boolean => other !== undefined && equal(one, other);

/** The stop of two heads of one size that differ. */
export function forkStop(log: DeviceNumber, position: number, one: Bytes, other: Bytes): Stop {
  return { log, position, reason: 'fork', evidence: forkOfEquals(one, other), until: null };
}
