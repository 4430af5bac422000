/**
 * The port through which logs are fetched: who answers, and nothing about what is believed. The relay is the one source
 * today; peers may be others, and the engine will drive several requests through it at once.
 *
 * An answer is checked for being one to the question that was asked. That its entries are the right ones is for the
 * caller, by their hashes.
 */
import { CairnError } from '../errors.ts';
import type { Bytes, Hash } from '../format/bytes.ts';
import { type LogRange, mostRanges } from '../format/wire.ts';
import { limits } from '../limits.ts';
import type { RelayClient } from '../remote/relay-client.ts';

/** Entries from the start of a range that was asked for, at least one, maybe not all of it. */
export interface Fetched {
  readonly range: LogRange;
  readonly entries: readonly Bytes[];
}

export interface Source {
  /**
   * Entries of some of these ranges, from the first on: as many as one answer holds, and at least one.
   * @throws bad-range, unknown-log with the `log` that the source has less of; bad-answer
   */
  entries(ranges: readonly LogRange[], signal: AbortSignal): Promise<readonly Fetched[]>;
  /** All leaf hashes of a range of at most 65,536. @throws bad-range, unknown-log, bad-answer */
  leaves(range: LogRange, signal: AbortSignal): Promise<readonly Hash[]>;
}

export function relaySource(relay: Pick<RelayClient, 'readEntries' | 'readLeaves'>): Source {
  return {
    async entries(ranges, signal) {
      const asked = ranges.slice(0, mostRanges);
      const { logs } = await relay.readEntries(asked, signal);
      const fetched = logs.map(({ log, start, entries }): Fetched => {
        const range = asked.find((range) => range.log === log && range.start === start);
        if (range === undefined || entries.length === 0 || start + entries.length - 1 > range.end) {
          throw new CairnError('bad-answer', `Entries of log ${log} that nobody asked for`, { log });
        }
        return { range, entries };
      });
      if (fetched.length === 0) throw new CairnError('bad-answer', 'An answer without entries');
      if (new Set(fetched.map(({ range }) => range)).size !== fetched.length) {
        throw new CairnError('bad-answer', 'One range answered twice');
      }
      return fetched;
    },
    async leaves(range, signal) {
      const leaves = await relay.readLeaves(range, signal);
      if (leaves.length === range.end - range.start + 1) return leaves;
      throw new CairnError('bad-answer', `${leaves.length} leaf hashes in an answer`, { log: range.log });
    },
  };
}

/** The leaf hashes of any range, in as many steps as it takes. */
export async function leavesInSteps(
  source: Source,
  { log, start, end }: LogRange,
  signal: AbortSignal,
): Promise<Hash[]> {
  const leaves: Hash[] = [];
  for (let from = start; from <= end; from += limits.leavesPerStep) {
    const to = Math.min(end, from + limits.leavesPerStep - 1);
    for (const leaf of await source.leaves({ log, start: from, end: to }, signal)) leaves.push(leaf);
  }
  return leaves;
}
