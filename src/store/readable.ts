/** Reading a store that may be damaged: every value that the browser can still read, and no other. */
import { isError } from '../errors.ts';
import type { Database } from './database.ts';
import type { StoreName } from './transaction.ts';

type Key = string | number;
export type Found = readonly [key: Key, value: unknown];

const atOnce = 256;

/** The keys and values of one object store, in the order of the keys. */
export async function* readable(database: Database, name: StoreName): AsyncGenerator<Found> {
  const keys: readonly Key[] = await database.read([name], (transaction) =>
    transaction.objectStore(name).getAllKeys(),
  );
  for (let at = 0; at < keys.length; at += atOnce)
    yield* await readSome(database, name, keys.slice(at, at + atOnce));
}

/** All at once, or where that fails one by one. */
async function readSome(database: Database, name: StoreName, keys: readonly Key[]): Promise<Found[]> {
  try {
    const values: unknown[] = await database.read([name], (transaction) => {
      const store = transaction.objectStore(name);
      // The keys are those that this very store has given.
      return Promise.all(keys.map((key) => store.get(key as never)));
    });
    return keys.map((key, index) => [key, values[index]]);
  } catch (thrown) {
    if (!isError(thrown, 'storage-corrupt')) throw thrown;
    if (keys.length === 1) return [];
    const single = await Promise.all(keys.map((key) => readSome(database, name, [key])));
    return single.flat();
  }
}
