/**
 * Which tab syncs (STORE-19): the one that holds the leader's Web Lock. Before it sends anything it takes the next term by a
 * record in the journal, so a tab that led before finds a greater term before it can write.
 *
 *   waiting ──lock, or no sign of life──▶ taking the term ──▶ leading ──another term in the journal, or an error──▶ waiting
 *                                                                └──signal──▶ over (the lock is free again)
 *
 * A browser freezes a tab with the lock in its hand. So who holds it gives a sign of life every few seconds, and who waits takes
 * the lock away when several in a row are missing. Who lost it that way learns so when it thaws: from the lock, from the
 * journal before it can write there, and from a fresh look before it writes to the relay.
 */
import { toBase64Url } from '../format/bytes.ts';
import { delay, type Runtime } from '../runtime.ts';
import type { Store } from '../store/store.ts';
import { Heartbeat } from './heartbeat.ts';

/** How long a leader that failed leaves the lock to others: this long at first, doubling up to the most; milliseconds. */
const pause = { first: 2_000, most: 300_000 };

/** What a leader does: it goes on until the signal it is given. */
type Run = (turn: AbortSignal) => Promise<void>;

/**
 * Leads whenever it is this tab's turn, until `signal`. What goes wrong is told to `failed`, and tried again.
 */
export async function takeTurns(
  runtime: Runtime,
  store: Store,
  tab: string,
  signal: AbortSignal,
  run: Run,
  failed: (thrown: unknown) => void,
): Promise<void> {
  const lock = `cairn-leader-${toBase64Url(store.space)}`;
  const heartbeat = new Heartbeat(runtime, lock);
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await oneTurn(runtime, lock, heartbeat, signal, (turn) => lead(store, tab, turn, run));
        failures = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        failures += 1;
        failed(thrown);
      }
      const wait = Math.min(pause.most, pause.first * 2 ** Math.max(0, failures - 1));
      await delay(runtime, wait, signal).catch(() => undefined);
    }
  } finally {
    heartbeat.close();
  }
}

/** Waits for the lock, or takes it from one who gives no sign of life; `work` is what is done with it, until its signal. */
async function oneTurn(
  runtime: Runtime,
  lock: string,
  heartbeat: Heartbeat,
  signal: AbortSignal,
  work: (turn: AbortSignal) => Promise<void>,
): Promise<void> {
  const turn = new AbortController();
  const waiting = new AbortController();
  const end = (): void => {
    waiting.abort(signal.reason);
    turn.abort(signal.reason);
  };
  signal.addEventListener('abort', end, { once: true });
  let silent = false;
  const stopWatching = heartbeat.watch(() => {
    silent = true;
    waiting.abort();
  });
  let working: Promise<void> | null = null;
  const held = (): Promise<void> => {
    stopWatching();
    const stopBeating = heartbeat.beat();
    working = work(turn.signal).finally(stopBeating);
    return working;
  };
  try {
    await runtime.locks.request(lock, waiting.signal, held).catch((thrown: unknown) => {
      if (!silent || working !== null || signal.aborted) throw thrown;
      return runtime.locks.steal(lock, held);
    });
  } catch (thrown) {
    // When the lock was taken from this tab, which had given no sign of life, its work may still go on. Nothing failed then.
    turn.abort(thrown);
    await Promise.resolve(working).catch(() => undefined);
    if (signal.aborted || !isTakenAway(thrown)) throw thrown;
  } finally {
    stopWatching();
    signal.removeEventListener('abort', end);
  }
}

/** What Web Locks rejects with when a lock is stolen. */
function isTakenAway(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}

async function lead(store: Store, tab: string, signal: AbortSignal, run: Run): Promise<void> {
  signal.throwIfAborted();
  await store.append(({ term }) => ({ kind: 'term', term: term + 1, tab }), 'strict');
  signal.throwIfAborted();
  const turn = new AbortController();
  const end = (): void => turn.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  // The next term belongs to someone else: whatever let them take it, this tab leads no more.
  const stop = store.onChange(() => {
    if (store.standing.tab !== tab) turn.abort();
  });
  try {
    // Read on to by another's message while this one's was still on its way.
    if (store.standing.tab !== tab) return;
    await run(turn.signal);
  } finally {
    stop();
    signal.removeEventListener('abort', end);
    turn.abort();
  }
}
