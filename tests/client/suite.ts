import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CairnError, type ErrorCode, type LiveResult, type Space } from '../../src/client/index.ts';
import { limits } from '../../src/limits.ts';
import type { schema } from './schema.ts';
import { rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

async function expectRefusal(promise: Promise<unknown>, code: ErrorCode): Promise<CairnError> {
  const thrown = await rejection(promise);
  expect(thrown).toBeInstanceOf(CairnError);
  if (!(thrown instanceof CairnError)) throw thrown;
  expect(thrown.code).toBe(code);
  return thrown;
}

/** What holds for every space, in memory or stored: run once for each (APP-19). */
export function describeClient(name: string, open: () => Promise<TestSpace>): void {
  describe(name, () => {
    let space: TestSpace;
    beforeEach(async () => {
      space = await open();
    });
    afterEach(async () => {
      await space.close();
    });

    const groceries = async (): Promise<string> => space.tables.lists.put({ title: 'Groceries' });

    test('APP-14: what happened begins with the opening, in this version of the schema, and holds none of what people wrote', async () => {
      const from = Date.now();
      await space.tables.lists.put({ title: 'Nobody else may read this' });
      const lines = await space.activity();
      expect(lines[0]).toEqual({
        kind: 'opened',
        schema: space.schema.version,
        before: null,
        at: lines[0]?.at,
      });
      // A day: the clocks of the page and of the worker are the same one, and the space was opened a moment ago.
      expect(Math.abs((lines[0]?.at ?? 0) - from)).toBeLessThan(86_400_000);
      expect(JSON.stringify(lines)).not.toContain('Nobody');
    });

    test('APP-6, APP-2: each value of a row names the device that wrote it and when, and that it is only here', async () => {
      const from = Date.now();
      const list = await groceries();
      const id = await space.tables.items.put({ list, title: 'Bread' });
      const authors = await space.tables.items.authors(id);
      expect(authors.map(({ column }) => column).sort()).toEqual(expect.arrayContaining(['list', 'title']));
      const own = space.status.value.devices.find(({ isThis }) => isThis)?.number;
      for (const { device, at, onRelay, onDevices } of authors) {
        expect({ device, onRelay, onDevices }).toEqual({ device: own, onRelay: false, onDevices: [] });
        expect(at).toBeGreaterThanOrEqual(from);
      }
      expect(await space.tables.items.authors('nothing was ever here')).toEqual([]);
    });

    describe('rows', () => {
      test('APP-19: what was put is read back, with defaults and empty columns filled in', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({ list, title: 'Bread' });
        expect(await space.tables.items.get(id)).toEqual({
          id,
          list,
          title: 'Bread',
          note: '',
          done: false,
          priority: null,
          due: null,
        });
        expect(await space.tables.lists.get(list)).toEqual({ id: list, title: 'Groceries', order: null });
      });

      test('APP-19: a row that is not there is null, in every table', async () => {
        expect(await space.tables.items.get('nobody')).toBeNull();
        expect(await space.tables.lists.get('')).toBeNull();
      });

      test('LOG-2: the greatest and least safe integers, and every type of column, come back equal', async () => {
        const friend = await groceries();
        for (const count of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0]) {
          const row = {
            name: 'Ünïcode ✓ 日本 🪨',
            count,
            weight: 0.1,
            made: 1_700_000_000_123,
            extra: { tags: ['a', 'b'] },
            friend,
          };
          const id = await space.tables.things.put(row);
          expect(await space.tables.things.get(id)).toEqual({ id, ...row });
        }
      });

      test('APP-19: a put with an id replaces the row, and columns not given are default or empty again', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({
          id: 'mine',
          list,
          title: 'Bread',
          note: 'rye',
          priority: 2,
        });
        expect(id).toBe('mine');
        await space.tables.items.put({ id, list, title: 'Rolls' });
        expect(await space.tables.items.get(id)).toMatchObject({ title: 'Rolls', note: '', priority: null });
      });

      test('MRG-1: a patch changes the columns it names and leaves the others', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({ list, title: 'Bread', priority: 3 });
        await space.tables.items.patch(id, { done: true });
        expect(await space.tables.items.get(id)).toMatchObject({ title: 'Bread', priority: 3, done: true });
        await space.tables.items.patch(id, { priority: null });
        expect(await space.tables.items.get(id)).toMatchObject({
          title: 'Bread',
          priority: null,
          done: true,
        });
      });

      test('MRG-4: a deleted row is gone, and restoring or putting it brings it back', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({ list, title: 'Bread', note: 'rye' });
        const before = await space.tables.items.get(id);
        await space.tables.items.delete(id);
        expect(await space.tables.items.get(id)).toBeNull();
        expect(await space.tables.items.query()).toEqual([]);
        await space.tables.items.restore(id);
        expect(await space.tables.items.get(id)).toEqual(before);
        await space.tables.items.delete(id);
        await space.tables.items.put({ id, list, title: 'New' });
        expect(await space.tables.items.get(id)).toMatchObject({ title: 'New', note: '' });
      });

      test('APP-19, MRG-4: deleted rows are found as they were, the last first, with what they hide, until they are restored', async () => {
        const list = await groceries();
        const bread = await space.tables.items.put({ list, title: 'Bread', note: 'Rye' });
        await space.tables.items.put({ list, title: 'Milk' });
        const empty = await space.tables.lists.put({ title: 'Empty' });
        const from = Date.now();
        await space.tables.items.delete(bread);
        await space.tables.lists.delete(empty);
        await space.tables.lists.delete(list);
        expect(await space.tables.items.deleted()).toEqual([
          {
            row: expect.objectContaining({ id: bread, list, title: 'Bread', note: 'Rye' }),
            at: expect.any(Number),
            device: space.status.value.devices.find(({ isThis }) => isThis)?.number,
            hides: 0,
          },
        ]);
        const lists = await space.tables.lists.deleted();
        expect(lists.map(({ row, hides }) => [row.title, hides])).toEqual([
          ['Groceries', 1],
          ['Empty', 0],
        ]);
        // A minute: stamps never stand behind the clock, and hardly before it.
        for (const { at } of lists) expect(Math.abs(at - from)).toBeLessThan(60_000);
        expect(await space.tables.lists.deleted(1)).toHaveLength(1);
        await expectRefusal(space.tables.lists.deleted(-1), 'value-invalid');
        await space.tables.lists.restore(list);
        expect((await space.tables.lists.deleted()).map(({ row }) => row.title)).toEqual(['Empty']);
        await space.tables.items.restore(bread);
        expect(await space.tables.items.deleted()).toEqual([]);
      });

      test('APP-19: a patch or restore of a row that is not there is refused; deleting it does nothing', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({ list, title: 'Bread' });
        await expectRefusal(space.tables.items.patch('nobody', { title: 'x' }), 'not-found');
        await expectRefusal(space.tables.items.restore('nobody'), 'not-found');
        await space.tables.items.delete('nobody');
        await space.tables.items.delete(id);
        await expectRefusal(space.tables.items.patch(id, { title: 'x' }), 'not-found');
        await space.tables.items.delete(id);
        expect(await space.tables.items.count()).toBe(0);
      });

      test('MRG-7: deleting a parent hides its children, and restoring it shows them unchanged', async () => {
        const list = await groceries();
        const id = await space.tables.items.put({ list, title: 'Bread' });
        const before = await space.tables.items.get(id);
        await space.tables.lists.delete(list);
        expect(await space.tables.items.get(id)).toBeNull();
        expect(await space.tables.items.count()).toBe(0);
        await space.tables.lists.restore(list);
        expect(await space.tables.items.get(id)).toEqual(before);
      });

      test('MRG-8: a child that came before its parent waits unseen, is counted, and appears with it', async () => {
        const id = await space.tables.items.put({ list: 'later', title: 'Bread' });
        expect(await space.tables.items.get(id)).toBeNull();
        await until(space.status, ({ rows }) => rows?.hidden === 1);
        await space.tables.lists.put({ id: 'later', title: 'Groceries' });
        expect(await space.tables.items.get(id)).toMatchObject({ title: 'Bread' });
        const { rows } = await until(space.status, (status) => status.rows?.hidden === 0);
        expect(rows).toEqual({ live: 2, hidden: 0 });
      });
    });

    describe('values', () => {
      const refused: readonly [string, Record<string, unknown>][] = [
        ['a number where text belongs', { name: 7 }],
        ['no value for a required column', { count: 1 }],
        ['null for a required column', { name: null }],
        ['a fraction where an integer belongs', { name: 'a', count: 1.5 }],
        ['an integer beyond the safe range', { name: 'a', count: 2 ** 53 }],
        ['a number that is none', { name: 'a', weight: Number.NaN }],
        ['a date that is text', { name: 'a', made: '2026-01-01' }],
        ['a column the schema does not name', { name: 'a', colour: 'red' }],
        ['half of a surrogate pair', { name: '\ud800' }],
        ['a function', { name: 'a', extra: () => {} }],
        ['a function inside json', { name: 'a', extra: { tags: [() => {}] } }],
        ['an id that is no text', { id: 5, name: 'a' }],
        ['an empty id', { id: '', name: 'a' }],
        ['an id over 128 bytes', { id: 'x'.repeat(limits.rowIdBytes + 1), name: 'a' }],
        ['a cell over 32 KiB', { name: 'x'.repeat(limits.cellBytes) }],
      ];
      test('MRG-13, APP-18: a value, column or id that the schema has no place for is refused as value-invalid, unwritten', async () => {
        // What a program without types could pass.
        const put = space.tables.things.put as (row: Record<string, unknown>) => Promise<string>;
        for (const [what, row] of refused) {
          const thrown = await rejection(put(row));
          expect([what, thrown]).toMatchObject([what, { code: 'value-invalid' }]);
          expect(thrown).toBeInstanceOf(CairnError);
        }
        expect(await space.tables.things.count()).toBe(0);
      });

      test('MRG-13: the longest id and the largest cell are taken', async () => {
        const id = 'x'.repeat(limits.rowIdBytes);
        // A text of 32,765 bytes has a head of 3 bytes.
        const name = 'y'.repeat(limits.cellBytes - 3);
        expect(await space.tables.things.put({ id, name })).toBe(id);
        expect((await space.tables.things.get(id))?.name).toBe(name);
      });

      test('APP-18: an error names table and column, as a CairnError with the values of the other side', async () => {
        const put = space.tables.things.put as (row: Record<string, unknown>) => Promise<string>;
        const error = await expectRefusal(put({ name: 'a', count: 'b' }), 'value-invalid');
        expect(error.values).toMatchObject({ table: 'things', column: 'count' });
      });

      test('PUSH-11: a transaction too large for one entry is refused whole before it is written', async () => {
        const error = await expectRefusal(
          space.transaction(async (tx) => {
            for (let i = 0; i < 20; i += 1) tx.tables.things.put({ name: noise(20_000, i) });
          }),
          'transaction-too-large',
        );
        expect(error.values).toMatchObject({ limit: limits.entryBytes });
        expect(await space.tables.things.count()).toBe(0);
      });

      test('PUSH-11: a transaction that fits one entry only deflated is taken', async () => {
        await space.transaction((tx) => {
          for (let i = 0; i < 20; i += 1) tx.tables.things.put({ name: 'the same again '.repeat(1300) });
        });
        expect(await space.tables.things.count()).toBe(20);
      });

      test('APP-19: what the program changes after a call or in an answer changes nothing in the space', async () => {
        const row = { name: 'a', extra: { tags: ['before'] } };
        const putting = space.tables.things.put(row);
        row.extra.tags.push('after');
        const id = await putting;
        const read = await space.tables.things.get(id);
        expect(read?.extra).toEqual({ tags: ['before'] });
        read?.extra?.tags.push('mine');
        expect((await space.tables.things.get(id))?.extra).toEqual({ tags: ['before'] });
      });
    });

    describe('queries', () => {
      const names = ['Éclair', 'apple', 'Banana', 'cherry', '日本', 'banana', '🪨'];
      beforeEach(async () => {
        await space.transaction((tx) => {
          names.forEach((name, i) => {
            tx.tables.things.put({ id: `t${i}`, name, count: i, weight: i % 2 === 0 ? null : i / 2 });
          });
        });
      });
      const ids = async (query: Parameters<TestSpace['tables']['things']['query']>[0]): Promise<string[]> =>
        (await space.tables.things.query(query)).map((row) => row.id);

      test('APP-19: equality, in, and ranges', async () => {
        expect(await ids({ where: { name: 'cherry' } })).toEqual(['t3']);
        expect(await ids({ where: { count: { in: [1, 5, 99] } } })).toEqual(['t1', 't5']);
        expect(await ids({ where: { count: { gte: 2, lt: 4 } } })).toEqual(['t2', 't3']);
        expect(await ids({ where: { count: { gt: 4 }, name: { prefix: 'b' } } })).toEqual(['t5']);
        expect(await ids({ where: { weight: null } })).toEqual(['t0', 't2', 't4', 't6']);
      });

      test('APP-19: orders by columns in either direction, ties by id, and takes a limit', async () => {
        expect(await ids({ orderBy: [['count', 'desc']], limit: 3 })).toEqual(['t6', 't5', 't4']);
        expect(await ids({ orderBy: 'weight' })).toEqual(['t0', 't2', 't4', 't6', 't1', 't3', 't5']);
        expect(await ids({ orderBy: 'name' })).toEqual(['t2', 't1', 't5', 't3', 't0', 't4', 't6']);
        expect(await ids({ limit: 0 })).toEqual([]);
      });

      test('APP-19: `after` a row of the last page gives the next page', async () => {
        const first = await space.tables.things.query({ orderBy: [['count', 'desc']], limit: 3 });
        const last = first.at(-1);
        if (last === undefined) throw new Error('no rows');
        expect(await ids({ orderBy: [['count', 'desc']], limit: 3, after: last })).toEqual([
          't3',
          't2',
          't1',
        ]);
      });

      test('APP-19: count gives the number of rows that the query gives', async () => {
        expect(await space.tables.things.count()).toBe(names.length);
        expect(await space.tables.things.count({ where: { count: { gt: 2 } } })).toBe(4);
        expect(await space.tables.things.count({ limit: 2 })).toBe(2);
      });

      test('APP-18: a query the schema does not know is refused with a code', async () => {
        const query = space.tables.things.query as (query: unknown) => Promise<unknown>;
        await expectRefusal(query({ where: { colour: 'red' } }), 'value-invalid');
        await expectRefusal(query({ orderBy: 'colour' }), 'value-invalid');
        await expectRefusal(query({ limit: -1 }), 'value-invalid');
        await expectRefusal(query({ where: { name: () => true } }), 'value-invalid');
      });
    });

    describe('transactions', () => {
      test('MRG-5, APP-16: all writes of a transaction become visible together', async () => {
        const live = space.tables.items.live();
        const counts: number[] = [];
        live.subscribe(({ rows, loading }) => {
          if (!loading) counts.push(rows.length);
        });
        await until(live, ({ loading }) => !loading);
        await space.transaction(async (tx) => {
          const list = tx.tables.lists.put({ title: 'Groceries' });
          for (const title of ['Bread', 'Milk', 'Eggs']) tx.tables.items.put({ list, title });
        });
        await until(live, ({ rows }) => rows.length > 0);
        expect(counts).toEqual([0, 3]);
        live.close();
      });

      test('APP-16: reads see the writes of their own transaction, by id, by query, by count and through parents', async () => {
        const list = await groceries();
        const other = await space.tables.items.put({ list, title: 'Old', priority: 5 });
        const seen = await space.transaction(async (tx) => {
          const { items, lists } = tx.tables;
          const own = items.put({ list, title: 'Own', priority: 1 });
          items.patch(other, { priority: 0 });
          const ordered = (await items.query({ orderBy: 'priority' })).map((row) => row.title);
          const row = await items.get(own);
          items.delete(other);
          const gone = await items.get(other);
          const left = await items.count();
          items.restore(other);
          const back = await items.get(other);
          lists.delete(list);
          const hidden = await items.query();
          lists.restore(list);
          const shown = await items.count();
          return { ordered, row, gone, left, back, hidden, shown };
        });
        expect(seen.ordered).toEqual(['Old', 'Own']);
        expect(seen.row).toMatchObject({ title: 'Own', priority: 1, note: '' });
        expect(seen.gone).toBeNull();
        expect(seen.left).toBe(1);
        expect(seen.back).toMatchObject({ priority: 0 });
        expect(seen.hidden).toEqual([]);
        expect(seen.shown).toBe(2);
      });

      test('APP-16: nothing of a running transaction is seen outside before it commits', async () => {
        const list = await groceries();
        await space.transaction(async (tx) => {
          const id = tx.tables.items.put({ list, title: 'Bread' });
          expect(await tx.tables.items.get(id)).not.toBeNull();
          expect(await space.tables.items.get(id)).toBeNull();
          expect(await space.tables.items.count()).toBe(0);
        });
        expect(await space.tables.items.count()).toBe(1);
      });

      test('APP-16: a function that throws writes nothing, and the caller gets what it threw', async () => {
        const list = await groceries();
        const mine = new Error('mine');
        const thrown = await rejection(
          space.transaction(async (tx) => {
            tx.tables.items.put({ list, title: 'Bread' });
            await tx.tables.items.query();
            throw mine;
          }),
        );
        expect(thrown).toBe(mine);
        expect(await space.tables.items.count()).toBe(0);
      });

      test('APP-16: it runs again when a row that it read has changed, and then decides on the new one', async () => {
        const id = await space.tables.things.put({ name: 'counter', count: 1 });
        let runs = 0;
        await space.transaction(async (tx) => {
          runs += 1;
          const row = await tx.tables.things.get(id);
          if (runs === 1) await space.tables.things.patch(id, { count: 10 });
          tx.tables.things.patch(id, { count: (row?.count ?? 0) + 1 });
        });
        expect(runs).toBe(2);
        expect((await space.tables.things.get(id))?.count).toBe(11);
      });

      test('APP-16: it runs again when a query that it made would give other rows', async () => {
        await space.tables.things.put({ name: 'a', count: 1 });
        let runs = 0;
        const total = await space.transaction(async (tx) => {
          runs += 1;
          const rows = await tx.tables.things.query({ where: { count: { gt: 0 } } });
          if (runs === 1) await space.tables.things.put({ name: 'b', count: 5 });
          const sum = rows.reduce((all, row) => all + row.count, 0);
          tx.tables.things.put({ id: 'total', name: 'total', count: -sum });
          return sum;
        });
        expect(runs).toBe(2);
        expect(total).toBe(6);
        expect((await space.tables.things.get('total'))?.count).toBe(-6);
      });

      test('APP-16: two reads are never of two moments: a change between them is seen by none of them', async () => {
        const [a, b] = ['a', 'b'];
        const write = (count: number): Promise<void> =>
          space.transaction((tx) => {
            tx.tables.things.put({ id: a, name: a, count });
            tx.tables.things.put({ id: b, name: b, count });
          });
        await write(1);
        let runs = 0;
        const pair = await space.transaction(async (tx) => {
          runs += 1;
          const first = await tx.tables.things.get(a);
          if (runs === 1) await write(2);
          const second = await tx.tables.things.get(b);
          return [first?.count, second?.count];
        });
        expect(pair).toEqual([2, 2]);
        expect(runs).toBe(2);
      });

      test('APP-16: a change to rows that it did not read does not run it again', async () => {
        const id = await space.tables.things.put({ name: 'read', count: 1 });
        await space.tables.things.put({ id: 'other', name: 'not read' });
        let runs = 0;
        await space.transaction(async (tx) => {
          runs += 1;
          await tx.tables.things.get(id);
          await tx.tables.things.query({ where: { name: 'read' } });
          if (runs === 1) await space.tables.things.patch('other', { count: 7 });
          tx.tables.things.patch(id, { count: 2 });
        });
        expect(runs).toBe(1);
        expect((await space.tables.things.get(id))?.count).toBe(2);
      });

      test('APP-16: a function that swallows `moved` does not commit what it decided on', async () => {
        const id = await space.tables.things.put({ name: 'counter', count: 1 });
        let runs = 0;
        await space.transaction(async (tx) => {
          runs += 1;
          await tx.tables.things.get(id);
          if (runs === 1) await space.tables.things.patch(id, { count: 10 });
          const again = await tx.tables.things.get('other').catch(() => 'swallowed');
          tx.tables.things.put({ id: 'result', name: String(again) });
        });
        expect(runs).toBe(2);
        expect((await space.tables.things.get('result'))?.name).toBe('null');
      });

      test('APP-16, TEST-7: after ten runs that were all overtaken it gives up as moved and has written nothing', async () => {
        const id = await space.tables.things.put({ name: 'counter', count: 0 });
        let runs = 0;
        await expectRefusal(
          space.transaction(async (tx) => {
            runs += 1;
            const row = await tx.tables.things.get(id);
            await space.tables.things.patch(id, { count: (row?.count ?? 0) + 1 });
            tx.tables.things.put({ name: 'never' });
          }),
          'moved',
        );
        expect(runs).toBe(10);
        expect(await space.tables.things.count()).toBe(1);
        expect((await space.tables.things.get(id))?.count).toBe(10);
      });

      test('APP-16: counters raised side by side lose nothing', async () => {
        const id = await space.tables.things.put({ name: 'counter', count: 0 });
        const raise = (): Promise<void> =>
          space.transaction(async (tx) => {
            const row = await tx.tables.things.get(id);
            tx.tables.things.patch(id, { count: (row?.count ?? 0) + 1 });
          });
        await Promise.all(Array.from({ length: 6 }, raise));
        expect((await space.tables.things.get(id))?.count).toBe(6);
      });

      test('MRG-6: within a transaction the last write of a row decides', async () => {
        const list = await groceries();
        await space.transaction((tx) => {
          const { items } = tx.tables;
          items.put({ id: 'a', list, title: 'one' });
          items.patch('a', { title: 'two', done: true });
          items.put({ id: 'b', list, title: 'one' });
          items.delete('b');
          items.put({ id: 'c', list, title: 'one' });
          items.delete('c');
          items.put({ id: 'c', list, title: 'three' });
        });
        const rows = await space.tables.items.query();
        expect(rows.map(({ id, title, done }) => [id, title, done])).toEqual([
          ['a', 'two', true],
          ['c', 'three', false],
        ]);
      });

      test('APP-16: one bad write refuses the whole transaction', async () => {
        const list = await groceries();
        const error = await expectRefusal(
          space.transaction((tx) => {
            tx.tables.items.put({ list, title: 'Bread' });
            tx.tables.items.patch('nobody', { title: 'x' });
          }),
          'not-found',
        );
        expect(error.values).toMatchObject({ table: 'items', id: 'nobody' });
        expect(await space.tables.items.count()).toBe(0);
      });

      test('APP-16: an empty transaction and one that only reads write nothing and give their value', async () => {
        const list = await groceries();
        expect(await space.transaction(() => 'nothing')).toBe('nothing');
        // The status follows a write, in WebKit after its answer.
        await until(space.status, ({ unsent }) => unsent === 1);
        const before = space.status.value.unsent;
        expect(await space.transaction((tx) => tx.tables.lists.get(list))).toMatchObject({
          title: 'Groceries',
        });
        expect(space.status.value.unsent).toBe(before);
      });

      test('APP-16: what runs on after the transaction is over is refused', async () => {
        const kept = await space.transaction((tx) => tx);
        expect(() => kept.tables.things.put({ name: 'late' })).toThrow(CairnError);
        await expectRefusal(kept.tables.things.query(), 'closed');
        expect(await space.tables.things.count()).toBe(0);
      });
    });

    describe('live queries', () => {
      test('APP-13: a live query gives its rows, and then what changed, in order', async () => {
        const list = await groceries();
        const live = space.tables.items.live({ where: { list }, orderBy: 'title' });
        expect(live.value).toEqual({ rows: [], loading: true, error: null });
        await until(live, ({ loading }) => !loading);
        const b = await space.tables.items.put({ list, title: 'b' });
        await space.tables.items.put({ list, title: 'c' });
        await space.tables.items.put({ list, title: 'a' });
        await until(live, ({ rows }) => rows.map((row) => row.title).join('') === 'abc');
        await space.tables.items.patch(b, { title: 'z' });
        await until(live, ({ rows }) => rows.map((row) => row.title).join('') === 'acz');
        await space.tables.items.delete(b);
        await until(live, ({ rows }) => rows.map((row) => row.title).join('') === 'ac');
        live.close();
      });

      test('APP-13: a row in which nothing changed stays the same object', async () => {
        const list = await groceries();
        const a = await space.tables.items.put({ list, title: 'a' });
        const b = await space.tables.items.put({ list, title: 'b' });
        const live = space.tables.items.live({ orderBy: 'title' });
        const before = await until(live, ({ rows }) => rows.length === 2);
        await space.tables.items.patch(b, { done: true });
        const after = await until(live, ({ rows }) => rows[1]?.done === true);
        expect(after.rows[0]).toBe(before.rows[0]);
        expect(after.rows[0]?.id).toBe(a);
        expect(after.rows[1]).not.toBe(before.rows[1]);
        live.close();
      });

      test('APP-13: a long answer comes in pieces, in order, and a list that comes back does so too', async () => {
        const list = await groceries();
        const count = 4_800;
        for (let written = 0; written < count; written += 800) {
          await space.transaction(({ tables }) => {
            for (let i = written; i < written + 800; i += 1) {
              tables.items.put({ list, title: String((i * 7919) % count).padStart(4, '0') });
            }
          });
        }
        const live = space.tables.items.live({ where: { list }, orderBy: 'title' });
        const lengths: number[] = [];
        const stop = live.subscribe(({ rows, loading }) => {
          if (rows.length === 0) return;
          lengths.push(rows.length);
          expect(loading).toBe(rows.length < count);
          expect(rows.every(({ title }, i) => title === String(i).padStart(4, '0'))).toBe(true);
        });
        const { rows } = await until(live, ({ loading }) => !loading);
        expect(lengths).toEqual([200, 2_200, 4_200, 4_800]);
        expect(rows).toEqual(await space.tables.items.query({ where: { list }, orderBy: 'title' }));
        await space.tables.lists.delete(list);
        await until(live, (result) => !result.loading && result.rows.length === 0);
        await space.tables.lists.restore(list);
        await until(live, (result) => !result.loading && result.rows.length === count);
        expect(lengths).toEqual([200, 2_200, 4_200, 4_800, 2_000, 4_000, 4_800]);
        stop();
        live.close();
      });

      test('MRG-7: a live query hears of rows that a parent hides and shows', async () => {
        const list = await groceries();
        await space.tables.items.put({ list, title: 'a' });
        const live = space.tables.items.live();
        await until(live, ({ rows }) => rows.length === 1);
        await space.tables.lists.delete(list);
        await until(live, ({ rows, loading }) => !loading && rows.length === 0);
        await space.tables.lists.restore(list);
        await until(live, ({ rows }) => rows.length === 1);
        live.close();
      });

      test('APP-13: a limited query fills up from behind when a row in it goes, and pushes out when one comes', async () => {
        for (let i = 0; i < 9; i += 1)
          await space.tables.things.put({ id: `t${i}`, name: 'x', count: i * 10 });
        const live = space.tables.things.live({ orderBy: 'count', limit: 3 });
        const counts = ({ rows }: LiveResult<{ count: number }>): string =>
          rows.map((row) => row.count).join(' ');
        await until(live, (result) => counts(result) === '0 10 20');
        await space.tables.things.delete('t1');
        await until(live, (result) => counts(result) === '0 20 30');
        await space.tables.things.patch('t0', { count: 999 });
        await until(live, (result) => counts(result) === '20 30 40');
        await space.tables.things.patch('t0', { count: 5 });
        await until(live, (result) => counts(result) === '5 20 30');
        await space.transaction((tx) => {
          for (let i = 0; i < 8; i += 1) tx.tables.things.delete(`t${i}`);
        });
        await until(live, (result) => counts(result) === '80');
        live.close();
      });

      test('PULL-18: a write that changes nothing to be seen causes no notice', async () => {
        const id = await space.tables.things.put({ name: 'a', count: 1 });
        const live = space.tables.things.live({ where: { name: 'a' } });
        await until(live, ({ rows }) => rows.length === 1);
        const heard: number[] = [];
        const stop = live.subscribe(({ rows }) => heard.push(rows[0]?.count ?? -1));
        await space.tables.things.patch(id, { count: 1 });
        await space.tables.things.put({ name: 'not in the query' });
        await space.tables.things.patch(id, { count: 2 });
        await until(live, ({ rows }) => rows[0]?.count === 2);
        expect(heard).toEqual([1, 2]);
        stop();
        live.close();
      });

      test('APP-18: a live query that the schema does not know shows the error and stops loading', async () => {
        const start = space.tables.things.live as (
          query: unknown,
        ) => ReturnType<TestSpace['tables']['things']['live']>;
        const live = start({ where: { colour: 'red' } });
        const { error, loading } = await until(live, (result) => result.error !== null);
        expect(error?.code).toBe('value-invalid');
        expect(loading).toBe(false);
        live.close();
      });

      test('APP-13: a closed live query hears nothing more', async () => {
        const live = space.tables.things.live();
        const other = space.tables.things.live();
        await until(live, ({ loading }) => !loading);
        let heard = 0;
        live.subscribe(() => {
          heard += 1;
        });
        live.close();
        await space.tables.things.put({ name: 'a' });
        await until(other, ({ rows }) => rows.length === 1);
        expect(heard).toBe(1);
        expect(live.value.rows).toEqual([]);
        other.close();
      });
    });

    describe('the space', () => {
      test('APP-8: the status counts what is unsent and knows no number it cannot know', async () => {
        const { unsent } = space.status.value;
        await space.tables.things.put({ name: 'a' });
        await space.transaction((tx) => {
          tx.tables.things.put({ name: 'b' });
          tx.tables.things.put({ name: 'c' });
        });
        const status = await until(space.status, (now) => now.unsent === unsent + 3);
        expect(status.reasons.length).toBeGreaterThan(0);
        expect(status.asOf).toBeNull();
        expect(status.relay.acknowledged).toBeNull();
        expect(status.devices.filter((device) => device.isThis)).toHaveLength(1);
      });

      test('MRG-2: the digest follows from the rows, and any write changes it', async () => {
        const empty = await space.digest();
        expect(empty).toMatch(/^[0-9a-f]{64}$/);
        await space.tables.things.put({ id: 'a', name: 'a' });
        const one = await space.digest();
        expect(one).not.toBe(empty);
        expect(await space.digest()).toBe(one);
        await space.tables.things.delete('a');
        expect([empty, one]).not.toContain(await space.digest());
      });

      test('APP-7: erasing with unsent changes is refused until their number has been seen', async () => {
        await space.tables.things.put({ name: 'a' });
        const { unsent } = await until(space.status, (status) => status.unsent > 0);
        const error = await expectRefusal(space.erase(), 'not-allowed');
        expect(error.values).toEqual({ unsent });
        await expectRefusal(space.erase({ unsentSeen: unsent - 1 }), 'not-allowed');
        expect(await space.tables.things.count()).toBe(1);
        await space.erase({ unsentSeen: unsent });
        await expectRefusal(space.tables.things.count(), 'closed');
      });

      test('APP-18: a closed space refuses every call with its code, and closing twice is harmless', async () => {
        await space.close();
        await space.close();
        await expectRefusal(space.tables.things.put({ name: 'a' }), 'closed');
        await expectRefusal(space.tables.things.query(), 'closed');
        await expectRefusal(
          space.transaction((tx) => tx.tables.things.query()),
          'closed',
        );
        await expectRefusal(space.syncNow(), 'closed');
        await expectRefusal(space.activity(), 'closed');
      });
    });
  });
}

/** Text that deflate cannot make much smaller. */
function noise(length: number, seed: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}
