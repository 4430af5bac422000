import { CairnError, isError } from '../errors.ts';
import { delay, type Runtime } from '../runtime.ts';
import { birthOf, type DatabaseOptions, eraseDatabase, openConnection } from './connection.ts';
import {
  adding,
  type Connection,
  type Durability,
  faultOf,
  gettingEarly,
  type Reading,
  reading,
  type StoreName,
  type Writing,
  writing,
} from './transaction.ts';

/**
 * The IndexedDB database of one space, kept open through what browsers do to connections (DESIGN §7).
 *
 * 1. Every promise settles: on complete, on abort (a full disk aborts at commit) and when the connection is lost.
 * 2. A dropped connection, and a quota error while there seems to be room, is answered by opening again, three tries an operation; the
 *    operation then runs again as a whole. So an operation must come out alike when an earlier try of it did
 *    commit: a put or a read does, and `add` tells its caller `taken`, who compares.
 * 3. Opening again never creates: a database that has gone, or another one that was born under its name, is `storage-lost`.
 * 4. A newer build's upgrade, and an erase from another tab, find the running transaction finished and the connection closed;
 *    everything after ends as `newer-database` or `closed`.
 * 5. The end is told when no transaction is under way any more: in WebKit the connection of a worker that is ended while one is
 *    finishing never closes, and nobody can delete or upgrade the database.
 */
export class Database {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #options: DatabaseOptions;
  readonly #listeners = new Set<(event: DatabaseEvent) => void>();
  /** Made with the database: what tells it from one that took its place. */
  readonly #birth: string;
  #connection: Connection | null;
  #reopening: Promise<Connection> | null = null;
  /** Transactions under way, and what waits until there are none. */
  #running = 0;
  #waiting: (() => void)[] = [];
  /** Why nothing more can be done here; `null` while open. */
  #end: 'upgrade' | 'erased' | 'closed' | null = null;
  #full = false;

  private constructor(
    runtime: Runtime,
    name: string,
    options: DatabaseOptions,
    birth: string,
    connection: Connection,
  ) {
    this.#runtime = runtime;
    this.name = name;
    this.#options = options;
    this.#birth = birth;
    this.#connection = connection;
    this.#watch(connection);
  }

  /**
   * Opens, and creates unless told not to. Throws `storage-unavailable`, `storage-blocked`, `storage-full`, `storage-broken`,
   * `newer-database`, or `storage-lost` where nothing is there and nothing may be created.
   */
  static async open(runtime: Runtime, name: string, options: DatabaseOptions = {}): Promise<Database> {
    const { connection, birth } = await opened(runtime, name, options, options.create ?? true);
    return new Database(runtime, name, options, birth, connection);
  }

  /** Closed, erased or upgraded: also before that is told. */
  get isOver(): boolean {
    return this.#end !== null;
  }

  onEvent(listener: (event: DatabaseEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `work` in one transaction; it may await that transaction's requests and nothing else, and may run more than once. */
  read<T>(stores: readonly StoreName[], work: (transaction: Reading) => Promise<T>): Promise<T> {
    return this.#run('read', (connection) => reading(connection, stores, work));
  }

  /** The values under one key or more, settled as soon as they are here: for what never changes. */
  valuesAt(store: StoreName, keys: readonly string[]): Promise<readonly unknown[]> {
    return this.#run('read', (connection) => {
      const { values, ended } = gettingEarly(connection, store, keys);
      this.#running += 1;
      void ended.then(() => this.#ran());
      return values;
    });
  }

  /** As `read`, for writing; settled when the transaction has completed. */
  write<T>(
    stores: readonly StoreName[],
    durability: Durability,
    work: (transaction: Writing) => Promise<T>,
  ): Promise<T> {
    return this.#run('write', (connection) => writing(connection, stores, durability, work));
  }

  /**
   * Adds one value under a key that must be free: one transaction, one request. `taken` after a dropped
   * connection may mean that the earlier try did commit.
   */
  async add(
    store: StoreName,
    key: number,
    value: unknown,
    durability: Durability,
  ): Promise<'added' | 'taken'> {
    try {
      const early = !this.#runtime.isCommitUnsafe;
      await this.#run('write', (connection) => adding(connection, store, key, value, durability, early));
      return 'added';
    } catch (thrown) {
      if (isError(thrown, 'storage-broken') && thrown.values.cause === 'ConstraintError') return 'taken';
      throw thrown;
    }
  }

  /** Closes; settled when running transactions have completed. */
  close(): Promise<void> {
    this.#end ??= 'closed';
    this.#connection?.close();
    this.#connection = null;
    return new Promise((resolve) => this.#whenIdle(resolve));
  }

  /** Closes and deletes the database. Throws `storage-blocked` if another tab keeps it open. */
  async erase(): Promise<void> {
    await this.close();
    try {
      await eraseDatabase(this.#runtime, this.name, this.#options);
    } catch (thrown) {
      throw typed(thrown);
    }
  }

  async #run<T>(kind: 'read' | 'write', operation: (connection: Connection) => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      for (let attempt = 0; ; attempt += 1) {
        const connection = this.#connection ?? (await this.#reopen());
        try {
          const value = await operation(connection);
          if (kind === 'write') this.#setFull(false);
          return value;
        } catch (thrown) {
          const fault = await this.#judge(thrown);
          if (fault === 'full') this.#setFull(true);
          if (fault !== 'dropped') throw typed(thrown);
          this.#drop(connection);
          if (attempt === tries) throw this.#givenUp(thrown);
          await pauseBefore(this.#runtime, attempt);
        }
      }
    } finally {
      this.#ran();
    }
  }

  #ran(): void {
    this.#running -= 1;
    if (this.#running === 0) for (const goOn of this.#waiting.splice(0)) goOn();
  }

  #whenIdle(goOn: () => void): void {
    if (this.#running === 0) goOn();
    else this.#waiting.push(goOn);
  }

  /** A quota error that opening again did not cure is believed, whatever the estimate says of room. */
  #givenUp(thrown: unknown): unknown {
    if (faultOf(thrown) !== 'full') return broken(thrown);
    this.#setFull(true);
    return typed(thrown);
  }

