/**
 * Large spaces, and bare rows beside them, in a worker: filled as an import fills them (500 rows a write, through the code that answers a
 * page's writes) while the leading tab's compaction runs, then folded. A worker is made for each thing that is measured cold.
 */
import { expose } from 'comlink';
import { spaceFromText, toBase64Url } from '../../src/format/bytes.ts';
import { compact, sweep } from '../../src/store/compaction.ts';
import { dueWeight, isBeyond } from '../../src/store/fold-limits.ts';
import { databaseName, openStore, type Store } from '../../src/store/store.ts';
import { browserRuntime } from '../../src/worker/browser-runtime.ts';
import { definitionsOf, keepCompacting } from '../../src/worker/compacting.ts';
import type { WriteOp } from '../../src/worker/protocol.ts';
import { RowService } from '../../src/worker/row-service.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { BareRows } from './bare.ts';
import { type BenchRow, eachRow, type IdOrder, listIds, RowBatches } from './rows.ts';
import { randomIndexSchema, schema } from './schema.ts';

const runtime = browserRuntime();
const writeRows = 500;
const seed = 42;

/** A store with what answers its page. */
class OpenRows {
  readonly store: Store;
  readonly rows: RowService;

  constructor(store: Store, order: IdOrder = 'sorted') {
    this.store = store;
    this.rows = new RowService(runtime, schemaOf(order), store, () => undefined);
    store.onChange(({ rows }) => {
      if (rows.length > 0) this.rows.changed(rows);
    });
  }

  async write(ops: readonly WriteOp[]): Promise<void> {
    await this.rows.writing((writing) => writing.write(ops));
  }

  async close(): Promise<void> {
    this.rows.close();
    await this.store.close();
  }
}

const schemaOf = (order: IdOrder) => (order === 'sorted' ? schema : randomIndexSchema);

function putOf({ id, ...values }: BenchRow): WriteOp {
  return { kind: 'put', table: 'items', id, values };
}

/** With the code at hand that reads: what is cold is the store. */
async function opened(space: string): Promise<OpenRows> {
  await Promise.all([import('../../src/worker/row-calls.ts'), import('../../src/worker/candidates.ts')]);
  return new OpenRows(await openStore(runtime, spaceFromText(space), { create: false, tailEveryMs: null }));
}

/** All rows in pages, and nothing above them. */
async function foldAll({ store }: OpenRows, order: IdOrder): Promise<void> {
  const { base } = store.standing;
  await compact(store, { indexes: definitionsOf(schemaOf(order)) });
  await sweep(store, base);
}

/** What compaction does by itself is done, and no fold under way. */
function settledBelowDue(store: Store): Promise<void> {
  const isBelow = (): boolean => !isBeyond(store.weight, dueWeight(store.standing.base, true));
  return new Promise((resolve) => {
    if (isBelow()) resolve();
    const stop = store.onChange(() => {
      if (!isBelow()) return;
      stop();
      resolve();
    });
  });
}

/** A space with so many rows, and the milliseconds from the first write until all is durable and folded. */
async function fill(count: number, order: IdOrder): Promise<{ space: string; ms: number }> {
  const store = await makeSpace(runtime, { memberName: 'Bench', deviceName: 'Bench' }, { tailEveryMs: null });
  const open = new OpenRows(store, order);
  await open.write(listIds.map((id) => ({ kind: 'put', table: 'lists', id, values: { title: id } })));
  const batches = new RowBatches(eachRow(count, seed, order), writeRows);
  const began = performance.now();
  const over = new AbortController();
  const compacting = keepCompacting(runtime, store, schemaOf(order), over.signal);
  for (const batch of batches) await open.write(batch.map(putOf));
  await settledBelowDue(store);
  over.abort();
  await compacting;
  await foldAll(open, order);
  const ms = performance.now() - began - batches.spent;
  await open.close();
  return { space: toBase64Url(store.space), ms };
}

/** Bare rows of the same kind, and the milliseconds of putting them in one transaction. */
async function fillBare(count: number, order: IdOrder): Promise<{ name: string; ms: number }> {
  const bare = await BareRows.open();
  const batches = new RowBatches(eachRow(count, seed, order), writeRows);
  const began = performance.now();
  await bare.putBatches(batches);
  const ms = performance.now() - began - batches.spent;
  bare.close();
  return { name: bare.name, ms };
}

