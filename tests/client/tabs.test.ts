import 'fake-indexeddb/auto';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import { CairnError, isError, type Space } from '../../src/client/index.ts';
import type { StartRequest } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { property } from '../property.ts';
import { Origin, type Tab } from '../worker/origin.ts';
import { schema } from './schema.ts';
import { comesTrue, rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

const base = { schema, relay: 'http://127.0.0.1:4', appUrl: 'http://127.0.0.1:4/' } as const;
const opened: TestSpace[] = [];

async function start(tab: Tab, request: StartRequest): Promise<TestSpace> {
  const space = clientSpace(schema, await connectDirect(storedHost(tab, null), request));
  opened.push(space);
  return space;
}

const create = (tab: Tab): Promise<TestSpace> =>
  start(tab, { ...base, how: 'create', memberName: 'Ada', deviceName: 'Laptop' });
const open = (tab: Tab, space: string): Promise<TestSpace> => start(tab, { ...base, how: 'open', space });

async function twoTabs(): Promise<{
  readonly tabs: readonly [TestSpace, TestSpace];
  readonly origin: Origin;
}> {
  const origin = new Origin();
  const first = await create(origin.openTab());
  return { origin, tabs: [first, await open(origin.openTab(), first.id)] };
}

afterEach(async () => {
  for (const space of opened.splice(0)) await space.close();
});

/** Runs until it is not overtaken ten times in a row: the tabs of a test take turns by chance. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (!isError(thrown, 'moved')) throw thrown;
    }
  }
}

const account = fc.nat(3);
const transfer = fc.record({
  tab: fc.nat(1),
  from: account,
  to: account,
  amount: fc.integer({ min: 1, max: 9 }),
});

property(
  'STORE-2, APP-16: transfers of two tabs at once keep the sum, and no reader ever sees another',
  40,
  fc.array(transfer, { minLength: 1, maxLength: 16 }),
  async (transfers) => {
    const { tabs } = await twoTabs();
    await tabs[0].transaction((tx) => {
      for (let i = 0; i <= 3; i += 1) tx.tables.things.put({ id: `a${i}`, name: 'account', count: 100 });
    });
    const sums: number[] = [];
    const move = (of: TestSpace, from: string, to: string, amount: number): Promise<void> =>
      insist(() =>
        of.transaction(async (tx) => {
          const { things } = tx.tables;
          const source = await things.get(from);
          things.patch(from, { count: (source?.count ?? 0) - amount });
          const target = await things.get(to);
          things.patch(to, { count: (target?.count ?? 0) + amount });
        }),
      );
    const look = (of: TestSpace): Promise<void> =>
      insist(() =>
        of.transaction(async (tx) => {
          const rows = await tx.tables.things.query({ where: { name: 'account' } });
          sums.push(rows.reduce((sum, { count }) => sum + count, 0));
        }),
      );
    // The second tab has not read the accounts until it has heard of them: its own first write makes it read on.
    await tabs[1].tables.things.put({ id: 'awake', name: 'not an account' });
    const side = (index: number): Promise<void> =>
      transfers
        .filter(({ tab }) => tab === index)
        .reduce(async (before, { from, to, amount }) => {
          await before;
          const of = tabs[index === 0 ? 0 : 1];
          await Promise.all([move(of, `a${from}`, `a${to}`, amount), look(of)]);
        }, Promise.resolve());
    await Promise.all([side(0), side(1)]);
    for (const of of tabs) await of.tables.things.put({ name: 'the end' });
    for (const of of tabs) await look(of);
    expect(new Set(sums)).toEqual(new Set([400]));
    expect(await tabs[0].digest()).toBe(await tabs[1].digest());
    for (const of of opened.splice(0)) await of.close();
  },
);

property(
  'STORE-2, APP-16: what a query allowed together is not done twice by two tabs that each saw it allowed',
  40,
  fc.array(fc.nat(1), { minLength: 2, maxLength: 8 }),
  async (order) => {
    const { tabs } = await twoTabs();
    await tabs[1].tables.things.put({ id: 'awake', name: 'not a duty' });
    // Whoever finds nobody on duty takes it: decided by a query, written to a row of one's own.
    await Promise.all(
      order.map((index, number) =>
        insist(() =>
          tabs[index === 0 ? 0 : 1].transaction(async (tx) => {
            const onDuty = await tx.tables.things.count({ where: { name: 'duty' } });
            if (onDuty === 0) tx.tables.things.put({ id: `d${number}`, name: 'duty' });
          }),
        ),
      ),
    );
    for (const of of tabs) await of.tables.things.put({ name: 'the end' });
    for (const of of tabs) expect(await of.tables.things.count({ where: { name: 'duty' } })).toBe(1);
    for (const of of opened.splice(0)) await of.close();
  },
);

describe('two tabs of one profile', () => {
  test('STORE-18: each serves its own reads and writes and hears of the other’s', async () => {
    const { tabs } = await twoTabs();
    const [here, there] = [tabs[0].tables.lists.live(), tabs[1].tables.lists.live()];
    await tabs[0].tables.lists.put({ id: 'a', title: 'from here' });
    await until(there, ({ rows }) => rows[0]?.title === 'from here');
    await tabs[1].tables.lists.patch('a', { title: 'from there' });
    await until(here, ({ rows }) => rows[0]?.title === 'from there');
  });

  test('STORE-19: the status of a tab that does not lead says what the leader found', async () => {
    const { tabs } = await twoTabs();
    await tabs[0].tables.lists.put({ title: 'a' });
    for (const tab of tabs) {
      const status = await until(tab.status, (now) => now.lastError !== null && now.unsent === 1);
      expect(status.lastError?.code).toBe('offline');
      expect(status.reasons.map(({ kind }) => kind)).toContain('offline');
    }
  });

  test('STORE-19: a sync that was asked of another tab, and is this tab’s own by now, ends as its cycle does, however long that takes', async () => {
    const cut = new AbortController();
    /** Hangs until the network is cut, or nobody waits any more. */
    const hanging = async (_url: string, init?: RequestInit): Promise<never> => {
      const over = AbortSignal.any(init?.signal ? [cut.signal, init.signal] : [cut.signal]);
      if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve));
      throw over.reason;
    };
    const origin = new Origin(hanging);
    const first = await create(origin.openTab());
    await until(first.status, ({ reasons }) => reasons.some(({ kind }) => kind === 'syncing'));
    const tab = origin.openTab();
    // How long a tab waits for the one that leads.
    const patience: (() => void)[] = [];
    let asked = 0;
    const patient = Object.assign(Object.create(tab), {
      setTimer: (ms: number, callback: () => void) => {
        if (ms !== 60_000) return tab.setTimer(ms, callback);
        patience.push(callback);
        return () => {};
      },
      openChannel: (name: string) => tab.openChannel(name),
      fetch: (url: string, init?: RequestInit) => {
        asked += 1;
        return hanging(url, init);
      },
    });
    const second = await open(patient, first.id);
    const ends: unknown[] = [];
    const syncing = rejection(second.syncNow()).then((thrown) => ends.push(thrown));
    await comesTrue(() => expect(patience).toHaveLength(1));
    expect(asked).toBe(0);
    opened.splice(opened.indexOf(first), 1);
    await first.close();
    await comesTrue(() => expect(asked).toBeGreaterThan(0));
    for (const end of patience) end();
    cut.abort(new TypeError('Failed to fetch'));
    await syncing;
    expect(ends).toMatchObject([{ code: 'offline' }]);
  });

  test('STORE-19, PUSH-1: a tab killed in the middle of writing loses nothing that was answered, and another leads on', async () => {
    const origin = new Origin();
    const dying = origin.openTab();
    const first = await create(dying);
    const other = await open(origin.openTab(), first.id);
    const written: string[] = [];
    const writing = (async () => {
      for (;;) written.push(await first.tables.lists.put({ title: 'x' }));
    })();
    writing.catch(() => {});
    await until(other.tables.lists.live(), ({ rows }) => rows.length > 20);
    dying.kill();
    opened.splice(opened.indexOf(first), 1);
    const answered = [...written];
    await other.tables.lists.put({ title: 'after' });
    const there = new Set((await other.tables.lists.query()).map(({ id }) => id));
    expect(answered.filter((id) => !there.has(id))).toEqual([]);
    await until(other.status, (status) => status.lastError !== null);
  });

  test('APP-7: erasing in one tab ends the other with a typed error and leaves nothing', async () => {
    const { tabs, origin } = await twoTabs();
    await tabs[0].tables.lists.put({ title: 'a' });
    const live = tabs[1].tables.lists.live();
    await until(live, ({ rows }) => rows.length === 1);
    await tabs[0].erase({ unsentSeen: 1 });
    const { error } = await until(live, (result) => result.error !== null);
    expect(error?.code).toBe('closed');
    expect(await rejection(tabs[1].tables.lists.query())).toMatchObject({ code: 'closed' });
    const thrown = await rejection(open(origin.openTab(), tabs[0].id));
    expect(thrown).toBeInstanceOf(CairnError);
    expect(thrown).toMatchObject({ code: 'storage-lost' });
  });
});