  async #judge(thrown: unknown): Promise<'dropped' | 'full' | 'other'> {
    const fault = faultOf(thrown);
    if (fault !== 'full') return fault;
    return (await hasRoom(this.#options)) ? 'dropped' : 'full';
  }

  async #reopen(): Promise<Connection> {
    this.#refuseIfEnded();
    this.#reopening ??= this.#openAgain().finally(() => {
      this.#reopening = null;
    });
    return this.#reopening;
  }

  async #openAgain(): Promise<Connection> {
    const { connection, birth } = await opened(this.#runtime, this.name, this.#options, false);
    if (this.#end !== null || birth !== this.#birth) {
      connection.close();
      this.#refuseIfEnded();
      throw new CairnError('storage-lost', `Another database took the place of ${this.name}`);
    }
    this.#connection = connection;
    this.#watch(connection);
    this.#emit({ kind: 'reopened' });
    return connection;
  }

  #watch(connection: Connection): void {
    connection.onversionchange = (event) => {
      if (this.#end !== null) return;
      const kind = event.newVersion === null ? 'erased' : 'upgrade';
      this.#end = kind;
      connection.close();
      this.#connection = null;
      this.#whenIdle(() => this.#emit({ kind }));
    };
    connection.onclose = () => this.#drop(connection);
  }

  /** Forgets a connection that failed, so that the next operation opens another. */
  #drop(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    connection.onclose = null;
    connection.onversionchange = null;
    connection.close();
  }

  #refuseIfEnded(): void {
    if (this.#end === null) return;
    if (this.#end === 'upgrade') {
      throw new CairnError('newer-database', 'A newer build has upgraded this database; reload to go on');
    }
    throw new CairnError('closed', 'The store is closed', { reason: this.#end });
  }

  #setFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    this.#emit({ kind: full ? 'full' : 'room' });
  }

  #emit(event: DatabaseEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** What happens to a database, apart from its contents. */
export type DatabaseEvent =
  /** A newer build upgrades: the connection is closed, this tab must reload. */
  | { readonly kind: 'upgrade' }
  /** Erased from another tab. */
  | { readonly kind: 'erased' }
  /** A write met the quota; or a later one went through. */
  | { readonly kind: 'full' }
  | { readonly kind: 'room' }
  /** The connection had dropped and is open again. */
  | { readonly kind: 'reopened' };

const tries = 3;
/** Pauses before the second and the third new try, in milliseconds; the first follows at once. */
const pauses = [0, 50, 250] as const;

async function pauseBefore(runtime: Runtime, attempt: number): Promise<void> {
  const pause = pauses[attempt] ?? 0;
  if (pause > 0) await delay(runtime, pause);
}

/** A connection and the birth of its database; with as many tries as an operation has where the browser fails. */
async function opened(
  runtime: Runtime,
  name: string,
  options: DatabaseOptions,
  create: boolean,
): Promise<{ readonly connection: Connection; readonly birth: string }> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const connection = await openConnection(runtime, name, options, create);
      return { connection, birth: await birthOf(connection) };
    } catch (thrown) {
      const fault = faultOf(thrown);
      if (fault === 'other' || (fault === 'full' && !(await hasRoom(options)))) throw typed(thrown);
      if (attempt === tries) throw fault === 'full' ? typed(thrown) : broken(thrown);
      await pauseBefore(runtime, attempt);
    }
  }
}

/**
 * Below this much free space a quota error is believed at once; above, it may come from a broken backing store, and opening
 * again is worth a try. Chromium always says that there are 10 GiB, so that sites can't tell disks apart.
 */
const roomBytes = 16 * 1024 * 1024;

async function hasRoom(options: DatabaseOptions): Promise<boolean> {
  try {
    const { usage, quota } = (await options.storage?.estimate()) ?? {};
    return usage !== undefined && quota !== undefined && quota - usage > roomBytes;
  } catch {
    // An estimate that fails tells nothing; the quota error itself is what we know.
    return false;
  }
}

/** An error of IndexedDB as one of ours. */
function typed(thrown: unknown): unknown {
  if (!(thrown instanceof DOMException)) return thrown;
  switch (thrown.name) {
    case 'QuotaExceededError':
      return new CairnError('storage-full', 'The browser has no room left for this write');
    // A value whose bytes the browser can't find or read any more.
    case 'NotReadableError':
    case 'DataError':
      return new CairnError('storage-corrupt', `The browser cannot read what was stored: ${thrown.message}`);
    default:
      return new CairnError('storage-broken', `${thrown.name}: ${thrown.message}`, { cause: thrown.name });
  }
}

function broken(thrown: unknown): CairnError {
  const cause = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new CairnError('storage-broken', `The database failed ${tries + 1} times: ${cause}`, { cause });
}
