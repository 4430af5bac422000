/** The relay's folded membership logs: what is kept, and what is read again. */
import { expect, test } from 'vitest';
import type { SpaceId } from '../../src/format/bytes.ts';
import { Memberships } from '../../src/relay/memberships.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { inProcess, TestSpace } from './harness.ts';
import { freshKeys } from './people.ts';

/** Counts the membership entries that are read. */
class CountingStorage extends MemoryStorage {
  read = 0;

  override async readEntries(...parameters: Parameters<MemoryStorage['readEntries']>) {
    const entries = await super.readEntries(...parameters);
    this.read += entries.length;
    return entries;
  }
}

test('RELAY-3: a membership log is folded once, and then only what was appended', async () => {
  const storage = new CountingStorage();
  const relay = await inProcess({ storage });
  const space = await TestSpace.on(relay);
  for (let i = 0; i < 3; i++) {
    const invite = await space.membership.invite(space.founder, await freshKeys());
    await space.take(space.as(space.founder), invite);
  }
  storage.read = 0;
  const memberships = new Memberships(storage);
  for (let i = 0; i < 3; i++) expect((await memberships.of(space.membership.space))?.state.size).toBe(4);
  expect(storage.read).toBe(4);
  await space.take(space.as(space.founder), await space.membership.invite(space.founder, await freshKeys()));
  storage.read = 0;
  expect((await memberships.of(space.membership.space))?.state.size).toBe(5);
  expect(storage.read).toBe(1);
});

test('RELAY-3: the kept states are bounded; the space asked for longest ago is folded again', async () => {
  const storage = new CountingStorage();
  const relay = await inProcess({ storage });
  const spaces: SpaceId[] = [];
  for (let i = 0; i < 4; i++) spaces.push((await TestSpace.on(relay)).membership.space);
  const memberships = new Memberships(storage, 3);
  const reads = async (which: number): Promise<number> => {
    storage.read = 0;
    expect((await memberships.of(spaces[which]))?.state.size).toBe(1);
    return storage.read;
  };
  for (const which of [0, 1, 2]) expect(await reads(which)).toBe(1);
  expect(await reads(0)).toBe(0);
  expect(await reads(3)).toBe(1);
  for (const which of [0, 2, 3]) expect(await reads(which)).toBe(0);
  expect(await reads(1)).toBe(1);
});

test('RELAY-3: a log in the store that does not fold gives an error and no authority', async () => {
  const storage = new MemoryStorage();
  const relay = await inProcess({ storage });
  const space = await TestSpace.on(relay);
  const [create] = space.membership.entries;
  const log = await storage.readLog(space.membership.space, 0);
  if (log === null) throw new Error('The space is not there');
  const { appendLeaf, leafHash } = await import('../../src/format/merkle.ts');
  const leaf = leafHash(create);
  const after = { frontier: appendLeaf(log.frontier, leaf), head: null };
  await storage.append(space.membership.space, 0, {
    expected: log.revision,
    entries: [{ entry: create, leaf }],
    after,
  });
  await expect(new Memberships(storage).of(space.membership.space)).rejects.toMatchObject({
    code: 'internal',
  });
});
