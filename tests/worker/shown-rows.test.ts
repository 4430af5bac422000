import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { isLive, type RowKey, type RowState } from '../../src/model/row.ts';
import { defineSchema, ref, requiredRefs, tableOf, text } from '../../src/model/schema.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import { Rows } from '../../src/store/rows.ts';
import { RowCounts } from '../../src/worker/row-counts.ts';
import { StoreRows } from '../../src/worker/shown-rows.ts';
import { property } from '../property.ts';

/** Spaces hold lists, lists hold items, and an item also names a person; a note may name an item. */
const schema = defineSchema({
  version: 1,
  tables: {
    spaces: { title: text() },
    people: { name: text() },
    lists: { space: ref('spaces') },
    items: { list: ref('lists'), who: ref('people'), also: ref('items', { optional: true }) },
    notes: { item: ref('items', { optional: true }) },
  },
});

const clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => undefined };

/** Rows of a store, and what is shown of them. */
class World {
  readonly rows = new Rows();
  readonly shown = new StoreRows(schema, this.rows);
  readonly #counts = new RowCounts(clock, this.rows, this.shown, () => undefined);
  #stamp = 0;
  #position = 0;

  /** Writes some ops as they come, and says that their rows changed. */
  write(...ops: readonly (Op | readonly [Op, number])[]): void {
    const changed = new ChangedRows();
    for (const one of ops) {
      const [op, stamp] = 'kind' in one ? [one, ++this.#stamp] : one;
      this.#position += 1;
      this.rows.apply({ stamp: asStamp(stamp), ops: [op] }, asDeviceNumber(1), this.#position, changed);
    }
    this.shown.changed(changed.keys());
    this.#counts.changed();
  }

  get(table: string, id: string): RowState | undefined {
    return this.rows.get(table, id);
  }

  get counts() {
    return this.#counts.value;
  }

  isShown(table: string, id: string): boolean {
    return this.shown.isShown(table, id);
  }

  keys(): RowKey[] {
    return this.rows.tables().flatMap((table) => this.rows.above.ids(table).map((id): RowKey => [table, id]));
  }

  /** The definition: live, and every required reference names a row that shows. */
  shows(table: string, id: string): boolean {
    const row = this.get(table, id);
    if (row === undefined || !isLive(row)) return false;
    return requiredRefs(tableOf(schema, table)).every(({ column, target }) => {
      const value = row.cells.get(column)?.value;
      return typeof value === 'string' && this.shows(target, value);
    });
  }
}

const put = (table: string, id: string, cells: Record<string, CborValue>): Op => ({
  kind: 'put',
  table,
  id,
  cells: new Map(Object.entries(cells)),
  seen: new Map(),
});

/** An op on a few rows of each table, so that references often meet, with references of wrong types among them. */
const tables = fc.constantFrom<'spaces' | 'people' | 'lists' | 'items' | 'notes'>(
  'spaces',
  'people',
  'lists',
  'items',
  'notes',
);
const target = fc.constantFrom<CborValue>('1', '2', '3', '3', null, 3, new Uint8Array(1));
const ops: fc.Arbitrary<Op> = tables.chain((table) => {
  const columns = Object.keys(schema.tables[table]);
  const id = fc.constantFrom('1', '2', '3');
  const cells = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...columns), target), { minLength: 1, selector: ([name]) => name })
    .map((entries) => new Map(entries));
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(id, cells)
        .map(([at, written]): Op => ({ kind: 'put', table, id: at, cells: written, seen: new Map() })),
    },
    { weight: 1, arbitrary: id.map((at): Op => ({ kind: 'delete', table, id: at })) },
    { weight: 1, arbitrary: id.map((at): Op => ({ kind: 'restore', table, id: at })) },
  );
});

