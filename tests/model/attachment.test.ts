import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { Attachment } from '../../src/model/attachment.ts';
import { mergeOp } from '../../src/model/merge.ts';
import { isLive, type RowKey, type RowState } from '../../src/model/row.ts';
import { defineSchema, ref, requiredRefs, tableOf, text } from '../../src/model/schema.ts';
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

class Rows {
  readonly #rows = new Map<string, RowState>();
  #stamp = 0;

  get(table: string, id: string): RowState | undefined {
    return this.#rows.get(JSON.stringify([table, id]));
  }

  write(op: Op, stamp = ++this.#stamp): RowKey {
    const key = JSON.stringify([op.table, op.id]);
    const version = { stamp: asStamp(stamp), device: asDeviceNumber(1) };
    this.#rows.set(key, mergeOp(this.#rows.get(key), op, version));
    return [op.table, op.id];
  }

  put(table: string, id: string, cells: Record<string, CborValue>): RowKey {
    return this.write({ kind: 'put', table, id, cells: new Map(Object.entries(cells)), seen: new Map() });
  }

  keys(): RowKey[] {
    return [...this.#rows.keys()].map((key): RowKey => JSON.parse(key));
  }

  /** The definition: live, and every required reference names a row that shows. */
  shows(table: string, id: string): boolean {
    const row = this.get(table, id);
    return row !== undefined && isLive(row) && this.attached(table, id);
  }

  attached(table: string, id: string): boolean {
    return requiredRefs(tableOf(schema, table)).every(({ column, target }) => {
      const value = this.get(table, id)?.cells.get(column)?.value;
      return typeof value === 'string' && this.shows(target, value);
    });
  }
}

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
  'MRG-7: after every batch, in any order of arrival, what shows is what the definition says, and exactly the rows that flipped are told',
  10_000,
  fc.array(fc.array(fc.tuple(ops, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 }), {
    maxLength: 10,
  }),
  (batches) => {
    const rows = new Rows();
    const attachment = new Attachment(schema, rows);
    let before = new Set<string>();
    for (const batch of batches) {
      const flipped = attachment.update(batch.map(([op, stamp]) => rows.write(op, stamp)));
      const now = new Set<string>();
      let hidden = 0;
      for (const [table, id] of rows.keys()) {
        const shows = rows.shows(table, id);
        expect([table, id, attachment.isShown(table, id)]).toEqual([table, id, shows]);
        expect(attachment.isAttached(table, id)).toBe(rows.attached(table, id));
        if (shows) now.add(JSON.stringify([table, id]));
        const row = rows.get(table, id);
        const isHidden = row !== undefined && isLive(row) && !shows;
        expect(attachment.hidden(table).has(id)).toBe(isHidden);
        if (isHidden) hidden += 1;
      }
      expect(attachment.counts).toEqual({ shown: now.size, hidden });
      const difference = [...before]
        .filter((key) => !now.has(key))
        .concat([...now].filter((key) => !before.has(key)));
      expect(flipped.map((key) => JSON.stringify(key)).sort()).toEqual(difference.sort());
      before = now;
    }
  },
);

describe('by example', () => {
  const world = (): { rows: Rows; attachment: Attachment } => {
    const rows = new Rows();
    return { rows, attachment: new Attachment(schema, rows) };
  };
  const item = { list: 'l', who: 'p' };

  test('MRG-7: a child that comes before its parents shows when the last of them is here', () => {
    const { rows, attachment } = world();
    expect(attachment.update([rows.put('items', 'i', item)])).toEqual([]);
    expect(attachment.update([rows.put('lists', 'l', { space: 's' })])).toEqual([]);
    expect(attachment.update([rows.put('spaces', 's', { title: '' })])).toEqual([
      ['spaces', 's'],
      ['lists', 'l'],
    ]);
    expect([...attachment.hidden('items')]).toEqual(['i']);
    expect(attachment.update([rows.put('people', 'p', { name: '' })])).toEqual([
      ['people', 'p'],
      ['items', 'i'],
    ]);
  });

  test('MRG-7: deleting a parent hides what hangs on it, however far, and restoring shows it again unchanged', () => {
    const { rows, attachment } = world();
    const keys = [rows.put('spaces', 's', { title: '' }), rows.put('people', 'p', { name: '' })];
    attachment.update([...keys, rows.put('lists', 'l', { space: 's' }), rows.put('items', 'i', item)]);
    const before = rows.get('items', 'i');
    attachment.update([rows.write({ kind: 'delete', table: 'spaces', id: 's' })]);
    expect(attachment.counts).toEqual({ shown: 1, hidden: 2 });
    const shown = attachment.update([rows.write({ kind: 'restore', table: 'spaces', id: 's' })]);
    expect(shown).toHaveLength(3);
    expect(rows.get('items', 'i')).toBe(before);
    expect(attachment.isShown('items', 'i')).toBe(true);
  });

  test.each<[string, CborValue]>([
    ['null', null],
    ['a number', 7],
    ['bytes', new Uint8Array([108])],
  ])('MRG-7: a required reference that is %s leads nowhere', (_, value) => {
    const { rows, attachment } = world();
    attachment.update([rows.put('spaces', 's', { title: '' }), rows.put('lists', 'l', { space: value })]);
    expect(attachment.isShown('lists', 'l')).toBe(false);
    expect([...attachment.hidden('lists')]).toEqual(['l']);
  });

  test('MRG-7: an optional reference hides nothing', () => {
    const { rows, attachment } = world();
    attachment.update([rows.put('notes', 'n', { item: 'nowhere' })]);
    expect(attachment.isShown('notes', 'n')).toBe(true);
  });

  test('a row that is hidden and shown again within one batch is not told', () => {
    const { rows, attachment } = world();
    attachment.update([rows.put('spaces', 's', { title: '' })]);
    const key = rows.write({ kind: 'delete', table: 'spaces', id: 's' });
    rows.write({ kind: 'restore', table: 'spaces', id: 's' });
    expect(attachment.update([key, key])).toEqual([]);
  });

  test('rows of a table that the schema does not know belong to no query and break none', () => {
    const { rows, attachment } = world();
    expect(attachment.update([rows.put('later', 'x', { a: 1 })])).toEqual([]);
    expect(attachment.isShown('later', 'x')).toBe(false);
    expect(attachment.isAttached('later', 'x')).toBe(false);
    expect(attachment.shown('later').size).toBe(0);
  });
});
