/**
 * `POST /v1/spaces/:space/changes`: all that is new, in one request: the tail of the membership log, the heads that differ
 * from the caller's cursors, the beacons. The holder of an invitation gets the membership log alone (JOIN-4).
 *
 * An answer holds at most 4 MiB. The membership tail takes half of it and at least one entry; its stated size shows whether there
 * is more. Heads are small. Beacons get what is left, the newest first.
 */
import type { Bytes, SpaceId } from '../../format/bytes.ts';
import {
  type ChangesAnswer,
  type ChangesRequest,
  decodeChangesRequest,
  encodeChangesAnswer,
} from '../../format/wire.ts';
import { limits } from '../../limits.ts';
import { cborAnswer } from '../body.ts';
import { membershipLog, type Storage } from '../storage.ts';
import { bodyOf, type SpaceRoute } from './space-parts.ts';

/** Cursors of far more logs than a space has. */
const bodyLimit = 256 * 1024;
const membersBytes = limits.httpBodyBytes / 2;
/** Of the map, its names and numbers. */
const frameBytes = 1024;
/** Before each byte string, at most. */
const prefixBytes = 5;

export const changes: SpaceRoute = async (parts, question) => {
  const caller = await parts.gate.caller(question);
  const request = decodeChangesRequest(await bodyOf(parts, question, caller.key, bodyLimit));
  const { storage, clock } = parts;
  const { space } = question;
  const now = clock.now();
  if (caller.kind === 'invitation') {
    const members = await membersAfter(storage, space, request.members);
    return cborAnswer(encodeChangesAnswer({ now, members, heads: [], beacons: [] }));
  }
  // Before the membership log, which then covers whatever these statements name of it.
  const shown = await newHeads(storage, space, request);
  const heard = request.beacons ? await storage.readBeacons(space) : [];
  const members = await membersAfter(storage, space, request.members);
  let left = limits.httpBodyBytes - frameBytes;
  for (const entry of members.entries) left -= entry.length + prefixBytes;
  const heads = takeWhileFits(shown, left);
  for (const head of heads) left -= head.length + prefixBytes;
  const beacons = takeWhileFits(
    heard.map(({ beacon }) => beacon),
    left,
  );
  return cborAnswer(encodeChangesAnswer({ now, members, heads, beacons }));
};

async function membersAfter(
  storage: Storage,
  space: SpaceId,
  known: number,
): Promise<ChangesAnswer['members']> {
  const size = (await storage.readLog(space, membershipLog))?.frontier.size ?? 0;
  if (known >= size) return { size, from: size + 1, entries: [] };
  const from = known + 1;
  return { size, from, entries: await storage.readEntries(space, membershipLog, from, size, membersBytes) };
}

/** Smaller ones too: that is how a device sees that the relay was rolled back (LOG-14). */
async function newHeads(storage: Storage, space: SpaceId, { cursors }: ChangesRequest): Promise<Bytes[]> {
  const sizes = new Map<number, number>(cursors.map(({ log, size }) => [log, size]));
  const heads = await storage.readHeads(space);
  return heads.filter(({ log, size }) => size !== (sizes.get(log) ?? 0)).map(({ head }) => head);
}

function takeWhileFits(items: readonly Bytes[], bytes: number): Bytes[] {
  let left = bytes;
  const taken: Bytes[] = [];
  for (const item of items) {
    left -= item.length + prefixBytes;
    if (left < 0) break;
    taken.push(item);
  }
  return taken;
}
