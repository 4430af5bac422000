/** A quota that the browser does not tell of: Chromium says that there are 10 GiB more than are used, whatever there is. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import type { StoreEvent } from '../../src/store/change.ts';
import { put, TestDevice, write } from './harness.ts';
import { turns } from './turns.ts';

const tenGiB = 10 * 1024 ** 3;
const storage = { estimate: async () => ({ usage: 74_000, quota: tenGiB + 74_000 }) };

test('STORE-24, STORE-20: a quota error that new connections do not cure is storage-full, whatever room the browser claims', async () => {
  const here = await TestDevice.make(new IDBFactory());
  await (await here.openFounded()).store.close();
  let full = false;
  const tab = await here.open({ storage }, ({ mode }) => (full && mode === 'readwrite' ? 'quota' : null));
  const { position } = tab.store.standing;
  const events: StoreEvent['kind'][] = [];
  tab.store.onEvent(({ kind }) => events.push(kind));
  for (const round of [1, 2]) {
    full = true;
    let ended = false;
    const refused = expect(write(tab, put('items', 'a', { round })))
      .rejects.toMatchObject({ code: 'storage-full' })
      .finally(() => {
        ended = true;
      });
    while (!ended) {
      tab.runtime.advance(100);
      await turns(1);
    }
    await refused;
    expect(tab.store.standing.position).toBe(position + round - 1);
    await tab.store.refresh();
    full = false;
    await write(tab, put('items', 'a', { round }));
    expect(events.filter((kind) => kind !== 'reopened')).toEqual(['full', 'room']);
    events.length = 0;
  }
  await tab.store.close();
});
