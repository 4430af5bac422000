/** Compaction over a real journal, in simulated IndexedDB. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { Changeset, Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { digestRows } from '../../src/model/digest.ts';
import { baseReading } from '../../src/store/base-reader.ts';
import { compact, sweep } from '../../src/store/compaction.ts';
import { property } from '../property.ts';
import { put, TestDevice, write } from './harness.ts';
import { indexes as definitions } from './query-check.ts';
import { OtherLog, start } from './space.ts';

const options = { indexes: [] };
/** So small that a few rows make several pages and levels. */
const sizes = { leaf: { least: 64, most: 256, fewest: 1 }, node: { least: 128, most: 512, fewest: 2 } };
const table = fc.constantFrom('items', 'lists');

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

test('STORE-7, STORE-19: a tab that has not read what another folded sweeps none of its pages', async () => {
  const here = await TestDevice.make(new IDBFactory());
  const tab = await here.openFounded();
  const other = await here.open();
  here.origin.deaf = true;
  const { base } = tab.store.standing;
  await write(tab, put('items', 'a', { n: 1 }));
  await compact(tab.store, options);
  await write(other, put('items', 'b', { n: 2 }));
  await compact(other.store, options);
  expect(await sweep(tab.store, base)).toBe(0);
  const again = await here.open();
  const seen: string[] = [];
  for await (const [, id] of again.store.rows.all()) seen.push(id);
  expect(seen).toEqual(['a', 'b']);
});

test('STORE-8: changes that all lose to the base are folded too, so that nothing folds them for ever', async () => {
  const here = await TestDevice.make(new IDBFactory());
  const tab = await here.openFounded();
  await write(tab, put('items', 'a', { n: 1 }));
  await compact(tab.store, options);
  const log = new OtherLog(here.space.space, asDeviceNumber(2));
  const late: Op = { kind: 'put', table: 'items', id: 'a', cells: new Map([['n', 0]]), seen: new Map() };
  const run = log.run([[{ stamp: makeStamp(start - 1000, 0), ops: [late] }]]);
  await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
  expect(tab.store.rows.above.size).toBe(0);
  expect(tab.store.weight.ops).toBe(1);
  expect(await compact(tab.store, options)).toBe(true);
  expect(tab.store.weight.ops).toBe(0);
  expect(await compact(tab.store, options)).toBe(false);
});

const ids = fc.integer({ min: 0, max: 30 }).map((n) => `r${n}`);
const cells = fc
  .dictionary(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 0, max: 9 }), { minKeys: 1 })
  .map((object) => new Map(Object.entries(object)));
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      table,
      id: ids,
      cells,
      seen: fc.constant(new Map()),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'restore' as const), table, id: ids }),
  },
);
const changes = fc.uniqueArray(op, {
  selector: (one) => `${one.table}/${one.id}`,
  minLength: 1,
  maxLength: 6,
});

property(
  'STORE-6, MRG-9: stores that took the same entries in other orders, folded at other times and under other schemas, have the same pages',
  150,
  fc.array(fc.tuple(fc.constantFrom(2, 3), changes), { minLength: 1, maxLength: 25 }),
  fc.infiniteStream(fc.nat(9)),
  async (entries, draws) => {
    const logs = new Map<number, Changeset[]>([
      [2, []],
      [3, []],
    ]);
    for (const [at, [device, ops]] of entries.entries()) {
      logs.get(device)?.push({ stamp: makeStamp(start + at, device), ops });
    }
    const bases = [];
    for (const indexes of [[], definitions]) {
      const here = await TestDevice.make(new IDBFactory());
      const { store } = await here.openFounded();
      const left = new Map([...logs].map(([device, all]) => [device, [...all]]));
      const cursors = new Map(
        [...logs.keys()].map((device) => [device, new OtherLog(here.space.space, asDeviceNumber(device))]),
      );
      while ([...left.values()].some(({ length }) => length > 0)) {
        const device = draws.next().value % 2 === 0 ? 2 : 3;
        const some = left.get(device)?.splice(0, 1 + (draws.next().value % 4)) ?? [];
        const run = cursors.get(device)?.run(some.map((changeset) => [changeset]));
        if (some.length > 0 && run !== undefined)
          await store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
        if (draws.next().value === 0) await compact(store, { indexes, sizes });
      }
      await compact(store, { indexes, sizes });
      bases.push(Object.fromEntries(store.standing.base.tables));
      await store.close();
    }
    expect(bases[1]).toEqual(bases[0]);
  },
);
