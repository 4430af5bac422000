import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addNewest, buildPrefix, open, readBuilds } from '../../src/app/stored-builds.ts';
import { notedUnsent, noteUnsent } from '../../src/app/unsent-notes.ts';
import { MemoryCaches } from './cache-storage.ts';

let caches: MemoryCaches;
const [one, two, three] = ['1', '2', '3'].map((name) => buildPrefix + name) as [string, string, string];

beforeEach(() => {
  caches = new MemoryCaches();
  vi.stubGlobal('caches', caches);
  vi.stubGlobal('navigator', { locks: caches.locks });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Stores a build with one part of its own, as an install does. */
async function store(build: string): Promise<void> {
  await (await caches.open(build)).put(`/assets/${build}.js`, new Response('code'));
}

const stored = async (): Promise<string[]> =>
  (await caches.keys()).filter((name) => name.startsWith(buildPrefix));

test('APP-9: the first build is opened at once, and a later one waits until it is agreed to', async () => {
  expect(await readBuilds()).toBeNull();
  await store(one);
  await addNewest(one);
  expect(await readBuilds()).toEqual({ opened: one, newest: one, before: null });
  await store(two);
  await addNewest(two);
  expect(await readBuilds()).toEqual({ opened: one, newest: two, before: null });
  await open(two);
  expect(await readBuilds()).toEqual({ opened: two, newest: two, before: one });
  await open(two);
  expect(await readBuilds()).toEqual({ opened: two, newest: two, before: one });
});

test('APP-10: a build stays stored while it waits, while a tab may be loading it, and while one runs it', async () => {
  for (const build of [one, two]) {
    await store(build);
    await addNewest(build);
    await open(build);
  }
  caches.held.push(`cairn-runs /assets/${one}.js`, 'cairn-leader-x');
  await store(three);
  await addNewest(three);
  expect(await stored()).toEqual([one, two, three]);
  await open(three);
  expect(await stored()).toEqual([one, two, three]);
  caches.held.shift();
  // A fourth is on its way into its cache.
  const four = `${buildPrefix}4`;
  await store(four);
  await open(three);
  await addNewest(three);
  expect(await stored()).toEqual([two, three, four]);
  // An older one that is served again waits like any other.
  await addNewest(two);
  expect(await readBuilds()).toEqual({ opened: three, newest: two, before: two });
  await open(two);
  expect(await stored()).toEqual([two, three, four]);
});

test('APP-9: what is unsent in any space is known without opening it, and of a space that is gone nothing', async () => {
  const ada = 'a'.repeat(43);
  const ben = 'b'.repeat(43);
  for (const [space, count] of [
    [ada, 1],
    [ada, 2],
    [ben, 3],
  ] as const) {
    noteUnsent(space, count);
  }
  await vi.waitFor(async () => expect(await notedUnsent()).toBe(5), { timeout: 30_000 });
  expect(await notedUnsent(ada)).toBe(3);
  noteUnsent(ada, 0);
  noteUnsent(ben, 0);
  await vi.waitFor(async () => expect(await notedUnsent()).toBe(0), { timeout: 30_000 });
});
