/** RELAY-14, the relay's side: one that lost something says so in a way that a device can act on, and takes it again. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeHead } from '../../src/format/head.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import { bytesOf, Caller, inProcess, refusalOf, sizeOf, TestSpace } from './harness.ts';

test('RELAY-14: a relay restored from an older copy shows its smaller size, and takes again what its devices still have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-rolled-back-'));
  const [file, copy] = [join(folder, 'relay.sqlite'), join(folder, 'copy.sqlite')];
  const first = await inProcess({ storage: new SqliteStorage(file) });
  const space = await TestSpace.on(first);
  const log = await space.write(space.founder, 2);
  await first.close();
  await copyFile(file, copy);
  const second = await inProcess({ storage: new SqliteStorage(file), clock: first.clock });
  const now = new Caller(second, space.founder.device, space.membership.space);
  const lost = await space.nextAppend(log, 3);
  expect(await sizeOf(await now.append(lost))).toBe(5);
  await second.close();

  const restored = await inProcess({ storage: new SqliteStorage(copy), clock: first.clock });
  const caller = new Caller(restored, space.founder.device, space.membership.space);
  const { heads } = await caller.changes({ cursors: [{ log: log.log, size: 5 }] });
  expect(heads.map((head) => decodeHead(head).size)).toEqual([2]);
  const next = await space.nextAppend(log, 1);
  expect(await refusalOf(await caller.append(next))).toMatchObject({ code: 'size-mismatch', size: 2 });
  await expect(caller.read({ log: log.log, start: 1, end: 5 })).rejects.toMatchObject({
    code: 'bad-range',
    values: { log: log.log, size: 2 },
  });
  // The old request with its old head, as it was sent before.
  expect(await sizeOf(await caller.append(lost))).toBe(5);
  expect(await sizeOf(await caller.append(next))).toBe(6);
  expect((await caller.read({ log: log.log, start: 1, end: 6 })).logs[0].entries).toEqual(log.entries);
  await restored.close();
  await rm(folder, { recursive: true, force: true });
});

test('RELAY-14: a relay that lost the whole space says that it is unknown, and takes it again from its first entry on', async () => {
  const before = await inProcess();
  const space = await TestSpace.on(before);
  const writer = await space.add('writer');
  const log = await space.write(writer, 3);
  const wiped = await inProcess({ clock: before.clock });
  const as = (who: typeof writer): Caller => new Caller(wiped, who.device, space.membership.space);
  await expect(as(writer).changes()).rejects.toMatchObject({ code: 'unknown-space' });
  const [create, ...others] = space.membership.entries;
  await bytesOf(await as(space.founder).create(create));
  await expect(as(writer).changes()).rejects.toMatchObject({ code: 'forbidden' });
  for (const [i, entry] of others.entries()) await bytesOf(await as(space.founder).members(1 + i, entry));
  const head = await log.head(space.membership.members);
  expect(await sizeOf(await as(writer).append({ log: log.log, start: 1, entries: log.entries, head }))).toBe(
    3,
  );
  expect((await as(writer).changes()).members.entries).toEqual(space.membership.entries);
});
