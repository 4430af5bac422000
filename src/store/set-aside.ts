/**
 * What becomes of a database that is damaged beyond opening when its space is joined anew: it is copied aside, and only then
 * makes room for a new one, under new keys (STORE-22). Nothing that can still be read is given up.
 *
 * 1. The copy is durable before the original goes; a full disk or a crash in between leaves the original.
 * 2. Values that the browser cannot read any more are left out; all others are copied as they are.
 */
import { isError } from '../errors.ts';
import { equal, type SpaceId } from '../format/bytes.ts';
import type { Runtime } from '../runtime.ts';
import { Database } from './database.ts';
import { type Found, readable } from './readable.ts';
import { databaseName, openStore, type Store, type StoreOptions } from './store.ts';
import type { StoreName } from './transaction.ts';

/** Opens the store of a space that is to be joined. @throws what `openStore` throws, except of damage */
export async function openToJoin(
  runtime: Runtime,
  space: SpaceId,
  options: StoreOptions = {},
): Promise<Store> {
  try {
    const store = await openStore(runtime, space, options);
    if (hasItsKeys(store)) return store;
    await store.close();
  } catch (thrown) {
    if (!isError(thrown, 'storage-corrupt') && !isError(thrown, 'storage-lost')) throw thrown;
  }
  await setAside(runtime, space, options);
  return openStore(runtime, space, options);
}

/** The keys under which its journal says that it writes; before it says so, none are needed. */
function hasItsKeys({ standing: { keys }, keyring: { device } }: Store): boolean {
  return keys === null || (device !== null && equal(device.signer.publicKey, keys.sign));
}

export const asidePrefix = 'cairn-aside-';
const storeNames: readonly StoreName[] = ['journal', 'saved', 'keys'];
const copiedAtOnce = 256;

async function setAside(runtime: Runtime, space: SpaceId, options: StoreOptions): Promise<void> {
  const name = databaseName(space);
  const from = await Database.open(runtime, name, { ...options, create: false });
  try {
    await copyAside(runtime, from, options);
  } finally {
    await from.close();
  }
  await from.erase();
}

async function copyAside(runtime: Runtime, from: Database, options: StoreOptions): Promise<void> {
  const to = await Database.open(runtime, `${asidePrefix}${runtime.now()}-${from.name}`, options);
  try {
    for (const store of storeNames) await copyStore(from, to, store);
  } catch (thrown) {
    // Half a copy beside a whole original helps nobody.
    await to.erase().catch(() => undefined);
    throw thrown;
  } finally {
    await to.close();
  }
}

async function copyStore(from: Database, to: Database, name: StoreName): Promise<void> {
  let some: Found[] = [];
  const copy = async (): Promise<void> => {
    const found = some;
    some = [];
    await to.write([name], 'strict', async (transaction) => {
      const store = transaction.objectStore(name);
      // Whatever lies there, of whatever kind: it is a copy.
      await Promise.all(found.map(([key, value]) => store.put(value as never, key as never)));
    });
  };
  for await (const found of readable(from, name)) {
    some.push(found);
    if (some.length === copiedAtOnce) await copy();
  }
  if (some.length > 0) await copy();
}
