/** Random queries over a store's rows, answered by index, scan and live window, against all rows looked at one by one. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { type AnyRow, compareRows, matcher, type Query } from '../../src/model/query.ts';
import { isLive, type RowState } from '../../src/model/row.ts';
import { decodeRow, defineSchema, integer, ref, text } from '../../src/model/schema.ts';
import type { Rows } from '../../src/store/rows.ts';
import { definitionsOf } from '../../src/worker/compacting.ts';
import type { PlainQuery, RowView } from '../../src/worker/protocol.ts';
import { Reading } from '../../src/worker/reading.ts';
import { StoreRows } from '../../src/worker/shown-rows.ts';

export const schema = defineSchema({
  version: 1,
  tables: {
    lists: { x: integer({ optional: true }), y: integer({ default: 1 }) },
    items: {
      x: integer({ optional: true }),
      y: integer({ default: 1 }),
      z: text({ optional: true }),
      p: ref('lists'),
    },
  },
  indexes: { items: [['x', 'y'], ['z']], lists: [['y']] },
});

export const indexes = definitionsOf(schema);

const number = fc.integer({ min: 0, max: 3 });
const name = fc.constantFrom('a', 'b', 'c', 'd');
const range = fc.record({ gte: number, lt: number }, { requiredKeys: [] });
const where = fc.record(
  {
    x: fc.oneof(fc.constantFrom(null, 0, 1, 2), range, fc.record({ in: fc.array(number, { maxLength: 3 }) })),
    y: fc.oneof(number, range),
    p: fc.oneof(name, fc.record({ in: fc.array(name, { maxLength: 2 }) })),
    id: fc.oneof(name, fc.record({ gt: name }), fc.record({ in: fc.array(name, { maxLength: 3 }) })),
  },
  { requiredKeys: [] },
);
const column = fc.constantFrom('x', 'y', 'id');
const order = fc.oneof(
  column,
  fc.array(fc.tuple(column, fc.constantFrom('asc' as const, 'desc' as const)), {
    minLength: 1,
    maxLength: 2,
  }),
  fc.constant([['x', 'asc', 'nulls-last'] as const]),
);

export const query: fc.Arbitrary<PlainQuery> = fc.record(
  { where, orderBy: order, limit: fc.constantFrom(0, 1, 2, 5) },
  { requiredKeys: [] },
);

/** Answers a few queries, the pages behind one another, and compares each with what it means. */
export async function checkQueries(rows: Rows, queries: readonly PlainQuery[]): Promise<void> {
  const shown = new StoreRows(schema, rows);
  const reading = new Reading(rows);
  const all = await shownRows(rows);
  for (const one of queries) {
    let after: RowView | undefined;
    for (let page = 0; page < 3; page += 1) {
      const asked = after === undefined ? one : { ...one, after };
      const read = { kind: 'query', table: 'items', query: asked } as const;
      const { answer } = await reading.answer(shown, read, () => null);
      expect(answer, JSON.stringify(asked)).toEqual(meaning(all, asked));
      const last = (answer as readonly RowView[]).at(-1);
      if (last === undefined || one.limit === undefined) break;
      after = last;
    }
    const count = await reading.answer(shown, { kind: 'count', table: 'items', query: one }, () => null);
    expect(count.answer).toBe(meaning(all, one).length);
  }
}

async function shownRows(rows: Rows): Promise<readonly RowView[]> {
  const lists = new Set<string>();
  const items: [string, RowState][] = [];
  for await (const [table, id, row] of rows.all(['items', 'lists'])) {
    if (!isLive(row)) continue;
    if (table === 'lists') lists.add(id);
    else if (table === 'items') items.push([id, row]);
  }
  return items.flatMap(([id, row]) => {
    const target = row.cells.get('p')?.value;
    const isShown = typeof target === 'string' && lists.has(target);
    return isShown ? [decodeRow(schema.tables.items, id, row)] : [];
  });
}

function meaning(all: readonly RowView[], plain: PlainQuery): readonly RowView[] {
  // Made above, of the schema's columns.
  const asked = plain as Query<AnyRow>;
  const compare = compareRows<AnyRow>(asked.orderBy);
  const after = asked.after as AnyRow | undefined;
  const fits = matcher<AnyRow>(asked.where);
  return all
    .filter((row) => fits(row) && (after === undefined || compare(row, after) > 0))
    .sort(compare)
    .slice(0, asked.limit);
}
