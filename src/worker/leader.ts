/**
 * Which tab syncs (STORE-19): the one that holds the leader's Web Lock. Before it sends anything it takes the next term by a
 * record in the journal, so a tab that led before finds a greater term before it can write.
 *
 *   waiting ──lock──▶ taking the term ──▶ leading ──another term in the journal, or an error──▶ waiting
 *                                            └──signal──▶ over (the lock is free again)
 */
import { toBase64Url } from '../format/bytes.ts';
import { delay, type Runtime } from '../runtime.ts';
import type { Store } from '../store/store.ts';

/** How long a leader that failed leaves the lock to others: this long at first, doubling up to the most; milliseconds. */
const pause = { first: 2_000, most: 300_000 };

/**
 * Leads whenever it is this tab's turn, until `signal`. `run` is what a leader does: it goes on until the signal it is given.
 * What goes wrong is told to `failed`, and tried again.
 */
export async function takeTurns(
  runtime: Runtime,
  store: Store,
  tab: string,
  signal: AbortSignal,
  run: (turn: AbortSignal) => Promise<void>,
  failed: (thrown: unknown) => void,
): Promise<void> {
  const lock = `cairn-leader-${toBase64Url(store.space)}`;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await runtime.locks.request(lock, signal, () => lead(store, tab, signal, run));
      failures = 0;
    } catch (thrown) {
      if (signal.aborted) return;
      failures += 1;
      failed(thrown);
    }
    const wait = Math.min(pause.most, pause.first * 2 ** Math.max(0, failures - 1));
    await delay(runtime, wait, signal).catch(() => undefined);
  }
}

async function lead(
  store: Store,
  tab: string,
  signal: AbortSignal,
  run: (turn: AbortSignal) => Promise<void>,
): Promise<void> {
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
    await run(turn.signal);
  } finally {
    stop();
    signal.removeEventListener('abort', end);
    turn.abort();
  }
}
