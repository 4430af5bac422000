/** Compaction over a real journal, in simulated IndexedDB. */
import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { digestRows } from '../../src/model/digest.ts';
import { baseReading } from '../../src/store/base-reader.ts';
import { compact, sweep } from '../../src/store/compaction.ts';
import { put, TestDevice, write } from './harness.ts';

const options = { indexes: [] };

test('STORE-4: what is folded into pages reads as before, here, in another tab and after opening again', async () => {
  const here = await TestDevice.make(indexedDB);
  const tab = await here.openFounded();
  const other = await here.open();
  for (let n = 0; n < 300; n += 1) await write(tab, put('items', `r${n}`, { n, title: `row ${n}` }));
  const before = await digestRows(tab.store.rows.all());
  expect(await compact(tab.store, options)).toBe(true);
  expect(tab.store.rows.above.size).toBe(0);
  expect(await digestRows(tab.store.rows.all())).toBe(before);
  await other.store.refresh();
  expect(other.store.rows.above.size).toBe(0);
  expect(await digestRows(other.store.rows.all())).toBe(before);
  await write(other, put('items', 'r7', { n: -7 }));
  await tab.store.refresh();
  const row = await tab.store.rows.read(() => tab.store.rows.get('items', 'r7'));
  expect([...(row?.cells ?? [])].map(([name, { value }]) => [name, value])).toEqual([
    ['n', -7],
    ['title', 'row 7'],
  ]);
  const again = await here.open();
  expect(again.store.standing).toEqual(tab.store.standing);
  expect(again.store.rows.above.size).toBe(1);
  expect(await digestRows(again.store.rows.all())).toBe(await digestRows(tab.store.rows.all()));
  const base = tab.store.standing.base;
  expect(await compact(again.store, options)).toBe(true);
  expect(await compact(again.store, options)).toBe(false);
  expect(await sweep(again.store, base)).toBe(0);
  expect(await sweep(again.store, again.store.standing.base)).toBeGreaterThan(0);
  await other.store.refresh();
  expect(await digestRows(other.store.rows.all())).toBe(await digestRows(again.store.rows.all()));
});

test('PULL-18, STORE-18: rows that were read on from another tab are told, also where the record behind them cannot be folded yet', async () => {
  const here = await TestDevice.make(indexedDB);
  const tab = await here.openFounded();
  let failures = 1;
  const other = await here.open({
    loadBaseReading: async () => {
      failures -= 1;
      if (failures >= 0) throw new CairnError('unavailable', 'no network, and that code is nowhere');
      return baseReading;
    },
  });
  here.origin.deaf = true;
  const told: string[] = [];
  other.store.onChange(({ rows }) => told.push(...rows.map(([, id]) => id)));
  await write(tab, put('items', 'a', { n: 1 }));
  await compact(tab.store, options);
  await write(tab, put('items', 'b', { n: 2 }));
  await expect(other.store.refresh()).rejects.toMatchObject({ code: 'unavailable' });
  expect(told).toEqual(['a']);
  await other.store.refresh();
  expect(told).toEqual(['a', 'b']);
});
