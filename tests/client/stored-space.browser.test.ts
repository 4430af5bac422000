import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CairnError, createSpace, openSpace, type Space } from '../../src/client/index.ts';
import { schema } from './schema.ts';
import { describeClient } from './suite.ts';
import { rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

/** Nothing listens there: these tests need no relay, and a space must work without one. */
const relay = 'http://127.0.0.1:4';
const workers: Worker[] = [];

function worker(): Worker {
  const made = new Worker(new URL('./space-worker.ts', import.meta.url), { type: 'module' });
  workers.push(made);
  return made;
}

const create = (): Promise<TestSpace> =>
  createSpace({ schema, worker, relay, memberName: 'Ada', deviceName: 'Laptop' });
const open = (space: string): Promise<TestSpace> => openSpace({ schema, worker, relay, space });

function codeOfThrown(thrown: unknown): string {
  if (!(thrown instanceof CairnError)) throw thrown;
  return thrown.code;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return codeOfThrown(await rejection(promise));
}

/** Ends a worker as a crash would: nothing in it runs on, and nobody is told. */
function kill(index: number): void {
  const victim = workers.at(index);
  if (victim === undefined) throw new Error('no such worker');
  victim.terminate();
}

describeClient('a stored space', create);

describe('a stored space in a worker', () => {
  let space: TestSpace;
  beforeEach(async () => {
    workers.length = 0;
    space = await create();
  });
  afterEach(async () => {
    await space.close();
  });

  test('APP-11: what was written is there after closing and opening again, offline', async () => {
    const list = await space.tables.lists.put({ title: 'Groceries' });
    const item = await space.tables.items.put({ list, title: 'Bread' });
    const before = await space.tables.items.get(item);
    const digest = await space.digest();
    await space.close();
    space = await open(space.id);
    expect(await space.tables.items.get(item)).toEqual(before);
    expect(await space.digest()).toBe(digest);
    expect(space.status.value.unsent).toBe(2);
  });

  test('APP-2: the status names this device and its member', async () => {
    const { devices } = await until(space.status, (status) => status.devices[0]?.memberName === 'Ada');
    expect(devices).toMatchObject([
      { number: 1, memberName: 'Ada', deviceName: 'Laptop', role: 'admin', isThis: true, hold: null },
    ]);
  });

  test('STORE-22: a space of which nothing is here is lost, not empty', async () => {
    const { id } = space;
    await space.close();
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`cairn-${id}`);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
    expect(await codeOf(open(id))).toBe('storage-lost');
    // WebKit goes on listing a database whose making was taken back, as one of version 0.
    const made = (await indexedDB.databases()).filter(
      ({ name, version }) => name === `cairn-${id}` && version,
    );
    expect(made).toEqual([]);
    space = await create();
  });

  test('APP-17, PUSH-1: when the worker dies, calls in flight end with a typed error, and what was answered is there', async () => {
    // More than a worker can answer before it is ended.
    const writes = Array.from({ length: 300 }, () => space.tables.lists.put({ title: 'in flight' }));
    const reads = [space.digest(), space.tables.lists.query()];
    kill(-1);
    const ended = (call: Promise<unknown>): Promise<string> => call.then(() => 'answered', codeOfThrown);
    // Engines differ in how long a worker that is being ended runs on: what it has heard it may still do, or see refused.
    const ends = await Promise.all(writes.map(ended));
    await Promise.all(reads.map(ended));
    expect(ends.at(-1)).toBe('worker-died');
    const answered = ends.filter((end) => end === 'answered').length;
    expect(await space.tables.lists.count()).toBeGreaterThanOrEqual(answered);
  });

  test('APP-17: a worker that died is replaced: reads and writes go on, and nothing written is missing', async () => {
    const id = await space.tables.lists.put({ title: 'before' });
    for (const title of ['one', 'two']) {
      const dying = space.digest();
      kill(-1);
      expect(await codeOf(dying)).toBe('worker-died');
      await space.tables.lists.put({ title });
    }
    expect(workers).toHaveLength(3);
    const rows = await space.tables.lists.query();
    expect(rows.map((row) => row.title)).toEqual(['before', 'one', 'two']);
    expect(rows[0]?.id).toBe(id);
  });

  test('APP-17: live queries go on in the new worker, and say that they are loading meanwhile', async () => {
    await space.tables.lists.put({ title: 'a' });
    const live = space.tables.lists.live({ orderBy: 'title' });
    await until(live, ({ rows }) => rows.length === 1);
    const loading = until(live, (result) => result.loading);
    kill(-1);
    expect((await loading).rows).toHaveLength(1);
    await until(live, (result) => !result.loading);
    await space.tables.lists.put({ title: 'b' });
    const { rows } = await until(live, (result) => result.rows.length === 2);
    expect(rows.map((row) => row.title)).toEqual(['a', 'b']);
    live.close();
  });

  test('APP-17: a transaction that its worker leaves in the middle is refused and writes nothing', async () => {
    const run = space.transaction(async (tx) => {
      await tx.tables.lists.query();
      kill(-1);
      tx.tables.lists.put({ title: 'never' });
    });
    expect(await codeOf(run)).toMatch(/^(worker-died|moved)$/);
    expect(await space.tables.lists.count()).toBe(0);
  });

  test('APP-17: a worker script that cannot be loaded is a typed error', async () => {
    const missing = (): Worker => new Worker('/there-is-no-such-script.js', { type: 'module' });
    const opening = createSpace({ schema, worker: missing, relay, memberName: 'A', deviceName: 'B' });
    expect(await codeOf(opening)).toBe('worker-died');
  });

  test('APP-17: a row that the new worker gives unchanged stays the same object', async () => {
    await space.tables.lists.put({ title: 'a' });
    const live = space.tables.lists.live();
    const [before] = (await until(live, ({ rows }) => rows.length === 1)).rows;
    const loading = until(live, (result) => result.loading);
    kill(-1);
    await loading;
    const [after] = (await until(live, (result) => !result.loading)).rows;
    expect(after).toBe(before);
    live.close();
  });

  test('APP-17, TEST-7: when no worker can be made again, everything ends with a typed error', async () => {
    let script = new URL('./space-worker.ts', import.meta.url).href;
    const failing = await openSpace({
      schema,
      relay,
      space: space.id,
      worker: () => {
        const made = new Worker(script, { type: 'module' });
        workers.push(made);
        return made;
      },
    });
    const live = failing.tables.lists.live();
    await until(live, ({ loading }) => !loading);
    script = '/there-is-no-such-script.js';
    kill(-1);
    const { error } = await until(live, (result) => result.error !== null);
    expect(error?.code).toBe('worker-died');
    expect(await codeOf(failing.tables.lists.query())).toBe('worker-died');
    await failing.close();
  });

  describe('with a second tab', () => {
    let other: TestSpace;
    beforeEach(async () => {
      other = await open(space.id);
    });
    afterEach(async () => {
      await other.close();
    });

    test('STORE-18: a write in one tab is seen by live queries in the other, both ways', async () => {
      const [here, there] = [space.tables.lists.live(), other.tables.lists.live()];
      await space.tables.lists.put({ id: 'a', title: 'from here' });
      await until(there, ({ rows }) => rows[0]?.title === 'from here');
      await other.tables.lists.patch('a', { title: 'from there' });
      await until(here, ({ rows }) => rows[0]?.title === 'from there');
      expect(await space.digest()).toBe(await other.digest());
      here.close();
      there.close();
    });

    test('STORE-2: transactions of two tabs lose nothing to each other', async () => {
      await space.tables.things.put({ id: 'counter', name: 'counter', count: 0 });
      await until(other.tables.things.live(), ({ rows }) => rows.length === 1);
      const raise = (of: TestSpace): Promise<void> =>
        of.transaction(async (tx) => {
          const row = await tx.tables.things.get('counter');
          tx.tables.things.patch('counter', { count: (row?.count ?? 0) + 1 });
        });
      const rounds = async (of: TestSpace): Promise<void> => {
        for (let i = 0; i < 10; i += 1) await raise(of);
      };
      await Promise.all([rounds(space), rounds(other)]);
      await until(space.tables.things.live(), ({ rows }) => rows[0]?.count === 20);
      await until(other.tables.things.live(), ({ rows }) => rows[0]?.count === 20);
    });

    test('STORE-19: when the tab that syncs dies, the other one takes over and says so in its status', async () => {
      await space.tables.lists.put({ title: 'a' });
      await until(other.status, (status) => status.unsent === 1 && status.lastError !== null);
      kill(0);
      await until(other.status, (status) => status.lastError !== null);
      await other.tables.lists.put({ title: 'b' });
      await until(other.status, (status) => status.unsent === 2);
    });

    test('APP-7: erasing in one tab ends the other with a typed error', async () => {
      await space.tables.lists.put({ title: 'a' });
      await until(space.status, (status) => status.unsent === 1);
      await space.erase({ unsentSeen: 1 });
      const live = other.tables.lists.live();
      await until(live, ({ error }) => error !== null);
      expect(await codeOf(other.tables.lists.query())).toMatch(/^(closed|storage-lost)$/);
      space = await create();
    });
  });
});