async function eraseBare(name: string): Promise<void> {
  await (await BareRows.open(name)).erase();
}

/** Writes that stay in the journal above the pages, 500 rows each: new rows, or patches of rows at random. */
async function writeAbove(space: string, count: number, ops: number, what: 'new' | 'patches'): Promise<void> {
  const open = await opened(space);
  const rows = eachRow(count + ops, seed);
  const old = Array.from({ length: count }, () => rows.next().value?.id ?? '');
  const write = (at: number): WriteOp => {
    if (what === 'new') {
      const row = rows.next().value;
      if (row === undefined) throw new Error('Too few rows');
      return putOf(row);
    }
    const id = old[(at * 7919) % count] ?? '';
    return { kind: 'patch', table: 'items', id, values: { done: at % 2 === 0 } };
  };
  for (let done = 0; done < ops; done += writeRows) {
    const batch = Array.from({ length: Math.min(writeRows, ops - done) }, (_, i) => write(done + i));
    await open.write(batch);
  }
  await open.close();
}

/** An empty space, but for its lists. */
async function empty(): Promise<string> {
  return (await fill(0, 'sorted')).space;
}

/** Milliseconds of one get after the other. */
async function gets(space: string, ids: readonly string[]): Promise<number> {
  const open = await opened(space);
  const began = performance.now();
  for (const id of ids) {
    if ((await open.rows.read({ kind: 'get', table: 'items', id })) === null) throw new Error(`No row ${id}`);
  }
  const ms = performance.now() - began;
  await open.close();
  return ms;
}

async function bareGets(name: string, ids: readonly string[]): Promise<number> {
  const bare = await BareRows.open(name);
  const began = performance.now();
  for (const id of ids) if ((await bare.get(id)) === undefined) throw new Error(`No row ${id}`);
  const ms = performance.now() - began;
  bare.close();
  return ms;
}

/** Milliseconds of the first 50 rows of a list. */
async function query(space: string, list: string): Promise<number> {
  const open = await opened(space);
  const began = performance.now();
  const rows = await open.rows.read({
    kind: 'query',
    table: 'items',
    query: { where: { list }, orderBy: 'due', limit: 50 },
  });
  const ms = performance.now() - began;
  if (!Array.isArray(rows) || rows.length !== 50) throw new Error('Not 50 rows');
  await open.close();
  return ms;
}

/** Milliseconds of looking at every row, and of getting them all. */
async function scan(space: string, count: number): Promise<{ looked: number; all: number }> {
  const open = await opened(space);
  let began = performance.now();
  const matching = await open.rows.read({
    kind: 'count',
    table: 'items',
    query: { where: { priority: 3 } },
  });
  const looked = performance.now() - began;
  if (typeof matching !== 'number' || matching < count / 6 || matching > count / 4)
    throw new Error(`${matching} rows`);
  began = performance.now();
  const rows = await open.rows.read({ kind: 'query', table: 'items', query: {} });
  const all = performance.now() - began;
  if (!Array.isArray(rows) || rows.length !== count) throw new Error('Not all rows');
  await open.close();
  return { looked, all };
}

async function bareScan(name: string, count: number): Promise<number> {
  const bare = await BareRows.open(name);
  const began = performance.now();
  const rows = await bare.getAll();
  const ms = performance.now() - began;
  if (rows.length !== count) throw new Error('Not all rows');
  bare.close();
  return ms;
}

/** Bytes of what lies in an object store of a space, keys included. */
function storedBytes(database: IDBDatabase, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let sum = 0;
    const request = database.transaction(name).objectStore(name).openCursor();
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null) return resolve(sum);
      const { key, value } = cursor;
      sum +=
        (typeof key === 'string' ? 2 * key.length : 8) + (value instanceof Uint8Array ? value.length : 0);
      cursor.continue();
    };
  });
}

async function sizes(space: string): Promise<{ pages: number; journal: number; usage: number }> {
  const opening = indexedDB.open(databaseName(spaceFromText(space)));
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const [pages, journal] = [await storedBytes(database, 'pages'), await storedBytes(database, 'journal')];
  database.close();
  return { pages, journal, usage: (await navigator.storage.estimate()).usage ?? 0 };
}

const calls = { fill, fillBare, eraseBare, writeAbove, empty, gets, bareGets, query, scan, bareScan, sizes };
export type LargeSpace = typeof calls;
expose(calls);
