/** The API as members use it, against the handler itself and over real HTTP with a SQLite file. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { equal, spaceText } from '../../src/format/bytes.ts';
import { decodeHead } from '../../src/format/head.ts';
import { emptyRoot, leafHash } from '../../src/format/merkle.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { decodeTimeAnswer, type LogRange } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import {
  bytesOf,
  Caller,
  inProcess,
  overHttp,
  refusalOf,
  sizeOf,
  type TestRelay,
  TestSpace,
} from './harness.ts';
import { beaconOf, freshKeys, Membership, OwnLog, person } from './people.ts';

const range = (log: number, start: number, end: number): LogRange => ({
  log: asDeviceNumber(log),
  start,
  end,
});

describe.each([
  ['in process, over a memory', inProcess],
  ['over HTTP and SQLite', overHttp],
] as const)('the relay %s', (_name, open) => {
  let relay: TestRelay;

  beforeEach(async () => {
    relay = await open();
  });

  afterEach(async () => {
    await relay.close();
    expect(relay.errors).toEqual([]);
  });

  describe('spaces', () => {
    test('MEM-1: a space is created by its first entry, once, and the same again changes nothing', async () => {
      const founder = await person();
      const membership = await Membership.found(founder, relay.clock.now());
      const caller = new Caller(relay, founder.device, membership.space);
      const [entry] = membership.entries;
      const answers = [await caller.create(entry), await caller.create(entry)];
      expect(answers.map(({ status }) => status)).toEqual([201, 200]);
      expect(await Promise.all(answers.map(sizeOf))).toEqual([1, 1]);
      const { members } = await caller.changes();
      expect(members).toEqual({ size: 1, from: 1, entries: [entry] });
    });

    test('MEM-1: an entry is not taken as the first of another space, nor from another founder, nor one that is no `create`', async () => {
      const founder = await person();
      const membership = await Membership.found(founder, relay.clock.now());
      const other = await Membership.found(await person(), relay.clock.now());
      const [entry] = membership.entries;
      const inOther = new Caller(relay, founder.device, other.space);
      expect(await refusalOf(await inOther.create(entry))).toMatchObject({
        status: 400,
        code: 'wrong-space',
      });
      const stranger = new Caller(relay, await freshKeys(), membership.space);
      expect(await refusalOf(await stranger.create(entry))).toMatchObject({ status: 403, code: 'forbidden' });
      const invite = await membership.invite(founder, await freshKeys());
      const own = new Caller(relay, founder.device, membership.space);
      expect((await own.create(invite)).status).toBe(400);
      expect(await refusalOf(await own.ask('POST', '/changes', new Uint8Array()))).toMatchObject({
        code: 'unknown-space',
      });
    });

    test('MEM-1: a space whose founder’s entry was altered is refused', async () => {
      const founder = await person();
      const membership = await Membership.found(founder, relay.clock.now());
      const altered = membership.entries[0].slice();
      altered[altered.length - 1] ^= 1;
      const { spaceIdOf } = await import('../../src/format/membership-entry.ts');
      const caller = new Caller(relay, founder.device, spaceIdOf(altered));
      expect(await refusalOf(await caller.create(altered))).toMatchObject({ code: 'bad-signature' });
    });
  });

  describe('the membership log', () => {
    test('RELAY-3: an invitation’s key reads the membership log and joins, and can do nothing else', async () => {
      const space = await TestSpace.on(relay);
      await space.write(space.founder, 2);
      const invitation = await freshKeys();
      await space.take(space.as(space.founder), await space.membership.invite(space.founder, invitation));
      const holder = space.withKeys(invitation);
      const answer = await holder.changes();
      expect(answer.members.entries).toEqual(space.membership.entries);
      expect([answer.heads, answer.beacons]).toEqual([[], []]);
      const forbidden = { status: 403, code: 'forbidden' };
      for (const [method, path] of [
        ['POST', '/entries'],
        ['POST', '/entries/read'],
        ['POST', '/leaves/read'],
        ['PUT', '/beacon'],
        ['GET', '/events'],
      ] as const) {
        const body = method === 'GET' ? undefined : new Uint8Array([0xa0]);
        expect(await refusalOf(await holder.ask(method, path, body)), path).toEqual(forbidden);
      }
      const second = await space.membership.invite(space.founder, await freshKeys());
      expect(await refusalOf(await holder.members(2, second))).toEqual(forbidden);
      const joiner = await person();
      await space.take(holder, await space.membership.join(joiner, invitation));
      expect((await space.as(joiner).changes()).heads).toHaveLength(1);
    });

    test('JOIN-9: a join whose answer was lost is acknowledged again, though the invitation is used up', async () => {
      const space = await TestSpace.on(relay);
      const invitation = await freshKeys();
      await space.take(space.as(space.founder), await space.membership.invite(space.founder, invitation));
      const join = await space.membership.join(await person(), invitation);
      const holder = space.withKeys(invitation);
      expect(await sizeOf(await holder.members(2, join))).toBe(3);
      expect(await sizeOf(await holder.members(2, join))).toBe(3);
      expect((await holder.changes()).members.size).toBe(3);
      await space.membership.take(join);
      const another = await space.membership.join(await person(), invitation);
      expect(await refusalOf(await holder.members(3, another))).toMatchObject({ code: 'invitation-used' });
    });

    test('RELAY-3: an invitation is good at its last moment and not after it, by the relay’s clock', async () => {
      const space = await TestSpace.on(relay);
      const invitation = await freshKeys();
      const life = 60_000;
      const invite = await space.membership.invite(space.founder, invitation, { life });
      await space.take(space.as(space.founder), invite);
      const holder = space.withKeys(invitation);
      const began = relay.clock.now();
      relay.clock.set(began + life);
      expect((await holder.changes()).members.size).toBe(2);
      relay.clock.set(began + life + 1);
      const join = await space.membership.join(await person(), invitation);
      expect(await refusalOf(await holder.members(2, join))).toEqual({
        status: 403,
        code: 'invitation-expired',
        expires: began + life,
      });
    });

    test('MEM-3: of many entries written at once at one size one is taken, and the others learn the size', async () => {
      const space = await TestSpace.on(relay);
      const founder = space.as(space.founder);
      const invites = await Promise.all(
        Array.from({ length: 6 }, async () => space.membership.invite(space.founder, await freshKeys())),
      );
      const answers = await Promise.all(invites.map((invite) => founder.members(1, invite)));
      const won = answers.filter(({ ok }) => ok);
      expect(won).toHaveLength(1);
      for (const answer of answers) {
        if (!answer.ok)
          expect(await refusalOf(answer)).toEqual({ status: 409, code: 'size-mismatch', size: 2 });
      }
      const { members } = await founder.changes({ members: 1 });
      expect(members.entries).toEqual([invites[answers.indexOf(won[0])]]);
    });

    test('MEM-2: an entry behind another log, by an author who may not, or with a broken signature is refused whole', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const reader = await space.add('reader');
      const { membership } = space;
      const { size } = membership.state;
      const bring = async (by: typeof writer, entry: Uint8Array<ArrayBuffer>, at = size) =>
        refusalOf(await space.as(by).members(at, entry));
      const asAdmin = await membership.invite(writer, await freshKeys(), { role: 'admin' });
      expect(await bring(writer, asAdmin)).toMatchObject({ status: 403, code: 'not-allowed' });
      const byReader = await membership.invite(reader, await freshKeys(), { role: 'reader' });
      expect(await bring(reader, byReader)).toMatchObject({ status: 403, code: 'not-allowed' });
      const good = await membership.invite(writer, await freshKeys());
      const broken = good.slice();
      broken[broken.length - 3] ^= 4;
      expect(await bring(writer, broken)).toMatchObject({ status: 400, code: 'bad-signature' });
      expect(await bring(writer, good, size + 1)).toMatchObject({ status: 409, code: 'size-mismatch', size });
      expect(await bring(writer, good, size - 1)).toMatchObject({ status: 409, code: 'size-mismatch', size });
      expect((await space.as(reader).changes()).members.size).toBe(size);
      expect(await sizeOf(await space.as(writer).members(size, good))).toBe(size + 1);
    });

    test('MEM-9: a stamp five minutes ahead is taken, one later is not, and one equal to the one before always is', async () => {
      const space = await TestSpace.on(relay);
      const founder = space.as(space.founder);
      const now = relay.clock.now();
      const ahead = limits.clockAheadMs;
      const at = async (ms: number) =>
        space.membership.invite(space.founder, await freshKeys(), { stamp: makeStamp(ms, 0) });
      expect(await refusalOf(await founder.members(1, await at(now + ahead + 1)))).toEqual({
        status: 409,
        code: 'clock-ahead',
        now,
      });
      await space.take(founder, await at(now + ahead));
      relay.clock.set(now - 3_600_000);
      await space.take(founder, await at(now + ahead));
      expect(await refusalOf(await founder.members(3, await at(now + ahead + 1)))).toMatchObject({
        code: 'clock-ahead',
      });
      relay.clock.set(now);
      expect(await refusalOf(await founder.members(3, await at(now)))).toMatchObject({ code: 'bad-request' });
    });

    test('MEM-9: a space stamped too far ahead is not created', async () => {
      const founder = await person();
      const membership = await Membership.found(founder, relay.clock.now() + limits.clockAheadMs + 1);
      const caller = new Caller(relay, founder.device, membership.space);
      expect(await refusalOf(await caller.create(membership.entries[0]))).toMatchObject({
        code: 'clock-ahead',
      });
      relay.clock.set(relay.clock.now() + 1);
      expect((await caller.create(membership.entries[0])).status).toBe(201);
    });
  });

  describe('what this relay does not know yet', () => {
    test('MEM-8: a membership entry of a newer kind is not taken, for the relay could not judge what follows', async () => {
      const space = await TestSpace.on(relay);
      const { before, state } = space.membership;
      const payload = mapOf({ ...before, stamp: state.stamp, kind: 'dissolve', body: new Map() });
      const signed = async (by: typeof space.founder) =>
        signObject(by.device.signer, types.membership, payload);
      const founder = space.as(space.founder);
      const byAdmin = await founder.members(1, await signed(space.founder));
      expect(await refusalOf(byAdmin)).toEqual({ status: 400, code: 'newer-format' });
      const byStranger = await founder.members(1, await signed(await person()));
      expect(await refusalOf(byStranger)).toMatchObject({ status: 403, code: 'not-allowed' });
      expect((await founder.changes()).members.size).toBe(1);
    });
  });

  describe('appending to a device’s log', () => {
    test('PUSH-5: entries and head are there whole, for every member, as they were sent', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const reader = await space.add('reader');
      const log = await space.write(writer, 3);
      await space.writeMore(log, 2, 5000);
      const { heads } = await space.as(reader).changes();
      expect(heads).toHaveLength(1);
      expect(decodeHead(heads[0])).toMatchObject({ log: log.log, size: 5 });
      const read = await space.as(reader).read(range(log.log, 1, 5));
      expect(read.logs).toEqual([{ log: log.log, start: 1, entries: log.entries }]);
      expect(await space.as(reader).leaves(range(log.log, 2, 4))).toEqual(
        log.entries.slice(1, 4).map(leafHash),
      );
    });

    test('PUSH-5: the same request again changes nothing, alone, in parallel and after more has come', async () => {
      const space = await TestSpace.on(relay);
      const author = space.as(space.founder);
      const log = new OwnLog(space.membership, space.founder);
      const first = await space.nextAppend(log, 3);
      const sizes = await Promise.all(
        (await Promise.all([1, 2, 3, 4].map(() => author.append(first)))).map(sizeOf),
      );
      expect(sizes).toEqual([3, 3, 3, 3]);
      await space.writeMore(log, 2);
      expect(await sizeOf(await author.append(first))).toBe(3);
      const { heads } = await author.changes();
      expect(decodeHead(heads[0]).size).toBe(5);
      expect((await author.read(range(1, 1, 5))).logs[0].entries).toEqual(log.entries);
    });

    test('PUSH-4: what is there already is skipped, and what follows it is appended', async () => {
      const space = await TestSpace.on(relay);
      const log = await space.write(space.founder, 2);
      const more = await space.nextAppend(log, 2);
      const again = { ...more, start: 1, entries: log.entries };
      expect(await sizeOf(await space.as(space.founder).append(again))).toBe(4);
      expect((await space.as(space.founder).read(range(1, 1, 4))).logs[0].entries).toEqual(log.entries);
    });

    test('RELAY-4: other bytes at a position that is taken, and a gap, are refused with the size that is here', async () => {
      const space = await TestSpace.on(relay);
      const author = space.as(space.founder);
      await space.write(space.founder, 3);
      const mismatch = { status: 409, code: 'size-mismatch', log: 1, size: 3 };
      const copy = new OwnLog(space.membership, space.founder);
      expect(await refusalOf(await author.append(await space.nextAppend(copy, 2)))).toEqual(mismatch);
      expect(await refusalOf(await author.append(await space.nextAppend(copy, 2)))).toEqual(mismatch);
      const ahead = new OwnLog(space.membership, space.founder);
      ahead.add(...Array.from({ length: 4 }, () => ahead.entry()));
      expect(await refusalOf(await author.append(await space.nextAppend(ahead, 1)))).toEqual(mismatch);
      expect((await author.read(range(1, 1, 3))).logs[0].entries).toHaveLength(3);
    });

    test('PUSH-4: a head that names more of the membership log takes the place of one of the same size', async () => {
      const space = await TestSpace.on(relay);
      const log = await space.write(space.founder, 1);
      const old = await log.head(space.membership.members);
      const reader = await space.add('reader');
      const head = await log.head(space.membership.members);
      const again = { log: log.log, start: 2, entries: [], head };
      expect(await sizeOf(await space.as(space.founder).append(again))).toBe(1);
      expect((await space.as(reader).changes()).heads).toEqual([head]);
      // Back it does not go.
      expect(await sizeOf(await space.as(space.founder).append({ ...again, head: old }))).toBe(1);
      expect((await space.as(reader).changes()).heads).toEqual([head]);
    });

    test('RELAY-4: of parallel appends of different entries at one size exactly one wins', async () => {
      const space = await TestSpace.on(relay);
      const author = space.as(space.founder);
      const requests = await Promise.all(
        Array.from({ length: 8 }, () => space.nextAppend(new OwnLog(space.membership, space.founder), 2)),
      );
      const answers = await Promise.all(requests.map((request) => author.append(request)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
      const [{ entries }] = (await author.read(range(1, 1, 2))).logs;
      const won = requests[answers.findIndex(({ ok }) => ok)];
      expect(entries).toEqual(won.entries);
    });

    test('RELAY-12: a writer brings what another device signed', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const log = new OwnLog(space.membership, writer);
      const request = await space.nextAppend(log, 2);
      expect(await sizeOf(await space.as(space.founder).append(request))).toBe(2);
    });
  });

  describe('what is new', () => {
    test('RELAY-6: the membership tail, the heads that differ and the beacons come in one answer with the relay’s time', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      await space.write(space.founder, 2);
      await space.write(writer, 1);
      const beacon = await beaconOf(space.membership, writer, relay.clock.now());
      expect((await space.as(writer).ask('PUT', '/beacon', beacon)).status).toBe(204);
      const asker = space.as(space.founder);
      const cursors = [
        { log: asDeviceNumber(1), size: 2 },
        { log: asDeviceNumber(2), size: 0 },
      ];
      const answer = await asker.changes({ members: 2, cursors });
      expect(answer.now).toBe(relay.clock.now());
      expect(answer.members).toEqual({ size: 3, from: 3, entries: space.membership.entries.slice(2) });
      expect(answer.heads.map((head) => decodeHead(head).log)).toEqual([2]);
      expect(answer.beacons).toEqual([beacon]);
      expect((await asker.changes({ members: 3, cursors, beacons: false })).beacons).toEqual([]);
      expect((await asker.changes({ members: 9 })).members).toEqual({ size: 3, from: 4, entries: [] });
    });

    test('LOG-14: a head below the cursor is shown, so that a rollback comes to light', async () => {
      const space = await TestSpace.on(relay);
      await space.write(space.founder, 2);
      const { heads } = await space
        .as(space.founder)
        .changes({ cursors: [{ log: asDeviceNumber(1), size: 7 }] });
      expect(heads.map((head) => decodeHead(head).size)).toEqual([2]);
    });

    test('RELAY-7: beacons fill an answer up to 4 MiB, the newest first, and never crowd out heads', async () => {
      const space = await TestSpace.on(relay);
      await space.write(space.founder, 1);
      // What a thousand devices with a thousand cursors each would have here.
      for (let i = 0; i < 30; i++) {
        const beacon = new Uint8Array(200_000).fill(i);
        await relay.storage.putBeacon(space.membership.space, {
          device: 100 + i,
          at: 1000 + ((i * 7) % 30),
          beacon,
        });
      }
      const { encodeChangesRequest, decodeChangesAnswer } = await import('../../src/format/wire.ts');
      const request = encodeChangesRequest({ members: 0, cursors: [], beacons: true });
      const bytes = await bytesOf(await space.as(space.founder).ask('POST', '/changes', request));
      expect(bytes.length).toBeLessThanOrEqual(limits.httpBodyBytes);
      expect(bytes.length).toBeGreaterThan(limits.httpBodyBytes - 210_000);
      const answer = decodeChangesAnswer(bytes);
      expect(answer.heads).toHaveLength(1);
      const newestFirst = Array.from({ length: 30 }, (_, i) => i).sort(
        (a, b) => ((b * 7) % 30) - ((a * 7) % 30),
      );
      expect(answer.beacons.map(([first]) => first)).toEqual(newestFirst.slice(0, answer.beacons.length));
    });

    test('RELAY-15: a beacon is kept until a newer one of its device comes', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const caller = space.as(writer);
      const now = relay.clock.now();
      const [older, newer] = [
        await beaconOf(space.membership, writer, now - 1),
        await beaconOf(space.membership, writer, now),
      ];
      for (const beacon of [newer, older])
        expect((await caller.ask('PUT', '/beacon', beacon)).status).toBe(204);
      expect((await caller.changes()).beacons).toEqual([newer]);
    });

    test('RELAY-15: a beacon of another device, of another space, from ahead or about another log is refused', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const put = async (beacon: Uint8Array<ArrayBuffer>) =>
        refusalOf(await space.as(writer).ask('PUT', '/beacon', beacon));
      const now = relay.clock.now();
      const { membership } = space;
      expect(await put(await beaconOf(membership, space.founder, now))).toMatchObject({
        code: 'bad-signature',
      });
      expect(await put(await beaconOf(membership, writer, now, 1))).toMatchObject({ code: 'bad-request' });
      const other = await Membership.found(writer, now);
      expect(await put(await beaconOf(other, writer, now))).toMatchObject({ code: 'wrong-space' });
      const ahead = limits.clockAheadMs;
      expect(await put(await beaconOf(membership, writer, now + ahead + 1))).toMatchObject({
        code: 'clock-ahead',
        now,
      });
      const onTime = await beaconOf(membership, writer, now + ahead);
      expect((await space.as(writer).ask('PUT', '/beacon', onTime)).status).toBe(204);
      expect((await space.as(writer).changes()).beacons).toEqual([onTime]);
    });
  });

  describe('cursors in a beacon', () => {
    test('RELAY-15: a beacon with cursors of devices that do not exist, or more of them than there are, is refused', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const now = relay.clock.now();
      const put = async (at: number, devices: readonly number[]): Promise<Response> => {
        const cursors = devices.map((n) => ({ device: asDeviceNumber(n), size: 0, root: emptyRoot }));
        const beacon = await beaconOf(space.membership, writer, at, undefined, cursors);
        return space.as(writer).ask('PUT', '/beacon', beacon);
      };
      for (const devices of [[3], [1, 2, 3], [1, 1_000_000], Array.from({ length: 300 }, (_, i) => i + 1)]) {
        expect(await refusalOf(await put(now, devices))).toMatchObject({ status: 400, code: 'bad-request' });
      }
      expect((await space.as(writer).changes()).beacons).toEqual([]);
      for (const [i, devices] of [[], [1], [2], [1, 2]].entries()) {
        expect((await put(now + i, devices)).status).toBe(204);
      }
    });
  });

  describe('reading', () => {
    test('RELAY-6: an unknown log and a range outside its log are refused before anything is read', async () => {
      const space = await TestSpace.on(relay);
      await space.write(space.founder, 3);
      const caller = space.as(space.founder);
      const cases = [
        [range(2, 1, 1), { code: 'unknown-log', log: 2 }],
        [range(1, 1, 4), { code: 'bad-range', log: 1, size: 3 }],
        [range(1, 4, 4), { code: 'bad-range', log: 1, size: 3 }],
        [range(1, 3, 2), { code: 'bad-range', log: 1, start: 3, end: 2 }],
        [range(1, 0, 2), { code: 'bad-range', log: 1, start: 0, end: 2 }],
        [range(1, 1, 65_536), { code: 'bad-range', log: 1, size: 3 }],
        [range(1, 1, 65_537), { code: 'bad-range' }],
        [range(1, 1, Number.MAX_SAFE_INTEGER), { code: 'bad-range' }],
      ] as const;
      for (const [wanted, refusal] of cases) {
        await expect(caller.read(range(1, 1, 1), wanted)).rejects.toMatchObject({ code: refusal.code });
        const { code, ...values } = refusal;
        await expect(caller.leaves(wanted)).rejects.toMatchObject({ code, values: { ...values } });
      }
      await expect(caller.read()).rejects.toMatchObject({ code: 'bad-range' });
    });

    test('RELAY-7: an answer holds at most 4 MiB, whole entries from the start of what was asked, and at least one', async () => {
      const space = await TestSpace.on(relay);
      const log = new OwnLog(space.membership, space.founder);
      const large = limits.entryBytes - 100;
      for (let i = 0; i < 3; i++) await space.writeMore(log, 10, large);
      const caller = space.as(space.founder);
      // The last would fit, but not in the order asked.
      const small = await space.write(await space.add('writer'), 1);
      const request = [range(1, 2, 20), range(1, 21, 30), range(small.log, 1, 1)];
      const wire = await import('../../src/format/wire.ts');
      const bytes = await bytesOf(
        await caller.ask('POST', '/entries/read', wire.encodeReadRequest({ ranges: request })),
      );
      expect(bytes.length).toBeLessThanOrEqual(limits.httpBodyBytes);
      expect(bytes.length).toBeGreaterThan(limits.httpBodyBytes - limits.entryBytes);
      const { logs } = wire.decodeReadAnswer(bytes);
      expect(logs).toHaveLength(1);
      expect(logs[0].entries.every((entry, i) => equal(entry, log.entries[1 + i]))).toBe(true);
    });

    test('ENG-4: one request reads ranges of several logs, in the order asked', async () => {
      const space = await TestSpace.on(relay);
      const writer = await space.add('writer');
      const [mine, theirs] = [await space.write(space.founder, 3), await space.write(writer, 4)];
      const { logs } = await space.as(writer).read(range(2, 3, 4), range(1, 1, 2), range(2, 1, 1));
      expect(logs).toEqual([
        { log: 2, start: 3, entries: theirs.entries.slice(2, 4) },
        { log: 1, start: 1, entries: mine.entries.slice(0, 2) },
        { log: 2, start: 1, entries: theirs.entries.slice(0, 1) },
      ]);
    });
  });

  describe('besides spaces', () => {
    test('RELAY-2: anyone may ask for the relay’s time', async () => {
      const answer = await relay.fetch('/v1/time');
      expect(decodeTimeAnswer(await bytesOf(answer))).toEqual({ now: relay.clock.now() });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    });

    test('RELAY-9: what is no path of the relay is a problem with a code', async () => {
      const space = await TestSpace.on(relay);
      const id = spaceText(space.membership.space);
      for (const [method, path] of [
        ['GET', '/v1'],
        ['GET', '/v1/spaces'],
        ['GET', `/v1/spaces/${id}`],
        ['DELETE', `/v1/spaces/${id}/entries`],
        ['POST', `/v1/spaces/${id}/pages`],
        ['GET', '/nothing'],
        ['POST', '/'],
      ] as const) {
        expect(await refusalOf(await relay.fetch(path, { method })), path).toEqual({
          status: 404,
          code: 'not-found',
        });
      }
      const answer = await relay.fetch('/v1/spaces/not-a-space/changes', { method: 'POST' });
      expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'malformed' });
    });

    test('RELAY-18: a page of another origin may ask with a token, and read the answer', async () => {
      const space = await TestSpace.on(relay);
      const path = `/v1/spaces/${spaceText(space.membership.space)}/beacon`;
      const preflight = await relay.fetch(path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://elsewhere.example',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
      expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toBe(
        'authorization,content-type',
      );
      const refused = await relay.fetch(path, {
        method: 'PUT',
        headers: { origin: 'https://elsewhere.example' },
      });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
    });

    test('RELAY-10: health, readiness and metrics are told, and readiness ends when the relay is to go', async () => {
      const space = await TestSpace.on(relay);
      await space.write(space.founder, 3);
      expect(await (await relay.fetch('/healthz')).text()).toBe('ok\n');
      expect((await relay.fetch('/readyz')).status).toBe(200);
      const metrics = await (await relay.fetch('/metrics')).text();
      expect(metrics).toContain('cairn_appended_entries_total 3\n');
      expect(metrics).toContain('cairn_appended_membership_entries_total 1\n');
      expect(metrics).toContain('cairn_requests_total{route="/v1/spaces/:space/entries",status="200"} 1\n');
      expect(metrics).toMatch(/cairn_storage_bytes [1-9]\d+\n/);
      expect(metrics).toContain('cairn_spaces 1\n');
      expect(metrics).not.toContain(spaceText(space.membership.space));
      relay.relay.drain();
      expect(await refusalOf(await relay.fetch('/readyz'))).toEqual({ status: 503, code: 'unavailable' });
      expect((await relay.fetch('/healthz')).status).toBe(200);
      expect((await space.as(space.founder).changes()).members.size).toBe(1);
    });
  });
});