property(
  'MRG-7, MRG-8: after every batch, in any order of arrival, what shows is what the definition says; what is hidden is counted; and the tables are named of which rows flipped that did not change',
  2_000,
  fc.array(fc.array(fc.tuple(ops, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 }), {
    maxLength: 10,
  }),
  fc.boolean(),
  (batches, looksFirst) => {
    const world = new World();
    let before = new Set<string>();
    for (const batch of batches) {
      world.write(...batch);
      const check = (): Set<string> => {
        const now = new Set<string>();
        let hidden = 0;
        for (const [table, id] of world.keys()) {
          const shows = world.shows(table, id);
          expect([table, id, world.isShown(table, id)]).toEqual([table, id, shows]);
          if (shows) now.add(`${table}/${id}`);
          const row = world.get(table, id);
          if (row !== undefined && isLive(row) && !shows) hidden += 1;
        }
        expect(world.counts).toEqual({ live: now.size, hidden });
        return now;
      };
      if (looksFirst) check();
      const flipped = world.shown.takeFlipped();
      const now = check();
      const changed = new Set(batch.map(([{ table, id }]) => `${table}/${id}`));
      for (const key of [...before, ...now]) {
        if (before.has(key) === now.has(key) || changed.has(key)) continue;
        expect(flipped).toContain(key.split('/')[0]);
      }
      before = now;
    }
  },
);

describe('by example', () => {
  const item = { list: 'l', who: 'p' };
  const full = (): World => {
    const world = new World();
    world.write(put('spaces', 's', { title: '' }), put('people', 'p', { name: '' }));
    world.write(put('lists', 'l', { space: 's' }), put('items', 'i', item));
    return world;
  };

  test('MRG-7: a child that comes before its parents shows when the last of them is here', () => {
    const world = new World();
    world.write(put('items', 'i', item));
    world.write(put('lists', 'l', { space: 's' }));
    expect(world.isShown('items', 'i')).toBe(false);
    world.write(put('spaces', 's', { title: '' }));
    expect([world.isShown('lists', 'l'), world.isShown('items', 'i')]).toEqual([true, false]);
    expect(world.counts).toEqual({ live: 2, hidden: 1 });
    world.write(put('people', 'p', { name: '' }));
    expect(world.isShown('items', 'i')).toBe(true);
    expect(world.shown.takeFlipped()).toEqual(new Set(['lists', 'items']));
  });

  test('MRG-7: deleting a parent hides what hangs on it, however far, and restoring shows it again unchanged', () => {
    const world = full();
    const before = world.get('items', 'i');
    expect(world.isShown('items', 'i')).toBe(true);
    world.write({ kind: 'delete', table: 'spaces', id: 's' });
    expect(world.isShown('items', 'i')).toBe(false);
    expect(world.counts).toEqual({ live: 1, hidden: 2 });
    world.write({ kind: 'restore', table: 'spaces', id: 's' });
    expect(world.get('items', 'i')).toBe(before);
    expect(world.isShown('items', 'i')).toBe(true);
  });

  test.each<[string, CborValue]>([
    ['null', null],
    ['a number', 7],
    ['bytes', new Uint8Array([108])],
  ])('MRG-7: a required reference that is %s leads nowhere', (_, value) => {
    const world = new World();
    world.write(put('spaces', 's', { title: '' }), put('lists', 'l', { space: value }));
    expect(world.isShown('lists', 'l')).toBe(false);
    expect(world.counts).toEqual({ live: 1, hidden: 1 });
  });

  test('MRG-7: an optional reference hides nothing', () => {
    const world = new World();
    world.write(put('notes', 'n', { item: 'nowhere' }));
    expect(world.isShown('notes', 'n')).toBe(true);
  });

  test('a row that is hidden and shown again before anyone looks has not flipped', () => {
    const world = full();
    expect(world.isShown('items', 'i')).toBe(true);
    world.write({ kind: 'delete', table: 'spaces', id: 's' }, { kind: 'restore', table: 'spaces', id: 's' });
    expect(world.shown.takeFlipped()).toEqual(new Set());
  });

  test('rows of a table that the schema does not know belong to no query and break none', () => {
    const world = new World();
    world.write(put('later', 'x', { a: 1 }));
    expect(world.isShown('later', 'x')).toBe(false);
    expect(world.counts).toEqual({ live: 0, hidden: 0 });
  });
});
