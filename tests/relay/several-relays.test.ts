/** RELAY-11: several stateless relays over one store answer as one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import type { Storage } from '../../src/relay/storage.ts';
import { TestClock } from './clock.ts';
import { Caller, inProcess, refusalOf, sizeOf, type TestRelay, TestSpace } from './harness.ts';
import { freshKeys, OwnLog, person } from './people.ts';

describe.each(['memory', 'SQLite'] as const)('over one %s', (kind) => {
  let folder: string;
  let relays: TestRelay[];
  let space: TestSpace;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-several-'));
    const shared = new MemoryStorage();
    const open = (): Storage =>
      kind === 'memory' ? shared : new SqliteStorage(join(folder, 'relay.sqlite'));
    const clock = new TestClock();
    relays = [];
    for (let i = 0; i < 3; i++) relays.push(await inProcess({ storage: open(), clock }));
    space = await TestSpace.on(relays[0]);
  });

  afterEach(async () => {
    for (const relay of relays) {
      await relay.close();
      expect(relay.errors).toEqual([]);
    }
    await rm(folder, { recursive: true, force: true });
  });

  const at = (i: number, keys = space.founder.device): Caller =>
    new Caller(relays[i % relays.length], keys, space.membership.space);

  test('RELAY-11: what one took the others know with the next request: members, entries, beacons', async () => {
    for (const i of [0, 1, 2]) expect((await at(i).changes()).members.size).toBe(1);
    const invitation = await freshKeys();
    await space.take(at(1), await space.membership.invite(space.founder, invitation));
    const joiner = await person();
    expect((await at(2, invitation).changes()).members.size).toBe(2);
    await space.take(at(2, invitation), await space.membership.join(joiner, invitation));
    const log = new OwnLog(space.membership, joiner);
    for (const i of [0, 1, 2, 0]) {
      expect(await sizeOf(await at(i, joiner.device).append(await space.nextAppend(log, 2)))).toBe(
        log.entries.length,
      );
    }
    for (const i of [0, 1, 2]) {
      const { logs } = await at(i).read({ log: log.log, start: 1, end: 8 });
      expect(logs[0].entries).toEqual(log.entries);
    }
  });

  test('RELAY-11: of appends to one log through all of them at once exactly one wins', async () => {
    const requests = await Promise.all(
      Array.from({ length: 9 }, () => space.nextAppend(new OwnLog(space.membership, space.founder), 1)),
    );
    const answers = await Promise.all(requests.map((request, i) => at(i).append(request)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const [{ entries }] = (await at(1).read({ log: requests[0].log, start: 1, end: 1 })).logs;
    expect(entries).toEqual(requests[answers.findIndex(({ ok }) => ok)].entries);
  });

  test('MEM-3: of membership entries through all of them at once exactly one wins, and all show one log', async () => {
    for (let round = 1; round < 5; round++) {
      const invites = await Promise.all(
        Array.from({ length: 6 }, async () => space.membership.invite(space.founder, await freshKeys())),
      );
      const answers = await Promise.all(invites.map((invite, i) => at(i).members(round, invite)));
      const won = answers.findIndex(({ ok }) => ok);
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      await space.membership.take(invites[won]);
      for (const [i, answer] of answers.entries()) {
        if (i !== won)
          expect(await refusalOf(answer)).toMatchObject({ code: 'size-mismatch', size: round + 1 });
      }
    }
    for (const i of [0, 1, 2])
      expect((await at(i).changes()).members.entries).toEqual(space.membership.entries);
  });
});

test('RELAY-11: a relay whose store was replaced by another history believes the store', async () => {
  const clock = new TestClock();
  let storage = new MemoryStorage();
  const swapped: Storage = {
    readLog: (...all) => storage.readLog(...all),
    append: (...all) => storage.append(...all),
    readEntries: (...all) => storage.readEntries(...all),
    readLeaves: (...all) => storage.readLeaves(...all),
    readHeads: (...all) => storage.readHeads(...all),
    putBeacon: (...all) => storage.putBeacon(...all),
    readBeacons: (...all) => storage.readBeacons(...all),
    measure: () => storage.measure(),
    close: () => storage.close(),
  };
  const relay = await inProcess({ storage: swapped, clock });
  const space = await TestSpace.on(relay);
  const caller = space.as(space.founder);
  const [create] = space.membership.entries;
  const invites = await Promise.all(
    [1, 2].map(async () => space.membership.invite(space.founder, await freshKeys())),
  );
  await caller.members(1, invites[0]);
  expect((await caller.changes()).members.entries).toEqual([create, invites[0]]);
  // The same sizes, another entry in second place.
  const before = await storage.readLog(space.membership.space, 0);
  storage = new MemoryStorage();
  expect(await refusalOf(await caller.ask('POST', '/changes', new Uint8Array()))).toMatchObject({
    code: 'unknown-space',
  });
  await caller.create(create);
  const direct = await inProcess({ storage, clock });
  await new Caller(direct, space.founder.device, space.membership.space).members(1, invites[1]);
  expect((await storage.readLog(space.membership.space, 0))?.frontier.size).toBe(before?.frontier.size);
  expect((await caller.changes()).members.entries).toEqual([create, invites[1]]);
  await space.membership.take(invites[1]);
  await space.take(caller, await space.membership.invite(space.founder, await freshKeys()));
  expect(relay.errors).toEqual([]);
});
