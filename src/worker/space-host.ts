/**
 * The host of a stored space: what a worker exposes. Everything it uses of the browser comes in by the `Runtime`, so a test
 * can run it without a worker.
 */
import { CairnError } from '../errors.ts';
import { spaceFromText, toHex } from '../format/bytes.ts';
import { checkSchema } from '../model/schema.ts';
import type { Runtime } from '../runtime.ts';
import type { StorageLike } from '../store/storage-health.ts';
import { openStore, type Store } from '../store/store.ts';
import { Host } from './host.ts';
import { knownSync } from './known-sync.ts';
import { loadBeyondRows } from './loading.ts';
import type { SpaceHost, StartRequest, UpdateListener } from './protocol.ts';
import { StoredSpace } from './stored-space.ts';

export function storedHost(runtime: Runtime, storage: StorageLike | null): SpaceHost {
  return new Host({
    hello: () => holdLock(runtime),
    open: async (request, page, onUpdate) => {
      checkSchema(request.schema);
      const store = await storeFor(runtime, request, storage, onUpdate);
      const known = await knownSync(store);
      return new StoredSpace({ runtime, store, request, page, storage, known, onUpdate });
    },
  });
}

/** Takes a lock of a new name and keeps it as long as the worker lives; gives its name once it is held. */
function holdLock(runtime: Runtime): Promise<string> {
  const name = `cairn-worker-${toHex(runtime.randomBytes(16))}`;
  return new Promise((resolve, reject) => {
    runtime.locks
      .request(name, null, () => {
        resolve(name);
        return new Promise<never>(() => {});
      })
      .catch(reject);
  });
}

async function storeFor(
  runtime: Runtime,
  request: StartRequest,
  storage: StorageLike | null,
  onUpdate: UpdateListener,
): Promise<Store> {
  switch (request.how) {
    case 'create': {
      const { makeSpace } = await loadBeyondRows();
      return makeSpace(runtime, request, { storage });
    }
    case 'open': {
      const store = await openStore(runtime, spaceFromText(request.space), { storage, create: false });
      const { keys, joining, membership } = store.standing;
      // One that was cut off before it was made, or before its join was begun, is nothing yet that could go on.
      const isBegun = keys !== null && (joining !== null || membership.size > 0);
      if (store.keyring.device !== null && isBegun) return store;
      await store.close();
      throw new CairnError('storage-lost', 'the keys or the journal of this space are gone');
    }
    case 'join': {
      const { joinSpace } = await loadBeyondRows();
      return joinSpace(runtime, request, { storage }, (kept) => onUpdate({ live: [], kept }));
    }
  }
}
