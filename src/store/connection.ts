import { type IDBPDatabase, wrap } from 'idb';
import { CairnError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { StorageLike } from './storage-health.ts';
import { type Connection, reading, type Schema, type StoreName } from './transaction.ts';

/**
 * Opening and erasing a database, each with an end: an upgrade or erase that another tab blocks, and a browser
 * that never answers, are typed errors after a time limit and never a wait for ever (STORE-21).
 */
export interface DatabaseOptions {
  /** False: the database must be there already, else `storage-lost`. */
  readonly create?: boolean;
  /** How long another tab may block, and how long the browser may keep silent, in milliseconds. */
  readonly blockedMs?: number;
  readonly silentMs?: number;
  /** Tells a full disk from a broken backing store. */
  readonly storage?: StorageLike | null;
}

const databaseVersion = 1;
const birthKey = 'birth';
const storeNames: readonly StoreName[] = ['journal', 'saved', 'pages', 'keys'];

export async function openConnection(
  runtime: Runtime,
  name: string,
  options: DatabaseOptions,
  create: boolean,
): Promise<Connection> {
  const request = startOpening(runtime, name);
  let lost = false;
  request.onupgradeneeded = (event) => {
    if (event.oldVersion === 0 && !create) {
      lost = true;
      request.transaction?.abort();
      return;
    }
    for (const store of storeNames) {
      if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
    }
    if (event.oldVersion === 0) {
      request.transaction?.objectStore('saved').put(runtime.randomBytes(16), birthKey);
    }
  };
  // `wrap` knows nothing of our stores; the upgrade above is what makes them so.
  const opening = wrap(request) as Promise<IDBPDatabase<Schema>>;
  const limit = new Limit(runtime, name, options);
  request.onblocked = () => limit.blocked();
  try {
    const connection = await Promise.race([opening, limit.passed]);
    if (storeNames.every((store) => connection.objectStoreNames.contains(store))) return connection;
    connection.close();
    throw new CairnError('storage-broken', `Database ${name} lacks its stores`);
  } catch (thrown) {
    // Too late, nobody waits for it any more: it must not block others.
    opening.then((connection) => connection.close()).catch(() => undefined);
    throw lost ? missing(name) : openingError(thrown, name);
  } finally {
    limit.end();
  }
}

/** What was drawn when the database was made: it tells it from any other that was ever made under its name. */
export async function birthOf(connection: Connection): Promise<string> {
  const birth: unknown = await reading(connection, ['saved'], (transaction) =>
    transaction.objectStore('saved').get(birthKey),
  );
  if (birth instanceof Uint8Array) return birth.join(' ');
  throw new CairnError('storage-broken', `Database ${connection.name} was never finished`);
}

export async function eraseDatabase(runtime: Runtime, name: string, options: DatabaseOptions): Promise<void> {
  const request = runtime.indexedDB.deleteDatabase(name);
  const limit = new Limit(runtime, name, options);
  request.onblocked = () => limit.blocked();
  try {
    await Promise.race([wrap(request), limit.passed]);
  } finally {
    limit.end();
  }
}

/** The time limit of one open or delete request. */
class Limit {
  /** Rejects when the limit has passed. */
  readonly passed: Promise<never>;
  readonly #runtime: Runtime;
  readonly #options: DatabaseOptions;
  readonly #name: string;
  #reject: (error: CairnError) => void = () => undefined;
  #cancel: () => void;

  constructor(runtime: Runtime, name: string, options: DatabaseOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#name = name;
    this.passed = new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
    // It may pass when nobody looks any more.
    this.passed.catch(() => undefined);
    this.#cancel = runtime.setTimer(options.silentMs ?? 30_000, () => {
      this.#reject(new CairnError('storage-broken', `The browser does not answer for database ${name}`));
    });
  }

  /** Another tab holds the database; it has been asked to close. */
  blocked(): void {
    this.#cancel();
    this.#cancel = this.#runtime.setTimer(this.#options.blockedMs ?? 5_000, () => {
      this.#reject(new CairnError('storage-blocked', `Another tab keeps database ${this.#name} open`));
    });
  }

  end(): void {
    this.#cancel();
    this.#cancel = () => undefined;
  }
}

function startOpening(runtime: Runtime, name: string): IDBOpenDBRequest {
  const factory: IDBFactory | undefined = runtime.indexedDB;
  if (!factory) throw new CairnError('storage-unavailable', 'This browser offers no IndexedDB here');
  try {
    return factory.open(name, databaseVersion);
  } catch (thrown) {
    throw openingError(thrown, name);
  }
}

/** Errors of opening that are answers; any other is kept as it is, for `faultOf` to judge. */
function openingError(thrown: unknown, name: string): unknown {
  const kind = thrown instanceof Error ? thrown.name : '';
  switch (kind) {
    case 'VersionError':
      return new CairnError('newer-database', `A newer build has upgraded database ${name}`);
    // Private windows and blocked storage: refused by name, or in an invalid state from the start.
    case 'SecurityError':
    case 'InvalidStateError':
    case 'NotSupportedError':
      return new CairnError('storage-unavailable', `This browser refuses storage here (${kind})`);
    default:
      return thrown;
  }
}

function missing(name: string): CairnError {
  return new CairnError('storage-lost', `Database ${name} is not there`);
}
