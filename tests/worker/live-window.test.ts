import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { applyDifference } from '../../src/model/difference.ts';
import { type Draft, settleDraft } from '../../src/model/draft.ts';
import { encodePut } from '../../src/model/schema.ts';
import { ChangedRows, MemoryTable } from '../../src/store/memory-table.ts';
import { LiveQueries } from '../../src/worker/live-queries.ts';
import { LiveWindow } from '../../src/worker/live-window.ts';
import type { PlainQuery, RowView } from '../../src/worker/protocol.ts';
import { QueryPlan } from '../../src/worker/query-plan.ts';
import { rowsOf, type ShownRows, StoreRows } from '../../src/worker/shown-rows.ts';
import { schema } from '../client/schema.ts';
import { property } from '../property.ts';

type Step =
  | {
      readonly kind: 'item';
      readonly id: number;
      readonly list: number;
      readonly priority: number;
      readonly title: string;
    }
  | { readonly kind: 'list'; readonly id: number }
  | { readonly kind: 'delete'; readonly table: 'items' | 'lists'; readonly id: number }
  | { readonly kind: 'restore'; readonly table: 'items' | 'lists'; readonly id: number };

/** Rows of a store that steps are written to, as a store would. */
class Rows {
  readonly table = new MemoryTable();
  readonly shown = new StoreRows(schema, this.table);
  #written = 0;

  /** Writes the steps as one transaction; gives the rows that it concerns. */
  write(steps: readonly Step[]): readonly (readonly [string, string])[] {
    this.#written += 1;
    const drafts = steps.map(draftOf);
    const ops = settleDraft(drafts, (table, id) => this.table.get(table, id));
    const changed = new ChangedRows();
    const stamp = makeStamp(this.#written, 0);
    this.table.apply({ stamp, ops }, asDeviceNumber(1), this.#written, changed);
    return this.shown.changed(changed.keys());
  }
}

function draftOf(step: Step): Draft {
  const id = `r${step.id}`;
  switch (step.kind) {
    case 'item': {
      const row = { list: `r${step.list}`, title: step.title, priority: step.priority };
      return { kind: 'put', table: 'items', id, cells: encodePut(schema.tables.items, row) };
    }
    case 'list':
      return { kind: 'put', table: 'lists', id, cells: encodePut(schema.tables.lists, { title: id }) };
    case 'delete':
    case 'restore':
      return { kind: step.kind, table: step.table, id };
  }
}

const lists = 3;
const items = 90;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('item' as const),
      id: fc.nat(items),
      list: fc.nat(lists),
      priority: fc.integer({ min: 0, max: 5 }),
      title: fc.constantFrom('a', 'b', 'é', '日', '🪨'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const), id: fc.nat(lists) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete' as const, 'restore' as const),
      table: fc.constant('items' as const),
      id: fc.nat(items),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete' as const, 'restore' as const),
      table: fc.constant('lists' as const),
      id: fc.nat(lists),
    }),
  },
);

const query: fc.Arbitrary<PlainQuery> = fc.record(
  {
    where: fc.oneof(
      fc.record({ list: fc.nat(lists).map((id) => `r${id}`) }),
      fc.record({ priority: fc.record({ gte: fc.nat(4) }) }),
      fc.record({ title: fc.constantFrom('a', '日') }),
    ),
    orderBy: fc.constantFrom<NonNullable<PlainQuery['orderBy']>>(
      'priority',
      'title',
      [['priority', 'desc']],
      [
        ['title', 'desc'],
        ['priority', 'asc'],
      ],
    ),
    limit: fc.constantFrom(0, 1, 2, 5, 40),
  },
  { requiredKeys: [] },
);

const history = fc.array(fc.array(step, { minLength: 1, maxLength: 25 }), { maxLength: 30 });

property(
  'PULL-18: after any changes a live window is what the query gives anew',
  2000,
  history,
  query,
  (writes, plain) => {
    const rows = new Rows();
    const plan = new QueryPlan(schema, 'items', plain);
    const window = new LiveWindow(rows.shown, plan);
    for (const write of writes) {
      const before = window.rows;
      const changed = new Set(rows.write(write).flatMap(([table, id]) => (table === 'items' ? [id] : [])));
      window.update(changed);
      expect(window.rows).toEqual(rowsOf(rows.shown, plan));
      const old = new Map(before.map((row) => [row.id, row]));
      for (const row of window.rows) if (!changed.has(row.id)) expect(old.get(row.id) ?? row).toBe(row);
    }
  },
);

property(
  'APP-13: the differences told, applied one after the other, are the rows of the query, and no difference is empty',
  1000,
  history,
  fc.array(query, { minLength: 1, maxLength: 4 }),
  (writes, plains) => {
    const rows = new Rows();
    const live = new LiveQueries(rows.shown);
    const pages = plains.map((plain, number) => {
      live.watch(number, 'items', plain);
      return { plan: new QueryPlan(schema, 'items', plain), rows: [] as readonly RowView[], told: false };
    });
    for (const write of writes) {
      live.changed(rows.write(write));
      for (const news of live.news()) {
        const page = pages[news.live];
        if (page === undefined || news.kind === 'error') throw new Error('news of no query');
        if (news.kind === 'difference') {
          expect(news.difference.removed.length + news.difference.changed.length).toBeGreaterThan(0);
        }
        page.rows = news.kind === 'rows' ? news.rows : applyDifference(page.rows, news.difference);
        page.told = true;
      }
      for (const page of pages) if (page.told) expect(page.rows).toEqual(rowsOf(rows.shown, page.plan));
    }
  },
);

describe('a live window', () => {
  test('PULL-18: it looks only at rows that changed, until so many have gone that more must be found', () => {
    const rows = new Rows();
    rows.write([{ kind: 'list', id: 0 }]);
    for (let id = 0; id < 300; id += 1)
      rows.write([{ kind: 'item', id, list: 0, priority: id % 6, title: 'a' }]);
    let scans = 0;
    const counted: ShownRows = {
      schema,
      get: (table, id) => rows.shown.get(table, id),
      isShown: (table, id) => rows.shown.isShown(table, id),
      ids: (table) => {
        scans += 1;
        return rows.shown.ids(table);
      },
    };
    const plan = new QueryPlan(schema, 'items', { limit: 10 });
    const window = new LiveWindow(counted, plan);
    expect(scans).toBe(1);
    for (let id = 0; id < 64; id += 1) {
      rows.write([{ kind: 'delete', table: 'items', id }]);
      window.update(new Set([`r${id}`]));
      expect(window.rows).toEqual(rowsOf(rows.shown, plan));
    }
    expect(scans).toBeLessThanOrEqual(2);
  });
});
