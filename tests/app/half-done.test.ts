import { beforeEach, expect, test, vi } from 'vitest';
import { deleteAll } from '../../src/app/bulk.ts';
import { tellHalfDone, untilDone } from '../../src/app/half-done.ts';
import { notices } from '../../src/app/notices.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';
import { comesTrue } from '../client/waiting.ts';

/** What a browser keeps, by name; as there, what is kept is the object's own. */
class Kept {
  setItem(key: string, value: string): void {
    Reflect.set(this, key, value);
  }
  getItem(key: string): string | null {
    const value: unknown = Reflect.get(this, key);
    return typeof value === 'string' ? value : null;
  }
  removeItem(key: string): void {
    Reflect.deleteProperty(this, key);
  }
}

/** Names of the locks that are held. A tab that dies lets go of its own. */
const held = new Set<string>();
type Work = (lock: unknown) => unknown;
async function request(name: string, ...rest: readonly unknown[]): Promise<void> {
  const isFree = !held.has(name);
  // What it works on is the last of what it is handed.
  const work = rest.at(-1) as Work;
  if (isFree) held.add(name);
  await work(isFree ? { name } : null);
  if (isFree) held.delete(name);
}

beforeEach(() => {
  vi.unstubAllGlobals();
  vi.stubGlobal('localStorage', new Kept());
  vi.stubGlobal('navigator', { locks: { request } });
  held.clear();
  notices.value = [];
});

const never = (): Promise<never> => new Promise(() => undefined);
const said = (): readonly string[] => notices.value.map(({ text }) => text);
const kept = (): readonly string[] => Object.keys(localStorage);

test('APP-18: work that its tab did not live to end is told of at the next opening, once', async () => {
  void untilDone('The import of places.csv', never);
  await comesTrue(() => expect(kept()).toHaveLength(1));
  // Its tab is still at it.
  await tellHalfDone();
  expect(said()).toEqual([]);
  held.clear();
  await tellHalfDone();
  expect(said()).toEqual([
    'The import of places.csv was cut off half-way. What was written by then is here. Look at it before you start again.',
  ]);
  notices.value = [];
  await tellHalfDone();
  expect(said()).toEqual([]);
});

test('work that came to its end, well or not, is never told of as cut off', async () => {
  expect(await untilDone('This', async () => 7)).toBe(7);
  await expect(untilDone('That', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(kept()).toEqual([]);
  expect(held.size).toBe(0);
  await tellHalfDone();
  expect(said()).toEqual([]);
});

test('a browser that keeps nothing, or has no locks, keeps nobody from working', async () => {
  vi.stubGlobal('navigator', {});
  expect(await untilDone('This', async () => 7)).toBe(7);
  vi.stubGlobal('navigator', { locks: { request } });
  vi.stubGlobal('localStorage', undefined);
  expect(await untilDone('This', async () => 7)).toBe(7);
  await comesTrue(() => expect(held.size).toBe(0));
});

test('APP-18: a change to many rows is noted as long as it lasts; what is one transaction is whole or nothing', async () => {
  const space = await memorySpace(schema);
  const list = await space.tables.lists.put({ title: 'Hut' });
  const fill = (count: number): Promise<void> =>
    space.transaction((tx) => {
      for (let item = 0; item < count; item++) tx.tables.items.put({ list, title: `Item ${item}` });
    });
  const notes: (string | null)[] = [];
  const watched = new Proxy(space, {
    get: (target, name) => {
      if (name === 'transaction') notes.push(localStorage.getItem(kept()[0] ?? ''));
      return Reflect.get(target, name);
    },
  });
  await fill(500);
  await deleteAll(watched, await space.tables.items.query());
  expect(notes).toEqual([null]);
  for (let times = 0; times < 2; times++) await fill(300);
  await deleteAll(watched, await space.tables.items.query());
  expect(notes.slice(1)).toEqual(['A change to 600 items', 'A change to 600 items']);
  expect(kept()).toEqual([]);
});
