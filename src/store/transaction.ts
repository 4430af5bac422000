import { type DBSchema, type IDBPDatabase, type IDBPTransaction, unwrap } from 'idb';
import type { Bytes } from '../format/bytes.ts';

/** The stores of a space's database. */
export interface Schema extends DBSchema {
  /** The journal: records by position, 1, 2, 3, … */
  journal: { key: number; value: Bytes };
  /** Folds saved for a quick opening: always to be had again from the journal. */
  saved: { key: string; value: Bytes };
  /** Pages by their names: written once, and read as long as anything names them. */
  pages: { key: string; value: Bytes };
  /** The keyring: key pairs that script can't read out, and raw keys. */
  keys: { key: string; value: unknown };
}

export type StoreName = 'journal' | 'saved' | 'pages' | 'keys';
export type Durability = 'strict' | 'relaxed';
export type Connection = IDBPDatabase<Schema>;
export type Reading = IDBPTransaction<Schema, StoreName[], 'readonly'>;
export type Writing = IDBPTransaction<Schema, StoreName[], 'readwrite'>;

/**
 * One transaction as one promise, settled when it has completed or aborted (STORE-15). `work` may await requests of its transaction
 * and nothing else (STORE-16): anything slow comes before.
 */
export async function reading<T>(
  connection: Connection,
  stores: readonly StoreName[],
  work: (transaction: Reading) => Promise<T>,
): Promise<T> {
  return settled(connection.transaction([...stores], 'readonly'), work);
}

/**
 * The values under some keys as soon as they are here, for what never changes: how the transaction ends makes no difference to them.
 * `ended` settles when that is over. One page is read for one row, so it goes without the wrapping.
 */
export function gettingEarly(
  connection: Connection,
  storeName: StoreName,
  keys: readonly string[],
): { readonly values: Promise<readonly unknown[]>; readonly ended: Promise<void> } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const values = new Promise<readonly unknown[]>((resolve, reject) => {
    const transaction = unwrap(connection).transaction(storeName, 'readonly');
    transaction.oncomplete = end;
    transaction.onabort = () => {
      end();
      reject(transaction.error ?? new DOMException('Aborted', 'AbortError'));
    };
    const store = transaction.objectStore(storeName);
    const requests = keys.map((key) => store.get(key));
    // Requests are answered in their order.
    const last = requests.at(-1);
    if (last !== undefined) last.onsuccess = () => resolve(requests.map(({ result }) => result));
  });
  // Where no transaction could be begun.
  values.catch(() => end());
  return { values, ended };
}

export async function writing<T>(
  connection: Connection,
  stores: readonly StoreName[],
  durability: Durability,
  work: (transaction: Writing) => Promise<T>,
): Promise<T> {
  return settled(connection.transaction([...stores], 'readwrite', { durability }), work);
}

async function settled<X extends Reading | Writing, T>(
  transaction: X,
  work: (transaction: X) => Promise<T>,
): Promise<T> {
  const value = (async () => work(transaction))();
  // What `work` throws for reasons of its own must not leave half of it to be committed.
  value.catch(() => abandon(unwrap(transaction)));
  const [result] = await Promise.all([value, transaction.done]);
  return result;
}

/**
 * Adds one value in a transaction of its own: the path of every local write, so it goes without the wrapping and with no
 * request but the one, and `early` commits it at once. Not in WebKit: there, when a worker dies between `commit` and the beginning
 * of its transaction, that transaction never ends, and no other page or worker gets into the store.
 */
export function adding(
  connection: Connection,
  store: StoreName,
  key: number,
  value: unknown,
  durability: Durability,
  early: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = unwrap(connection).transaction(store, 'readwrite', { durability });
    transaction.oncomplete = () => resolve();
    let refusal: DOMException | null = null;
    transaction.onabort = () => {
      const { error } = transaction;
      // Once `commit` was called, Firefox and WebKit name no cause here, and the request alone says that the key was taken. Without
      // an error anywhere it was aborted from outside: the connection went.
      const cause = error === null || error.name === 'AbortError' ? (refusal ?? error) : error;
      reject(cause ?? new DOMException('Aborted', 'AbortError'));
    };
    const request = transaction.objectStore(store).add(value, key);
    request.onerror = () => {
      refusal = request.error;
    };
    if (early) transaction.commit();
  });
}

function abandon(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already, which is all that is wanted.
  }
}

/**
 * What an error of IndexedDB means. `dropped`: the connection or the backing store under it failed, and
 * opening again is worth a try. `full`: the quota, if the storage estimate agrees. `other`: an answer, or our own fault.
 */
export function faultOf(thrown: unknown): 'dropped' | 'full' | 'other' {
  switch (thrown instanceof Error ? thrown.name : '') {
    case 'QuotaExceededError':
      return 'full';
    // "Connection to Indexed Database server lost", "Internal error opening backing store", a closing connection,
    // a transaction aborted under us.
    case 'UnknownError':
    case 'InvalidStateError':
    case 'AbortError':
    case 'TimeoutError':
    case 'TransactionInactiveError':
      return 'dropped';
    default:
      return 'other';
  }
}
