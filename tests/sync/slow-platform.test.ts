/** Sync over a platform that takes its time: what is hashed, opened and inflated never keeps a transaction waiting. */
import { IDBFactory } from 'fake-indexeddb';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { slowDown } from '../store/slow-platform.ts';
import { WatchedIndexedDB } from '../store/watched-indexeddb.ts';
import { Device, settle, World } from './world.ts';

/** Ada and Ben, whose transactions are watched. */
async function watchedPair() {
  const slow = slowDown();
  onTestFinished(() => slow.end());
  const world = new World();
  const watched = new WatchedIndexedDB(new IDBFactory(), () => slow.begun);
  const { factory } = watched;
  const ada = new Device(world, 'Ada', factory);
  ada.use(await makeSpace(ada.begin(), { memberName: 'Ada', deviceName: 'phone' }, { tailEveryMs: null }));
  await ada.lead();
  await ada.cycle();
  const ben = new Device(world, 'Ben', new IDBFactory());
  await ben.join(await ada.invite());
  await settle(ada, ben);
  return { slow, world, watched, factory, ada, ben };
}

/** Text of which a row of it deflates, though not to little. */
const text = (world: World, length: number): string =>
  Array.from({ length: length / 4 }, () => 1000 + world.random.below(9000)).join('');

test('STORE-16: no transaction of a sync waits for a slow platform, and none of its requests comes too late', async () => {
  const { slow, world, watched, ada, ben } = await watchedPair();
  // Large enough for the platform to inflate it.
  for (let i = 0; i < 4; i++) {
    for (let part = 0; part < 4; part++) await ben.put(`by Ben ${i} ${part}`, { title: text(world, 24_000) });
    await ada.put(`by Ada ${i}`, { title: text(world, 24_000) });
    await ben.cycle();
    await ada.cycle();
    await ada.store.saveFold();
  }
  await ada.restart();
  await settle(ada, ben);
  expect(await ada.digest()).toBe(await ben.digest());
  expect(ada.store.rows.above.size).toBe(20);
  expect(ada.standing.outbox).toEqual([]);
  expect(slow.begun).toBeGreaterThan(100);
  expect(watched.late).toEqual([]);
  expect(watched.transactions.length).toBeGreaterThan(30);
  expect(watched.transactions.filter(({ isPaused, requests }) => isPaused || requests === 0)).toEqual([]);
  expect(new Set(watched.transactions.map(({ end }) => end))).toEqual(new Set(['complete']));
});

test('STORE-16: what another tab writes while a pull hashes and opens keeps its position, and the pull goes behind it', async () => {
  const { world, factory, ada, ben } = await watchedPair();
  await ben.put('by Ben');
  await ben.cycle();
  // The other tab of the same profile; nothing tells this one.
  const other = new Device(world, 'Ada', factory);
  other.use(await openStore(other.begin(), ada.store.space, { tailEveryMs: null }));
  let position = 0;
  world.meddle = async (sent, go) => {
    const answer = await go();
    if (sent.device !== 'Ada' || sent.path !== '/entries/read') return answer;
    await other.put('by the other tab');
    position = other.standing.position;
    return answer;
  };
  const before = ada.standing.position;
  expect((await ada.cycle()).applied).toBe(1);
  expect(position).toBe(before + 1);
  expect(ada.standing.outbox.map((item) => item.position)).toEqual([position]);
  expect([ada.title('by Ben'), ada.title('by the other tab')]).toEqual(['by Ben', 'by the other tab']);
  await other.store.refresh();
  expect(await other.digest()).toBe(await ada.digest());
});
