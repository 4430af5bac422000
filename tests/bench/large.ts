/** What the runner calls in the page for the figures of large spaces. Times are milliseconds. */
import { type Remote, wrap } from 'comlink';
import { openSpace, type Space } from '../../src/client/index.ts';
import { BareRows } from './bare.ts';
import type { LargeSpace } from './large-space.ts';
import type { Measured } from './page.ts';
import { eachRow, type IdOrder, listIds, makeRows, seeded } from './rows.ts';
import { schema } from './schema.ts';
import { median, nowhere, timed, worker } from './timing.ts';

/** What `work` gives of a worker of its own, in which nothing is cached. */
async function inNewWorker<T>(work: (worker: Remote<LargeSpace>) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./large-space.ts', import.meta.url), { type: 'module' });
  try {
    return await work(wrap<LargeSpace>(worker));
  } finally {
    worker.terminate();
  }
}

/** Of this page: a space with so many rows, and bare ones. */
let large: { readonly count: number; readonly space: string; readonly bare: string } | null = null;

function here(): { readonly count: number; readonly space: string; readonly bare: string } {
  if (large === null) throw new Error('This page has no large space');
  return large;
}

async function makeLarge(count: number): Promise<void> {
  const { space } = await inNewWorker((worker) => worker.fill(count, 'sorted'));
  const { name } = await inNewWorker((worker) => worker.fillBare(count, 'sorted'));
  large = { count, space, bare: name };
}

/** The two are called one after the other, so that the memory of each can be looked at. */
async function importRows(count: number, order: IdOrder): Promise<number> {
  return (await inNewWorker((worker) => worker.fill(count, order))).ms;
}

async function importBare(count: number, order: IdOrder): Promise<number> {
  return inNewWorker(async (worker) => {
    const { name, ms } = await worker.fillBare(count, order);
    await worker.eraseBare(name);
    return ms;
  });
}

async function writeAbove(ops: number, what: 'new' | 'patches'): Promise<void> {
  const { space, count } = here();
  await inNewWorker((worker) => worker.writeAbove(space, count, ops, what));
}

let emptySpace: string | null = null;

/** Opening and the first 50 rows of an order, less what opening and asking an empty space takes. */
async function openLarge(): Promise<number> {
  emptySpace ??= await inNewWorker((worker) => worker.empty());
  const open = async (space: string, found: number): Promise<number> => {
    let opened: Space<typeof schema> | null = null;
    const ms = await timed(async () => {
      opened = await openSpace({ schema, worker, relay: nowhere, space });
      const rows = await opened.tables.items.query({ orderBy: 'due', limit: 50 });
      if (rows.length !== found) throw new Error(`${rows.length} rows`);
    });
    await (opened as Space<typeof schema> | null)?.close(); // assigned in the function above, which the compiler does not follow
    return ms;
  };
  const without = await open(emptySpace, 0);
  return (await open(here().space, 50)) - without;
}

let chosen = 0;

function someIds(count: number): string[] {
  const all = [...eachRow(here().count, 42)].map(({ id }) => id);
  chosen += 1;
  const random = seeded(chosen);
  return Array.from({ length: count }, () => all[Math.floor(random() * all.length)] ?? '');
}

async function getRandom(count: number): Promise<Measured> {
  const { space, bare } = here();
  const ids = someIds(count);
  const ours = await inNewWorker((worker) => worker.gets(space, ids));
  const limit = await inNewWorker((worker) => worker.bareGets(bare, ids));
  return { ours, limit };
}

async function queryCold(run: number): Promise<Measured> {
  const { space, bare } = here();
  const ids = someIds(50);
  const ours = await inNewWorker((worker) => worker.query(space, listIds[run % listIds.length] ?? ''));
  const limit = await inNewWorker((worker) => worker.bareGets(bare, ids));
  return { ours, limit };
}

async function scanLarge(): Promise<Measured> {
  const { space, bare, count } = here();
  const { looked, all } = await inNewWorker((worker) => worker.scan(space, count));
  const limit = await inNewWorker((worker) => worker.bareScan(bare, count));
  return { ours: looked, limit, note: `${all.toFixed(0)} ms until all of them are out as rows` };
}

/** The first 50 rows of a list in an order, through the whole library, of lists that were asked for before. */
async function queryWarm(queries: number): Promise<number> {
  const space = await openSpace({ schema, worker, relay: nowhere, space: here().space });
  const times: number[] = [];
  for (let i = 0; i < listIds.length + queries; i++) {
    const list = listIds[i % listIds.length] ?? '';
    times.push(await timed(() => space.tables.items.query({ where: { list }, orderBy: 'due', limit: 50 })));
  }
  await space.close();
  return median(times.slice(listIds.length));
}

/** Single puts through the whole library with a live query open for each list, in turns with bare ones. */
async function writeLive(writes: number): Promise<Measured> {
  const warmUp = 100;
  const space = await openSpace({ schema, worker, relay: nowhere, space: here().space });
  const lives = listIds.map((list) => {
    const live = space.tables.items.live({ where: { list }, orderBy: 'due', limit: 50 });
    let stop = (): void => undefined;
    const isHere = new Promise<void>((resolve) => {
      stop = live.subscribe(({ rows }) => {
        if (rows.length === 50) resolve();
      });
    });
    return { stop, isHere };
  });
  for (const { isHere } of lives) await isHere;
  const bare = await BareRows.open();
  chosen += 1;
  const rows = makeRows(2 * (warmUp + writes), 1000 + chosen);
  const ours: number[] = [];
  const limit: number[] = [];
  for (let i = 0; i < warmUp + writes; i++) {
    const [mine, other] = rows.slice(2 * i, 2 * i + 2);
    if (!mine || !other) throw new Error('too few rows');
    ours.push(await timed(() => space.tables.items.put(mine)));
    limit.push(await timed(() => bare.put(other)));
  }
  await bare.erase();
  for (const { stop } of lives) stop();
  await space.close();
  return { ours: median(ours.slice(warmUp)), limit: median(limit.slice(warmUp)) };
}

/** Bytes of pages and journal of the large space, and what the browser says that this page keeps. */
async function diskBytes(
  count: number,
): Promise<{ pages: number; journal: number; ours: number; bare: number }> {
  const usage = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? 0;
  const before = await usage();
  const { space } = await inNewWorker((worker) => worker.fill(count, 'sorted'));
  const { pages, journal } = await inNewWorker((worker) => worker.sizes(space));
  const between = await usage();
  await inNewWorker((worker) => worker.fillBare(count, 'sorted'));
  return { pages, journal, ours: between - before, bare: (await usage()) - between };
}

/** For whoever counts the bytes of bare rows. */
function sample(count: number): unknown[] {
  return makeRows(count);
}

export const largeCalls = {
  makeLarge,
  importRows,
  importBare,
  writeAbove,
  openLarge,
  getRandom,
  queryCold,
  queryWarm,
  scanLarge,
  writeLive,
  diskBytes,
  sample,
};
