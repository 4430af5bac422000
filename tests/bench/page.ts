/**
 * What the bench's runner calls in the page. Each figure that has a limit measures both in the same call, in turns, so
 * that a noisy machine is noisy for both. Times are milliseconds.
 */
import { createSpace, joinSpace, type Space } from '../../src/client/index.ts';
import { BareRows } from './bare.ts';
import { largeCalls } from './large.ts';
import { listIds, makeRows } from './rows.ts';
import { schema } from './schema.ts';
import { median, nowhere, timed, worker } from './timing.ts';

export interface Measured {
  readonly ours: number;
  readonly limit: number;
  readonly note?: string;
}

const names = { memberName: 'Bench', deviceName: 'Bench' };

async function withLists(relay: string): Promise<Space<typeof schema>> {
  const space = await createSpace({ schema, worker, relay, ...names });
  await space.transaction((tx) => {
    for (const id of listIds) tx.tables.lists.put({ id, title: id });
  });
  return space;
}

/** Writes of each kind before those that count: a worker's code is slow until the engine has compiled it. */
const warmUp = 100;

/** `writes` single puts through the whole library, each until it is committed, in turns with as many bare ones. */
async function localWrite(writes: number): Promise<Measured> {
  const space = await withLists(nowhere);
  const bare = await BareRows.open();
  const rows = makeRows(2 * (warmUp + writes), 1);
  const ours: number[] = [];
  const limit: number[] = [];
  for (let i = 0; i < warmUp + writes; i++) {
    const [mine, other] = rows.slice(2 * i, 2 * i + 2);
    if (!mine || !other) throw new Error('too few rows');
    ours.push(await timed(() => space.tables.items.put(mine)));
    limit.push(await timed(() => bare.put(other)));
  }
  await bare.erase();
  await space.close();
  return { ours: median(ours.slice(warmUp)), limit: median(limit.slice(warmUp)) };
}

/** The space that this page has open for `first-sync`: the author's, or the empty device's. */
let open: Space<typeof schema> | null = null;

/** The author: a new space with its lists, and a link for one device. */
async function startSource(relay: string): Promise<string> {
  await open?.close();
  open = await withLists(relay);
  await open.syncNow();
  return (await open.invite()).link;
}

/** The empty device: joins while there is nothing but lists. */
async function joinEmpty(link: string): Promise<void> {
  open = await joinSpace({ schema, worker, link, ...names });
  await allIn(open, 'lists', listIds.length);
}

/** The author writes `count` rows, 500 a changeset, until the relay has all of them. */
async function fillSource(count: number): Promise<void> {
  const space = open ?? missing();
  const rows = makeRows(count);
  for (let i = 0; i < rows.length; i += 500) {
    await space.transaction((tx) => {
      for (const row of rows.slice(i, i + 500)) tx.tables.items.put(row);
    });
  }
  while (space.status.value.unsent > 0) await space.syncNow();
}

/** On the device, offline till now: from the moment the network is there until every row can be read and is in the journal. */
async function firstSync(count: number): Promise<Measured> {
  const space = open ?? missing();
  const bare = await BareRows.open();
  const rows = makeRows(count);
  const limit = await timed(() => bare.putAll(rows));
  await bare.erase();
  await new Promise((online) => {
    addEventListener('online', online, { once: true });
    document.title = 'ready';
  });
  const ours = await timed(() => allIn(space, 'items', count));
  const here = await space.tables.items.count();
  if (here !== count) throw new Error(`${here} rows instead of ${count}`);
  return { ours, limit };
}

function missing(): never {
  throw new Error('No space is open in this page');
}

/** Settles when so many rows of a table can be read: asked whenever the status has moved. The count in the status itself is some time behind. */
function allIn(space: Space<typeof schema>, table: 'items' | 'lists', count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = space.status.subscribe(() => {
      space.tables[table].count().then((here) => {
        if (here < count) return;
        stop();
        resolve();
      }, reject);
    });
  });
}

let applying: Worker | null = null;

/** Entries applied in a worker of their own, the same one each time, which does nothing else meanwhile. */
function applyEntries(count: number): Promise<Measured> {
  applying ??= new Worker(new URL('./apply.ts', import.meta.url), { type: 'module' });
  const worker = applying;
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      'measured' in data ? resolve(data.measured) : reject(new Error(data.error));
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(count);
  });
}

const calls = { applyEntries, localWrite, startSource, joinEmpty, fillSource, firstSync, ...largeCalls };

declare global {
  var bench: typeof calls;
}
globalThis.bench = calls;
