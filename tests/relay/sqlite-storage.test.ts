/** What is particular to the SQLite adapter; the rest is tests/conformance. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asHash } from '../../src/format/bytes.ts';
import { appendLeaves, emptyFrontier, leafHash } from '../../src/format/merkle.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';

let folder: string;
let file: string;
const space = asHash(new Uint8Array(32).fill(7));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-sqlite-'));
  file = join(folder, 'relay.sqlite');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function appendOne(storage: SqliteStorage, length: number): Promise<boolean> {
  const entry = new Uint8Array(length).fill(1);
  const log = await storage.readLog(space, 1);
  const leaf = leafHash(entry);
  const after = { frontier: appendLeaves(log?.frontier ?? emptyFrontier, [leaf]), head: entry };
  return storage.append(space, 1, { expected: log?.revision ?? null, entries: [{ entry, leaf }], after });
}

test('RELAY-10: the file has a write-ahead log and pages of 8 KiB, and is marked as ours', async () => {
  await new SqliteStorage(file).close();
  const header = await readFile(file);
  expect(header.subarray(0, 15).toString()).toBe('SQLite format 3');
  expect(header.readUInt16BE(16)).toBe(8192);
  expect([header[18], header[19]]).toEqual([2, 2]);
  expect(header.readUInt32BE(60)).toBe(1);
  expect(header.subarray(68, 72).toString()).toBe('cair');
});

test('RELAY-10: closing leaves the whole store in the one file', async () => {
  const storage = new SqliteStorage(file);
  for (let i = 0; i < 20; i++) await appendOne(storage, 5000);
  await storage.close();
  const moved = join(folder, 'moved.sqlite');
  await writeFile(moved, await readFile(file));
  const again = new SqliteStorage(moved);
  expect((await again.readLog(space, 1))?.frontier.size).toBe(20);
  await again.close();
});

test('STORE-21: a file of a newer relay is refused, and left as it is', async () => {
  await new SqliteStorage(file).close();
  const raw = new Database(file);
  raw.exec('PRAGMA user_version = 2');
  raw.close();
  const before = await readFile(file);
  expect(() => new SqliteStorage(file)).toThrow(expect.objectContaining({ code: 'newer-database' }));
  expect(await readFile(file)).toEqual(before);
});

test('RELAY-10: what is no database, or in no folder, is refused with a code', async () => {
  await writeFile(file, 'a letter, and no database '.repeat(500));
  const unavailable = expect.objectContaining({ code: 'unavailable' });
  expect(() => new SqliteStorage(file)).toThrow(unavailable);
  expect(() => new SqliteStorage(join(folder, 'nowhere', 'relay.sqlite'))).toThrow(unavailable);
});

test('RELAY-10: while another process holds the file for writing, an append fails whole with a code, and then goes on', async () => {
  const storage = new SqliteStorage(file);
  await appendOne(storage, 10);
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(appendOne(storage, 10)).rejects.toMatchObject({ code: 'unavailable' });
  // Reading goes on.
  expect((await storage.readLog(space, 1))?.frontier.size).toBe(1);
  other.exec('COMMIT');
  other.close();
  expect(await appendOne(storage, 10)).toBe(true);
  expect(await storage.readEntries(space, 1, 1, 9, 1e6)).toHaveLength(2);
  await storage.close();
});

test('RELAY-10: at a full disk an append fails whole with a code, reads go on, and it works again when there is room', async () => {
  const storage = new SqliteStorage(file);
  await appendOne(storage, 10);
  await storage.close();
  const small = new SqliteStorage(file, { mostPages: 20 });
  await expect(appendOne(small, 500_000)).rejects.toMatchObject({ code: 'unavailable' });
  expect((await small.readLog(space, 1))?.frontier.size).toBe(1);
  expect(await small.readEntries(space, 1, 1, 9, 1e6)).toHaveLength(1);
  expect(await small.readLeaves(space, 1, 1, 9)).toHaveLength(1);
  expect(await appendOne(small, 100)).toBe(true);
  await small.close();
});
