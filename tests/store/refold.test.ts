/** What is found and mended where pages are lost or damaged. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { digestRows } from '../../src/model/digest.ts';
import { compact, sweep } from '../../src/store/compaction.ts';
import { keepCompact } from '../../src/store/compactor.ts';
import { checkIntegrity } from '../../src/store/integrity.ts';
import { repair } from '../../src/store/refold.ts';
import { databaseName } from '../../src/store/store.ts';
import { put, type Tab, TestDevice, write } from './harness.ts';
import { indexes } from './query-check.ts';

const sizes = { leaf: { least: 256, most: 1024, fewest: 1 }, node: { least: 128, most: 512, fewest: 2 } };
const options = { indexes, sizes };
const count = 120;
const idOf = (n: number): string => `r${String(n).padStart(3, '0')}`;

/** A device whose rows lie in pages, and a tab that has read none of them. */
async function folded(): Promise<{ here: TestDevice; tab: Tab; digest: string }> {
  const here = await TestDevice.make(new IDBFactory());
  const tab = await here.openFounded();
  await write(tab, put('lists', 'l', { y: 1 }));
  for (let n = 0; n < count; n += 1) await write(tab, put('items', idOf(n), { x: n % 7, p: 'l' }));
  await compact(tab.store, options);
  const digest = await digestRows(tab.store.rows.all());
  await tab.store.close();
  return { here, tab: await here.open({ tailEveryMs: null }), digest };
}

/** Changes what lies under the name of a page, behind every store's back; undefined deletes it. */
async function overwrite(here: TestDevice, name: string, value: Uint8Array | undefined): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = here.factory.open(databaseName(here.space.space));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction('pages', 'readwrite');
  const store = transaction.objectStore('pages');
  if (value === undefined) store.delete(name);
  else store.put(value, name);
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}

/** The page in which a row lies. */
async function pageOf({ store }: Tab, id: string): Promise<{ name: string; bytes: Uint8Array }> {
  const { PageTree } = await import('../../src/store/page-tree.ts');
  const { rowLeaf } = await import('../../src/store/leaf.ts');
  const tree = new PageTree(rowLeaf('items'), store.pages.afresh());
  for await (const names of tree.pagesOf(store.standing.base.tables.get('items') ?? null)) {
    for (const name of names) {
      const [bytes = new Uint8Array()] = await store.pages.afresh().get([name]);
      // Format 1: rows.
      if (bytes[0] === 1 && new TextDecoder().decode(bytes).includes(id)) return { name, bytes };
    }
  }
  throw new Error(`No page of ${id}`);
}

test('STORE-4, STORE-7: a store that is well has no faults, and what is made anew of its journal is the same base', async () => {
  const { tab } = await folded();
  const { pages, bytes, faults } = await checkIntegrity(tab.store, options);
  expect(faults).toEqual([]);
  expect(pages).toBeGreaterThan(10);
  expect(bytes).toBeGreaterThan(count * 20);
  const { tables, indexes: keys } = tab.store.standing.base;
  expect(await repair(tab.store, options)).toBe(true);
  expect(tab.store.standing.base.tables).toEqual(tables);
  expect(tab.store.standing.base.indexes).toEqual(keys);
});

test.each(['lost', 'damaged'] as const)(
  'STORE-7, STORE-20: a page that is %s is named; other rows are read; made anew from the journal, all rows are here again',
  async (how) => {
    const { here, tab, digest } = await folded();
    const { store } = tab;
    const { name, bytes } = await pageOf(tab, idOf(60));
    const other = bytes.slice();
    other[1] = 0xff;
    await overwrite(here, name, how === 'lost' ? undefined : other);
    const get = (n: number) => store.rows.read(() => store.rows.get('items', idOf(n)));
    await expect(get(60)).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect((await get(0))?.cells.get('x')?.value).toBe(0);
    expect(store.rows.isBroken).toBe(true);
    const { faults } = await checkIntegrity(store, options);
    expect(faults).toEqual([{ kind: 'page', page: name }]);
    await write(tab, put('items', idOf(0), { x: 100 }));
    const { base } = store.standing;
    await repair(store, options);
    await sweep(store, base);
    expect((await get(60))?.cells.get('x')?.value).toBe(60 % 7);
    expect((await get(0))?.cells.get('x')?.value).toBe(100);
    expect((await checkIntegrity(store, options)).faults).toEqual([]);
    expect(await digestRows(store.rows.all())).not.toBe(digest);
  },
);

test('STORE-7: whoever folds mends a page that somebody could not read', async () => {
  const { here, tab, digest } = await folded();
  const { store, runtime } = tab;
  const { name } = await pageOf(tab, idOf(60));
  await overwrite(here, name, undefined);
  const over = new AbortController();
  const folding = keepCompact(runtime, store, over.signal, { ...options, due: { ops: 1e9, bytes: 1e9 } });
  const mended = new Promise((resolve) => {
    store.onEvent(({ kind }) => kind === 'room' && resolve(null));
  });
  await expect(store.rows.read(() => store.rows.get('items', idOf(60)))).rejects.toThrow();
  await mended;
  expect(await digestRows(store.rows.all())).toBe(digest);
  over.abort();
  await folding;
});

test('STORE-13: an index with other keys than its rows have is found', async () => {
  const { tab } = await folded();
  const [first, ...rest] = indexes;
  if (first === undefined) throw new TypeError('The schema has indexes');
  const wrong = { ...first, keyOf: () => null };
  const { faults } = await checkIntegrity(tab.store, { indexes: [wrong, ...rest], sizes });
  expect(faults).toEqual([{ kind: 'index', name: first.name }]);
});
