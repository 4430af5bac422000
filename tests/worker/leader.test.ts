import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openStore, type Store } from '../../src/store/store.ts';
import { takeTurns } from '../../src/worker/leader.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { Origin, type Tab } from './origin.ts';

/** A tab that takes turns and does nothing in them. */
interface Contender {
  readonly tab: Tab;
  readonly store: Store;
  readonly turns: AbortSignal[];
  readonly failures: unknown[];
  readonly over: AbortController;
  readonly done: Promise<void>;
}

const open: Contender[] = [];

function contend(tab: Tab, store: Store, name: string): Contender {
  const turns: AbortSignal[] = [];
  const failures: unknown[] = [];
  const over = new AbortController();
  const run = (turn: AbortSignal): Promise<void> => {
    turns.push(turn);
    return new Promise((resolve) => turn.addEventListener('abort', () => resolve(), { once: true }));
  };
  const done = takeTurns(tab, store, name, over.signal, run, (thrown) => failures.push(thrown));
  const contender = { tab, store, turns, failures, over, done };
  open.push(contender);
  return contender;
}

async function spaceIn(origin: Origin): Promise<{ tab: Tab; store: Store }> {
  const tab = origin.openTab();
  return { tab, store: await makeSpace(tab, { memberName: 'Ada', deviceName: 'Phone' }, {}) };
}

async function second(origin: Origin, store: Store): Promise<{ tab: Tab; store: Store }> {
  const tab = origin.openTab();
  return { tab, store: await openStore(tab, store.space, { create: false }) };
}

async function when(holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(holds()).toBe(true), { timeout: 30_000, interval: 2 });
}

afterEach(async () => {
  for (const { over, store, tab, done } of open.splice(0)) {
    over.abort(new Error('over'));
    if (!tab.isAlive) continue;
    await done;
    await store.close();
  }
});

describe('the leader', () => {
  test('STORE-19: of two tabs one leads, and its turn is a record in the journal', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    const b = contend(other.tab, other.store, 'b');
    await other.store.refresh();
    expect([other.store.standing.term, other.store.standing.tab]).toEqual([1, 'a']);
    expect(b.turns).toEqual([]);
  });

  test('STORE-19: when the leader closes, another tab takes the next term', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    const b = contend(other.tab, other.store, 'b');
    a.over.abort(new Error('closed'));
    await when(() => b.turns.length === 1);
    expect(a.turns[0]?.aborted).toBe(true);
    expect([other.store.standing.term, other.store.standing.tab]).toEqual([2, 'b']);
  });

  test('STORE-19: when the leader is killed, another tab takes the next term', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    const b = contend(other.tab, other.store, 'b');
    first.tab.kill();
    await when(() => b.turns.length === 1);
    expect(other.store.standing.term).toBe(2);
  });

  test('STORE-19: a leader that finds another term in the journal leads no more', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    // As a tab does whose browser gave it the lock of one that it had frozen.
    await other.store.append(({ term }) => ({ kind: 'term', term: term + 1, tab: 'b' }), 'strict');
    await when(() => a.turns[0]?.aborted === true);
    expect(a.failures).toEqual([]);
    await other.store.close();
  });

  test('STORE-19: a leader that gives no sign of life loses the lock, and leads no more when it thaws', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    other.tab.hurry = 200;
    const b = contend(other.tab, other.store, 'b');
    first.tab.freeze();
    await when(() => b.turns.length === 1);
    expect([other.store.standing.term, other.store.standing.tab]).toEqual([2, 'b']);
    first.tab.thaw();
    await when(() => a.turns[0]?.aborted === true);
    await first.store.refresh();
    expect(first.store.standing.tab).toBe('b');
    expect(b.turns[0]?.aborted).toBe(false);
    expect([a.failures, b.failures]).toEqual([[], []]);
  });

  test('STORE-19: a leader that gives signs of life keeps the lock', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    first.tab.hurry = 200;
    const a = contend(first.tab, first.store, 'a');
    await when(() => a.turns.length === 1);
    const other = await second(origin, first.store);
    other.tab.hurry = 200;
    const b = contend(other.tab, other.store, 'b');
    const beats = (): number => first.tab.timersRun;
    const before = beats();
    await when(() => beats() > before + 30);
    expect(b.turns).toEqual([]);
    expect(a.turns[0]?.aborted).toBe(false);
  });

  test('STORE-19: a tab that ends while it waits or takes its term leads nothing and leaves the lock free', async () => {
    const origin = new Origin();
    const first = await spaceIn(origin);
    const a = contend(first.tab, first.store, 'a');
    a.over.abort(new Error('closed'));
    await a.done;
    expect(a.turns).toEqual([]);
    const other = await second(origin, first.store);
    const b = contend(other.tab, other.store, 'b');
    await when(() => b.turns.length === 1);
    expect(b.turns[0]?.aborted).toBe(false);
  });
});
