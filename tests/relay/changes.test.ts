import { expect, test } from 'vitest';
import { decodeHead } from '../../src/format/head.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { inProcess, TestSpace } from './harness.ts';

/** Storage that lets something happen before heads are read. */
class Meanwhile extends MemoryStorage {
  happens: (() => Promise<unknown>) | null = null;

  override async readHeads(...args: Parameters<MemoryStorage['readHeads']>) {
    const { happens } = this;
    this.happens = null;
    await happens?.();
    return super.readHeads(...args);
  }
}

test('PULL-5: an answer shows no head of a device whose membership entry it does not tell of', async () => {
  const storage = new Meanwhile();
  const relay = await inProcess({ storage });
  const space = await TestSpace.on(relay);
  storage.happens = async () => space.write(await space.add('writer'), 1);
  const { members, heads } = await space.as(space.founder).changes({ members: 1 });
  expect(heads.map((head) => decodeHead(head).members.size)).toEqual([3]);
  expect([members.size, members.entries.length]).toEqual([3, 2]);
  await relay.close();
  expect(relay.errors).toEqual([]);
});
