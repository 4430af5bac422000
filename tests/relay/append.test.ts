/** What an append must be like, and that one which is not changes nothing (RELAY-4, RELAY-5, LOG-5, LOG-6, LOG-12). */
import { beforeEach, describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { type Bytes, equal } from '../../src/format/bytes.ts';
import { decode, encode } from '../../src/format/cbor.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { appendLeaves, emptyFrontier, emptyRoot, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { type EntriesAppend, encodeEntriesAppend } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { leastMembers } from '../../src/relay/routes/append.ts';
import { type Caller, inProcess, refusalOf, sizeOf, type TestRelay, TestSpace } from './harness.ts';
import { freshKeys, Membership, OwnLog, type Person, sealedEntry } from './people.ts';

let relay: TestRelay;
let space: TestSpace;
let author: Caller;
let writer: Person;
/** Founder's log, with two entries at the relay. */
let log: OwnLog;

beforeEach(async () => {
  relay = await inProcess();
  space = await TestSpace.on(relay);
  writer = await space.add('writer');
  author = space.as(space.founder);
  log = await space.write(space.founder, 2);
});

/** That the request is refused so, and that nothing at the relay has changed. */
async function refused(request: EntriesAppend | Bytes, refusal: object, by: Caller = author): Promise<void> {
  const before = await relay.storage.readLog(space.membership.space, 1);
  const body = request instanceof Uint8Array ? request : encodeEntriesAppend(request);
  expect(await refusalOf(await by.ask('POST', '/entries', body))).toMatchObject(refusal);
  expect(await relay.storage.readLog(space.membership.space, 1)).toEqual(before);
  expect(await relay.storage.readEntries(space.membership.space, 1, 1, 99, 1e9)).toHaveLength(2);
  expect(relay.errors).toEqual([]);
}

/** A head as the founder would sign it over these entries after the two, with parts of it exchanged. */
async function headOver(
  entries: readonly Bytes[],
  parts: Record<string, unknown> = {},
  by = space.founder,
): Promise<Bytes> {
  const frontier = appendLeaves(log.frontier, entries.map(leafHash));
  const { space: id, members } = { space: space.membership.space, members: space.membership.members };
  const head = {
    space: id,
    log: asDeviceNumber(1),
    size: frontier.size,
    root: frontierRoot(frontier),
    members,
  };
  return signHead(by.device.signer, { ...head, ...parts });
}

const number = asDeviceNumber(1);
const append = (entries: readonly Bytes[], head: Bytes, start = 3): EntriesAppend => ({
  log: number,
  start,
  entries,
  head,
});

describe('the head', () => {
  test('RELAY-4: it is signed by the device of the log, whoever brings it', async () => {
    const entries = [log.entry()];
    const wrong = { status: 400, code: 'bad-signature' };
    await refused(append(entries, await headOver(entries, {}, writer)), wrong);
    await refused(append(entries, await headOver(entries, {}, writer)), wrong, space.as(writer));
    const identity = { device: space.founder.identity, identity: space.founder.identity };
    await refused(append(entries, await headOver(entries, {}, identity)), wrong);
  });

  test('LOG-6: one bit other, an empty, a short and an all-zero signature are refused', async () => {
    const entries = [log.entry()];
    const head = await headOver(entries);
    for (let at = head.length - 64; at < head.length; at += 7) {
      const altered = head.slice();
      altered[at] ^= 1;
      await refused(append(entries, altered), { status: 400, code: 'bad-signature' });
    }
    const zero = head.slice().fill(0, head.length - 64);
    await refused(append(entries, zero), { status: 400, code: 'bad-signature' });
    await refused(append(entries, head.slice(0, -1)), { status: 400, code: 'malformed' });
    await refused(append(entries, Uint8Array.of(0xa0)), { status: 400, code: 'malformed' });
  });

  test('LOG-5: it is over this space, this log and nothing else', async () => {
    const entries = [log.entry()];
    const other = await Membership.found(space.founder, relay.clock.now());
    await refused(append(entries, await headOver(entries, { space: other.space })), {
      status: 400,
      code: 'wrong-space',
    });
    const ofOther = await headOver(entries, { log: asDeviceNumber(2) });
    await refused(append(entries, ofOther), { status: 400, code: 'bad-request' });
    const payload = mapOf({
      space: space.membership.space,
      log: 1,
      size: 3,
      root: frontierRoot(appendLeaves(log.frontier, entries.map(leafHash))),
      members: [space.membership.members.size, space.membership.members.root],
    });
    const asBeacon = await signObject(space.founder.device.signer, types.beacon, payload);
    const refusal = await refusalOf(await author.append(append(entries, asBeacon)));
    expect(refusal).toMatchObject({ status: 400, code: 'wrong-type' });
  });

  test('RELAY-4: its size is that of the log after the entries, and its root is theirs', async () => {
    const entries = [log.entry(), log.entry(100, 4)];
    for (const size of [2, 3, 5]) {
      await refused(append(entries, await headOver(entries, { size })), { status: 400, code: 'bad-request' });
    }
    const badRoot = { status: 400, code: 'bad-root', log: 1, size: 2 };
    await refused(append(entries, await headOver(entries, { root: leafHash(entries[0]) })), badRoot);
    await refused(append([entries[0], log.entry(101, 4)], await headOver(entries)), badRoot);
    // The same size as here, and another root.
    await refused(append([], await headOver([], { root: leafHash(entries[0]) })), badRoot);
  });

  test('LOG-12: one without the membership log, or with more or another than is here, is refused', async () => {
    const entries = [log.entry()];
    const { membership } = space;
    const { size, root } = membership.members;
    const without = await signObject(
      space.founder.device.signer,
      types.head,
      mapOf({ space: membership.space, log: 1, size: 3, root }),
    );
    await refused(append(entries, without), { status: 400, code: 'malformed' });
    const beyond = await headOver(entries, { members: { size: size + 1, root } });
    await refused(append(entries, beyond), { status: 409, code: 'size-mismatch', members: size });
    const other = await headOver(entries, { members: { size, root: membership.membersAt(size - 1).root } });
    await refused(append(entries, other), { status: 400, code: 'bad-root', members: size });
    const none = await signObject(
      space.founder.device.signer,
      types.head,
      mapOf({ space: membership.space, log: 1, size: 3, root, members: [0, emptyRoot] }),
    );
    await refused(append(entries, none), { status: 400, code: 'malformed' });
  });

  test('RELAY-5: one that names less of the membership log than its author has to know is refused with its own code', async () => {
    const writers = new OwnLog(space.membership, writer);
    const entry = writers.entry();
    writers.add(entry);
    const { position } = [...space.membership.state.devices.values()][1];
    const head = await writers.head(space.membership.membersAt(position - 1));
    const request = { log: writers.log, start: 1, entries: [entry], head };
    await refused(request, { status: 409, code: 'stale-membership', members: position }, space.as(writer));
    const enough = await writers.head(space.membership.membersAt(position));
    expect(await sizeOf(await space.as(writer).append({ ...request, head: enough }))).toBe(1);
  });

  test('RELAY-5: a rotation raises what a head must name, for every log', async () => {
    const { state } = space.membership;
    expect([1, 2].map((device) => leastMembers(state, asDeviceNumber(device)))).toEqual([1, 3]);
    const rotated = { ...state, epochs: [...state.epochs, { ...state.epochs[0], number: 2, position: 5 }] };
    expect([1, 2].map((device) => leastMembers(rotated, asDeviceNumber(device)))).toEqual([5, 5]);
  });
});

describe('the entries', () => {
  test('LOG-9: each states the space, log and position at which it comes', async () => {
    const malformed = (device: number, position: number, atPosition: number): object => ({
      status: 400,
      code: 'malformed',
      device,
      position,
      atDevice: 1,
      atPosition,
    });
    const { space: id } = space.membership;
    const bring = async (...entries: readonly Bytes[]): Promise<EntriesAppend> =>
      append(entries, await headOver(entries));
    await refused(await bring(sealedEntry(id, 2, 3, 100)), malformed(2, 3, 3));
    await refused(await bring(sealedEntry(id, 1, 4, 100)), malformed(1, 4, 3));
    await refused(await bring(sealedEntry(id, 1, 3, 100), sealedEntry(id, 1, 3, 100)), malformed(1, 3, 4));
    const other = await Membership.found(space.founder, relay.clock.now());
    await refused(await bring(sealedEntry(other.space, 1, 3, 100)), malformed(1, 3, 3));
  });

  test('RELAY-4: one that does not decode, or is of a newer format, is refused', async () => {
    const bad = Uint8Array.of(1, 2, 3);
    await refused(append([bad], await headOver([bad])), { status: 400, code: 'malformed' });
    const parts = decode(log.entry());
    if (!Array.isArray(parts)) throw new Error('An entry is a list');
    const newer = encode([2, ...parts.slice(1)]);
    const refusal = { status: 400, code: 'newer-format', format: 2, ours: 1 };
    await refused(append([newer], await headOver([newer])), refusal);
  });

  test('TEST-8: one of 256 KiB is taken and one a byte larger is not', async () => {
    const overhead = log.entry(200_000).length - 200_000;
    const largest = log.entry(limits.entryBytes - overhead);
    expect(largest.length).toBe(limits.entryBytes);
    const larger = log.entry(limits.entryBytes - overhead + 1);
    const tooLarge = {
      status: 413,
      code: 'too-large',
      size: limits.entryBytes + 1,
      limit: limits.entryBytes,
    };
    await refused(append([larger], await headOver([larger])), tooLarge);
    expect(await sizeOf(await author.append(append([largest], await headOver([largest]))))).toBe(3);
  });

  test('TEST-8: a body of 4 MiB is taken and one a byte larger is not', async () => {
    const count = 17;
    const request = async (total: number): Promise<Bytes> => {
      const entries = Array.from({ length: count - 1 }, (_, i) => log.entry(limits.entryBytes - 400, 3 + i));
      // The rest of the length goes into the last one.
      for (let last = 60_000; ; ) {
        const all = [...entries, log.entry(last, 2 + count)];
        const body = encodeEntriesAppend(append(all, await headOver(all)));
        if (body.length === total) return body;
        last += total - body.length;
        if (last < 17 || last > limits.entryBytes) throw new Error('No such length');
      }
    };
    const tooLarge = { status: 413, code: 'too-large', limit: limits.httpBodyBytes };
    await refused(await request(limits.httpBodyBytes + 1), tooLarge);
    expect(await sizeOf(await author.ask('POST', '/entries', await request(limits.httpBodyBytes)))).toBe(
      2 + count,
    );
  });

  test('RELAY-4: of entries of which the last is wrong none is taken', async () => {
    const entries = [log.entry(), log.entry(100, 4), log.entry(100, 6)];
    const refusal = { status: 400, code: 'malformed', device: 1, position: 6, atDevice: 1, atPosition: 5 };
    await refused(append(entries, await headOver(entries)), refusal);
  });
});

describe('the log', () => {
  test('RELAY-6: a log of no device is unknown', async () => {
    const entries = [sealedEntry(space.membership.space, 9, 1, 100)];
    const frontier = appendLeaves(emptyFrontier, entries.map(leafHash));
    const head = await headOver(entries, { log: asDeviceNumber(9), size: 1, root: frontierRoot(frontier) });
    const request = { log: asDeviceNumber(9), start: 1, entries, head };
    await refused(request, { status: 404, code: 'unknown-log', log: 9 });
  });

  test('RELAY-4: the membership log takes no entries this way', async () => {
    const body = encode(mapOf({ log: 0, start: 1, entries: [], head: new Uint8Array(1) }));
    await refused(body, { status: 400, code: 'malformed' });
  });

  test('RELAY-10: a storage that fails makes an append fail whole, with a code and without its words', async () => {
    const storage = new FailingStorage();
    const failing = await inProcess({ storage });
    const there = await TestSpace.on(failing);
    const own = new OwnLog(there.membership, there.founder);
    const request = await there.nextAppend(own, 2);
    storage.failure = new CairnError('unavailable', 'disk I/O error in /secret/path');
    const answer = await there.as(there.founder).append(request);
    const text = await answer.clone().text();
    expect(await refusalOf(answer)).toEqual({ status: 503, code: 'unavailable' });
    expect(text).not.toContain('secret');
    expect(failing.errors).toEqual([storage.failure]);
    storage.failure = new TypeError('Cannot read properties of undefined');
    const second = await there.as(there.founder).append(request);
    expect(await refusalOf(second)).toEqual({ status: 500, code: 'internal' });
    storage.failure = null;
    expect(await sizeOf(await there.as(there.founder).append(request))).toBe(2);
  });

  test('LOG-8: a device’s log begins at 1, and a head of size 0 with the root of the empty tree is a good one', async () => {
    const writers = new OwnLog(space.membership, writer);
    const head = await writers.head(space.membership.members);
    const empty = { log: writers.log, start: 1, entries: [], head };
    expect(await sizeOf(await space.as(writer).append(empty))).toBe(0);
    const first = await space.nextAppend(writers, 1);
    expect(await sizeOf(await space.as(writer).append(first))).toBe(1);
    const [kept] = await relay.storage.readEntries(space.membership.space, writers.log, 1, 1, 0);
    expect(equal(kept, first.entries[0])).toBe(true);
  });

  test('RELAY-3: an invitation that was used by a member gives no second way in', async () => {
    const stranger = await freshKeys();
    const entries = [log.entry()];
    const refusal = { status: 403, code: 'forbidden' };
    await refused(append(entries, await headOver(entries)), refusal, space.withKeys(stranger));
  });
});

/** A storage whose appends fail while it is told so. */
class FailingStorage extends MemoryStorage {
  failure: Error | null = null;

  override append(...parameters: Parameters<MemoryStorage['append']>): Promise<boolean> {
    return this.failure === null ? super.append(...parameters) : Promise.reject(this.failure);
  }
}
