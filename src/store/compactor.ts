/** Folds the journal whenever enough of it lies above the base, and builds the indexes that are missing, until the signal. */
import { toFailure } from '../errors.ts';
import { delay, type Runtime } from '../runtime.ts';
import { type CompactionOptions, compact, sweep } from './compaction.ts';
import { dueWeight, isBeyond, type Weight } from './fold-limits.ts';
import { repair } from './refold.ts';
import type { Store } from './store.ts';

/** What is written this soon after a fold is written in one go with what was folded; milliseconds. */
const bulkMs = 5_000;
/** After a failure: this long at first, doubling up to the most; milliseconds. */
const again = { first: 10_000, most: 600_000 };

/** For tests: other sizes than DESIGN's. */
export interface FoldSizes extends Pick<CompactionOptions, 'sizes'> {
  readonly due?: Weight;
}

export type CompactorOptions = CompactionOptions & FoldSizes;

/** Settles when `signal` is aborted, or the store is closed. */
export async function keepCompact(
  runtime: Runtime,
  store: Store,
  signal: AbortSignal,
  options: CompactorOptions,
): Promise<void> {
  store.folds = true;
  try {
    await foldWhenDue(runtime, store, signal, options);
  } finally {
    store.folds = false;
  }
}

async function foldWhenDue(
  runtime: Runtime,
  store: Store,
  signal: AbortSignal,
  options: CompactorOptions,
): Promise<void> {
  let foldedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  const pause = (): void => signal.throwIfAborted();
  while (!signal.aborted && !store.isClosed) {
    const isBulk = runtime.monotonic() - foldedAt < bulkMs;
    const due = options.due ?? dueWeight(store.standing.base, isBulk);
    if (!store.rows.isBroken && !isBeyond(store.weight, due) && !isIndexMissing(store, options)) {
      await nextChange(runtime, store, signal, isBulk ? bulkMs : null);
      continue;
    }
    try {
      const before = store.standing.base;
      if (store.rows.isBroken) {
        if (await repair(store, { ...options, pause })) store.tellMended();
      } else await compact(store, { ...options, pause });
      await sweep(store, before);
      foldedAt = runtime.monotonic();
      failures = 0;
    } catch (thrown) {
      if (signal.aborted || store.isClosed) return;
      store.tellFailure(toFailure(thrown));
      failures += 1;
      const wait = Math.min(again.most, again.first * 2 ** (failures - 1));
      // Nobody is to wait for what does not go on.
      store.folds = false;
      await delay(runtime, wait, signal).catch(() => undefined);
      store.folds = true;
    }
  }
}

function isIndexMissing({ standing: { base } }: Store, { indexes }: CompactionOptions): boolean {
  return indexes.some(({ name, table }) => base.tables.has(table) && !base.indexes.has(name));
}

/** Until the store changes, or the time is over. */
function nextChange(runtime: Runtime, store: Store, signal: AbortSignal, ms: number | null): Promise<void> {
  return new Promise((resolve) => {
    const goOn = (): void => {
      stop();
      stopEvents();
      cancel();
      signal.removeEventListener('abort', goOn);
      resolve();
    };
    const stop = store.onChange(goOn);
    // A page that cannot be read is told as a failure.
    const stopEvents = store.onEvent(goOn);
    const cancel = ms === null ? () => undefined : runtime.setTimer(ms, goOn);
    signal.addEventListener('abort', goOn, { once: true });
  });
}
