/**
 * `POST …/entries/read`: entries of several logs in one request. `POST …/leaves/read`: the leaf hashes of one.
 *
 * A range must lie within its log (RELAY-6), and all are checked before anything is read. An answer holds at most 4 MiB: it
 * is filled in the order asked, ends short where the next entry would not fit, and holds at least one entry (RELAY-7).
 */
import { CairnError } from '../../errors.ts';
import {
  decodeLeavesRequest,
  decodeReadRequest,
  encodeLeavesAnswer,
  encodeReadAnswer,
  type LogRange,
  type ReadAnswer,
} from '../../format/wire.ts';
import { limits } from '../../limits.ts';
import type { DeviceCaller } from '../authorise.ts';
import { cborAnswer } from '../body.ts';
import { bodyOf, type SpaceParts, type SpaceRoute } from './space-parts.ts';

const bodyLimit = 64 * 1024;
/** Around all logs, around one log, before one entry: at most. */
const frameBytes = 64;
const logBytes = 32;
const prefixBytes = 5;

export const readEntries: SpaceRoute = async (parts, question) => {
  const caller = await parts.gate.device(question);
  const { ranges } = decodeReadRequest(await bodyOf(parts, question, caller.key, bodyLimit));
  await checkRanges(parts, caller, ranges);
  const logs: ReadAnswer['logs'][number][] = [];
  let left = limits.httpBodyBytes - frameBytes - ranges.length * logBytes;
  for (const { log, start, end } of ranges) {
    const entries = [];
    for (const entry of await parts.storage.readEntries(question.space, log, start, end, left)) {
      left -= entry.length + prefixBytes;
      if (left < 0) break;
      entries.push(entry);
    }
    if (entries.length > 0) logs.push({ log, start, entries });
    if (start + entries.length <= end) break;
  }
  return cborAnswer(encodeReadAnswer({ logs }));
};

export const readLeaves: SpaceRoute = async (parts, question) => {
  const caller = await parts.gate.device(question);
  const range = decodeLeavesRequest(await bodyOf(parts, question, caller.key, bodyLimit));
  await checkRanges(parts, caller, [range]);
  const { log, start, end } = range;
  return cborAnswer(
    encodeLeavesAnswer({ leaves: await parts.storage.readLeaves(question.space, log, start, end) }),
  );
};

/** @throws unknown-log, bad-range */
async function checkRanges(
  { storage }: SpaceParts,
  { membership: { state } }: DeviceCaller,
  ranges: readonly LogRange[],
): Promise<void> {
  const heads = await storage.readHeads(state.space);
  const sizes = new Map<number, number>(heads.map(({ log, size }) => [log, size]));
  for (const { log, end } of ranges) {
    if (!state.devices.has(log)) throw new CairnError('unknown-log', `No device ${log} here`, { log });
    const size = sizes.get(log) ?? 0;
    if (end > size) throw new CairnError('bad-range', `Log ${log} has ${size} entries`, { log, size });
  }
}
