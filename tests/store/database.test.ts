import 'fake-indexeddb/auto';
import { IDBFactory, IDBOpenDBRequest } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { databaseSuite } from './database-suite.ts';
import { testSpace } from './space.ts';
import { TestRuntime } from './test-runtime.ts';

databaseSuite(() => new IDBFactory());

/** A browser whose answer to `open` is up to the test: no real one can be made to block or to keep silent here. */
function mute(): { factory: IDBFactory; request: IDBOpenDBRequest } {
  const request = new IDBOpenDBRequest();
  return { factory: { open: () => request } as unknown as IDBFactory, request };
}

test('STORE-21: an opening that another tab blocks ends as storage-blocked', async () => {
  const { space } = await testSpace();
  const { factory, request } = mute();
  const runtime = new TestRuntime(factory);
  const opening = openStore(runtime, space, { blockedMs: 4_000 });
  request.onblocked?.call(request, new Event('blocked') as IDBVersionChangeEvent);
  runtime.advance(4_000);
  await expect(opening).rejects.toMatchObject({ code: 'storage-blocked' });
});

test('an opening that the browser never answers ends as storage-broken', async () => {
  const { space } = await testSpace();
  const { factory } = mute();
  const runtime = new TestRuntime(factory);
  const opening = openStore(runtime, space, { silentMs: 30_000 });
  runtime.advance(30_000);
  await expect(opening).rejects.toMatchObject({ code: 'storage-broken' });
});

test('a backing store that does not open is tried four times, then storage-broken', async () => {
  const { space } = await testSpace();
  let tries = 0;
  const factory = {
    open: () => {
      tries += 1;
      throw new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
    },
  } as unknown as IDBFactory;
  await expect(openStore(new TestRuntime(factory), space)).rejects.toMatchObject({ code: 'storage-broken' });
  expect(tries).toBe(4);
});

test('STORE-20: a backing store that opens at the second try is a store', async () => {
  const { space } = await testSpace();
  const real = new IDBFactory();
  let tries = 0;
  const factory = {
    open: (name: string, version?: number) => {
      tries += 1;
      if (tries === 1) throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError');
      return real.open(name, version);
    },
  } as unknown as IDBFactory;
  const store = await openStore(new TestRuntime(factory), space, { tailEveryMs: null });
  expect(store.standing.position).toBe(0);
  await store.close();
});
