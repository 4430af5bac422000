import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import type { Storage } from '../../src/relay/storage.ts';
import { storageConformance } from './storage.ts';

storageConformance('memory', async () => {
  const shared = new MemoryStorage();
  return { open: async () => viewOf(shared), remove: () => shared.close() };
});

storageConformance('a SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-storage-'));
  return {
    open: async () => new SqliteStorage(join(folder, 'relay.sqlite')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});

/** What one relay sees of a memory that several share: closing it closes this view only. */
function viewOf(shared: MemoryStorage): Storage {
  const own = new MemoryStorage();
  let view: Storage = shared;
  const call =
    <Name extends keyof Storage>(name: Name) =>
    (...parameters: Parameters<Storage[Name]>): ReturnType<Storage[Name]> =>
      // One signature for all methods: TypeScript can't tie a method to its own parameters through a union.
      (view[name] as (...all: unknown[]) => unknown).apply(view, parameters) as ReturnType<Storage[Name]>;
  return {
    readLog: call('readLog'),
    append: call('append'),
    readEntries: call('readEntries'),
    readLeaves: call('readLeaves'),
    readHeads: call('readHeads'),
    putBeacon: call('putBeacon'),
    readBeacons: call('readBeacons'),
    measure: call('measure'),
    close: async () => {
      await own.close();
      view = own;
    },
  };
}
