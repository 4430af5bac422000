/**
 * The storage contract over one SQLite file: WAL, `synchronous=FULL`, so a commit that returned is on the disk.
 *
 * Every table is a rowid table with a unique blob key, on pages of 8 KiB: measured twice as fast as the plain layout. A
 * key is the space's id, then the log's number and, where there is one, the position, both big-endian: the order of keys
 * is the order of positions, and a range of a log is a range of keys. Leaf hashes lie in runs, one for each append, under
 * the position of their first.
 *
 * The driver is synchronous. Each method runs to its end in one go, so within a process nothing interleaves; between
 * processes `BEGIN IMMEDIATE` does the same. The driver aborts the process on a bare `Uint8Array` argument (it takes an object
 * for named parameters), so parameters always go in as one list; reads use `all`, which gives plain `ArrayBuffer`s.
 */
import Database from 'libsql';
import { CairnError } from '../errors.ts';
import { asHash, type Bytes, concat, type Hash, type SpaceId } from '../format/bytes.ts';
import { asLeaves } from '../format/merkle.ts';
import type { Append, Storage, StoredBeacon, StoredHead, StoredLog, Usage } from './storage.ts';

const applicationId = 0x6361_6972; // "cair"
const schemaVersion = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,
    revision INTEGER NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, head BLOB) STRICT;
  CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, entry BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS leaves (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, hashes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS beacons (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, beacon BLOB NOT NULL) STRICT;
`;

const statements = {
  log: 'SELECT revision, size, frontier, head FROM logs WHERE key = ?',
  insertLog: 'INSERT INTO logs (revision, size, frontier, head, key) VALUES (?, ?, ?, ?, ?)',
  updateLog: 'UPDATE logs SET revision = ?, size = ?, frontier = ?, head = ? WHERE key = ?',
  heads: 'SELECT key, size, head FROM logs WHERE key BETWEEN ? AND ? AND head IS NOT NULL ORDER BY key',
  insertEntry: 'INSERT INTO entries (key, entry) VALUES (?, ?)',
  // length() of a blob is read from its row's header, without its pages.
  entryLengths: 'SELECT length(entry) AS length FROM entries WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?',
  entries: 'SELECT entry FROM entries WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?',
  insertLeaves: 'INSERT INTO leaves (key, hashes) VALUES (?, ?)',
  runBefore: 'SELECT key FROM leaves WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1',
  leaves: 'SELECT key, hashes FROM leaves WHERE key BETWEEN ? AND ? ORDER BY key',
  putBeacon: `INSERT INTO beacons (key, at, beacon) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, beacon = excluded.beacon WHERE excluded.at > at`,
  beacons: 'SELECT key, at, beacon FROM beacons WHERE key BETWEEN ? AND ? ORDER BY at DESC, key',
  usage: `SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()) AS bytes,
    (SELECT count(*) FROM logs WHERE substr(key, 33) = x'00000000') AS spaces`,
} as const;

type Name = keyof typeof statements;
type Parameter = Uint8Array | number | null;
type Row = Readonly<Record<string, unknown>>;

const entriesPerLook = 4096;

export class SqliteStorage implements Storage {
  readonly #database: Database.Database;
  readonly #prepared: Readonly<Record<Name, Database.Statement>>;
  #closed = false;

  /**
   * Opens the file and makes it if it is not there; its folder must be. It grows to `mostPages` of 8 KiB at most, and is full then.
   * @throws unavailable if it can't be opened or is no SQLite file, newer-database if a newer version wrote it
   */
  constructor(path: string, { mostPages }: { readonly mostPages?: number } = {}) {
    try {
      this.#database = new Database(path, { timeout: 2000 });
    } catch (error) {
      throw new CairnError('unavailable', `Can't open the database ${path}: ${messageOf(error)}`);
    }
    try {
      this.#prepare(path);
      if (mostPages !== undefined) pragma(this.#database, `max_page_count = ${mostPages}`);
      this.#prepared = mapValues(statements, (sql) => this.#database.prepare(sql));
    } catch (error) {
      this.#database.close();
      throw asCairnError(error, `The database ${path} can't be used`);
    }
  }

  #prepare(path: string): void {
    const database = this.#database;
    // Before the first table, or never.
    database.exec('PRAGMA page_size = 8192');
    const mode = pragma(database, 'journal_mode = WAL');
    if (mode !== 'wal' && path !== ':memory:') {
      throw new CairnError(
        'unavailable',
        `No write-ahead log for ${path}: its file system can't share memory`,
      );
    }
    database.exec('PRAGMA synchronous = FULL');
    const version = pragma(database, 'user_version');
    if (typeof version === 'number' && version > schemaVersion) {
      throw new CairnError('newer-database', `${path} was written by a newer relay`, { version });
    }
    database.exec('BEGIN IMMEDIATE');
    database.exec(schema);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  }

  async readLog(space: SpaceId, log: number): Promise<StoredLog | null> {
    return this.#readLog(logKey(space, log));
  }

  async append(space: SpaceId, log: number, { expected, entries, after }: Append): Promise<boolean> {
    return this.#transaction(() => {
      const key = logKey(space, log);
      const found = this.#readLog(key);
      if ((found?.revision ?? null) !== expected) return false;
      const first = (found?.frontier.size ?? 0) + 1;
      for (const [i, { entry }] of entries.entries())
        this.#run('insertEntry', entryKey(key, first + i), entry);
      if (entries.length > 0) {
        this.#run('insertLeaves', entryKey(key, first), concat(...entries.map(({ leaf }) => leaf)));
      }
      const revision = Number(expected ?? 0) + 1;
      const { frontier, head } = after;
      const write = found === null ? 'insertLog' : 'updateLog';
      this.#run(write, revision, frontier.size, concat(...frontier.hashes), head, key);
      return true;
    });
  }

  async readEntries(
    space: SpaceId,
    log: number,
    start: number,
    end: number,
    maxBytes: number,
  ): Promise<Bytes[]> {
    const key = logKey(space, log);
    const last = entryKey(key, end);
    const entries: Bytes[] = [];
    let left = maxBytes;
    for (let position = start; position <= end; ) {
      const from = entryKey(key, position);
      const lengths = this.#all('entryLengths', from, last, entriesPerLook);
      let count = 0;
      for (const row of lengths) {
        const length = numberIn(row, 'length');
        if (length > left && entries.length + count > 0) break;
        left -= length;
        count++;
      }
      if (count > 0) {
        for (const row of this.#all('entries', from, last, count)) entries.push(bytesIn(row, 'entry'));
      }
      if (count < entriesPerLook) break;
      position += count;
    }
    return entries;
  }

  async readLeaves(space: SpaceId, log: number, start: number, end: number): Promise<Hash[]> {
    const key = logKey(space, log);
    // The run that holds `start` may begin before it.
    const [run] = this.#all('runBefore', entryKey(key, 0), entryKey(key, start));
    if (run === undefined) return [];
    const leaves: Hash[] = [];
    for (const row of this.#all('leaves', bytesIn(run, 'key'), entryKey(key, end))) {
      const first = positionOf(bytesIn(row, 'key'));
      const hashes = bytesIn(row, 'hashes');
      const from = Math.max(start, first) - first;
      const to = Math.min(end + 1 - first, hashes.length / 32);
      for (let i = from; i < to; i++) leaves.push(asHash(hashes.subarray(32 * i, 32 * i + 32)));
    }
    return leaves;
  }

  async readHeads(space: SpaceId): Promise<StoredHead[]> {
    return this.#all('heads', logKey(space, 1), logKey(space, greatestLog)).map((row) => ({
      log: logOf(bytesIn(row, 'key')),
      size: numberIn(row, 'size'),
      head: bytesIn(row, 'head'),
    }));
  }

  async putBeacon(space: SpaceId, { device, at, beacon }: StoredBeacon): Promise<boolean> {
    return this.#run('putBeacon', logKey(space, device), at, beacon) > 0;
  }

  async readBeacons(space: SpaceId): Promise<StoredBeacon[]> {
    return this.#all('beacons', logKey(space, 1), logKey(space, greatestLog)).map((row) => ({
      device: logOf(bytesIn(row, 'key')),
      at: numberIn(row, 'at'),
      beacon: bytesIn(row, 'beacon'),
    }));
  }

  async measure(): Promise<Usage> {
    const [row] = this.#all('usage');
    if (row === undefined) throw new CairnError('unavailable', 'The database gives no answer');
    return { bytes: numberIn(row, 'bytes'), spaces: numberIn(row, 'spaces') };
  }

  /** Folds the write-ahead log into the file, so that the file alone is the whole store. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      pragma(this.#database, 'wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }

  #readLog(key: Bytes): StoredLog | null {
    const [row] = this.#all('log', key);
    if (row === undefined) return null;
    const hashes = bytesIn(row, 'frontier');
    const frontier = [];
    for (let at = 0; at < hashes.length; at += 32) frontier.push(hashes.subarray(at, at + 32));
    return {
      revision: String(numberIn(row, 'revision')),
      frontier: { size: numberIn(row, 'size'), hashes: asLeaves(frontier) },
      head: row.head === null ? null : bytesIn(row, 'head'),
    };
  }

  #transaction<T>(work: () => T): T {
    this.#checkOpen();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        // A failed COMMIT may have rolled back by itself.
        if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      throw asCairnError(error, 'The database refused a write');
    }
  }

  #all(name: Name, ...parameters: readonly Parameter[]): Row[] {
    this.#checkOpen();
    try {
      return this.#prepared[name].all(parameters) as Row[]; // the driver's rows are objects by column
    } catch (error) {
      throw asCairnError(error, 'The database refused a read');
    }
  }

  #run(name: Name, ...parameters: readonly Parameter[]): number {
    this.#checkOpen();
    try {
      return this.#prepared[name].run(parameters).changes;
    } catch (error) {
      throw asCairnError(error, 'The database refused a write');
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new CairnError('closed', 'The storage is closed');
  }
}

const greatestLog = 0xffff_ffff;

function logKey(space: SpaceId, log: number): Bytes {
  const key = new Uint8Array(36);
  key.set(space);
  new DataView(key.buffer).setUint32(32, log);
  return key;
}

function entryKey(log: Bytes, position: number): Bytes {
  const key = new Uint8Array(44);
  key.set(log);
  new DataView(key.buffer).setBigUint64(36, BigInt(position));
  return key;
}

const viewOf = (key: Bytes): DataView => new DataView(key.buffer, key.byteOffset, key.byteLength);
const logOf = (key: Bytes): number => viewOf(key).getUint32(32);
const positionOf = (key: Bytes): number => Number(viewOf(key).getBigUint64(36));

function bytesIn(row: Row, column: string): Bytes {
  const value = row[column];
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new CairnError('internal', `No bytes in column ${column}`);
}

function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new CairnError('internal', `No number in column ${column}`);
}

/** The one value that a PRAGMA answers with. */
function pragma(database: Database.Database, source: string): unknown {
  const rows = database.prepare(`PRAGMA ${source}`).all([]) as Row[]; // the driver's rows are objects by column
  return Object.values(rows[0] ?? {})[0];
}

function mapValues<K extends string, A, B>(
  from: Readonly<Record<K, A>>,
  change: (value: A) => B,
): Record<K, B> {
  const names = Object.keys(from) as K[]; // an object literal has no keys but these
  return Object.fromEntries(names.map((name) => [name, change(from[name])])) as Record<K, B>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whatever the driver throws: the store can't serve now. What we threw ourselves stays as it is. */
function asCairnError(error: unknown, what: string): CairnError {
  return error instanceof CairnError ? error : new CairnError('unavailable', `${what}: ${messageOf(error)}`);
}
