import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { applyDifference } from '../../src/model/difference.ts';
import { type Draft, settleDraft } from '../../src/model/draft.ts';
import { encodePut } from '../../src/model/schema.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import { Rows as StoredRows } from '../../src/store/rows.ts';
import { LiveQueries, type PieceSizes } from '../../src/worker/live-queries.ts';
import { LiveWindow } from '../../src/worker/live-window.ts';
import type { PlainQuery, RowView } from '../../src/worker/protocol.ts';
import { QueryPlan } from '../../src/worker/query-plan.ts';
import { type ShownRows, StoreRows } from '../../src/worker/shown-rows.ts';
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
  readonly table = new StoredRows();
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
    this.shown.changed(changed.keys());
    return changed.keys();
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

/** The rows of a query by its meaning alone. */
function rowsOf(rows: StoreRows, plan: QueryPlan): readonly RowView[] {
  const found = rows.direct('items').flatMap((id) => {
    const row = rows.get('items', id);
    const seen = row !== undefined && rows.shows('items', row) ? plan.glimpse(id, row) : null;
    return row === undefined || seen === null ? [] : [{ seen, view: plan.view(id, row) }];
  });
  found.sort((a, b) => plan.compare(a.seen, b.seen));
  return found.slice(0, plan.limit).map(({ view }) => view);
}

function viewed(window: LiveWindow): readonly RowView[] {
  return window.found.map((found) => window.view(found));
}

property(
  'PULL-18: after any changes a live window is what the query gives anew',
  2000,
  history,
  query,
  fc.constantFrom(1, 7, 1000),
  (writes, plain, turn) => {
    const rows = new Rows();
    const plan = new QueryPlan(schema, 'items', plain);
    const window = new LiveWindow(rows.shown, plan, turn);
    for (const write of writes) {
      const before = window.isBehind ? [] : viewed(window);
      const changed = new Set(rows.write(write).flatMap(([table, id]) => (table === 'items' ? [id] : [])));
      window.changed(changed);
      const flipped = rows.shown.takeFlipped();
      if (flipped.has('items')) window.scanAgain();
      // Now and then a scan is still under way when more changes.
      if (changed.size % 2 === 0) {
        window.advance();
        if (window.isBehind) continue;
      }
      while (window.isBehind) window.advance();
      const now = viewed(window);
      expect(now).toEqual(rowsOf(rows.shown, plan));
      const old = new Map(before.map((row) => [row.id, row]));
      for (const row of now) if (!changed.has(row.id)) expect(old.get(row.id) ?? row).toBe(row);
    }
  },
);

/** A page with its live queries, which are told in pieces of these sizes. */
class Pages {
  readonly live: LiveQueries;
  readonly pages: { readonly plan: QueryPlan; rows: readonly RowView[]; isWhole: boolean }[];
  readonly #rows: Rows;
  readonly #sizes: PieceSizes;

  constructor(rows: Rows, plains: readonly PlainQuery[], sizes: PieceSizes) {
    this.#rows = rows;
    this.#sizes = sizes;
    this.live = new LiveQueries(rows.shown, () => undefined, sizes);
    this.pages = plains.map((plain, number) => {
      this.live.watch(number, 'items', plain);
      return { plan: new QueryPlan(schema, 'items', plain), rows: [], isWhole: false };
    });
  }

  hear(): void {
    for (const news of this.live.news()) {
      const page = this.pages[news.live];
      if (page === undefined || news.kind === 'error') throw new Error('news of no query');
      const before = page.rows;
      const told = news.kind === 'rows' ? news.rows : news.difference.added.flatMap(([, added]) => added);
      if (news.kind === 'difference') {
        if (page.isWhole || news.more) {
          expect(told.length + news.difference.removed.length, 'an empty difference').toBeGreaterThan(0);
        }
        page.rows = applyDifference(page.rows, structuredClone(news.difference));
      } else page.rows = structuredClone(news.rows);
      page.isWhole = !news.more;
      const isBeginning = news.kind === 'rows' && news.more;
      expect(told.length).toBeLessThanOrEqual(isBeginning ? this.#sizes.first : this.#sizes.further);
      this.#judge(page, before, news.kind === 'rows');
    }
    expect(this.pages.every(({ isWhole }) => isWhole) || this.live.isBehind).toBe(true);
  }

  #judge(page: Pages['pages'][number], before: readonly RowView[], isFirst: boolean): void {
    const { rows, plan } = page;
    for (const [i, row] of rows.entries()) {
      const next = rows[i + 1];
      if (next !== undefined) expect(plan.compare(row, next), 'rows out of order').toBeLessThan(0);
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const now = rowsOf(this.#rows.shown, plan);
    if (page.isWhole) expect(rows).toEqual(now);
    else if (isFirst) expect(rows).toEqual(now.slice(0, rows.length));
    const old = new Map(before.map((row) => [row.id, row]));
    if (page.isWhole) for (const row of rows) expect(sameAsBefore(old.get(row.id), row)).toBe(true);
  }
}

/** A row that is as it was is the object that it was. */
function sameAsBefore(old: RowView | undefined, row: RowView): boolean {
  return old === undefined || old === row || JSON.stringify(old) !== JSON.stringify(row);
}

property(
  'APP-13: the differences told, applied one after the other, are the rows of the query, and no difference is empty',
  1000,
  history,
  fc.array(query, { minLength: 1, maxLength: 4 }),
  (writes, plains) => {
    const rows = new Rows();
    const pages = new Pages(rows, plains, { first: 1000, further: 1000, looked: 1000 });
    for (const write of writes) {
      pages.live.changed(rows.write(write));
      pages.hear();
      expect(pages.live.isBehind).toBe(false);
    }
  },
);

property(
  'APP-13: told in pieces while rows change, an answer is in order at each moment and in the end whole',
  1000,
  history,
  fc.array(query, { minLength: 1, maxLength: 3 }),
  fc.record({
    first: fc.integer({ min: 1, max: 4 }),
    further: fc.integer({ min: 4, max: 9 }),
    looked: fc.integer({ min: 1, max: 40 }),
  }),
  (writes, plains, sizes) => {
    const rows = new Rows();
    const pages = new Pages(rows, plains, sizes);
    for (const write of writes) {
      pages.live.changed(rows.write(write));
      pages.hear();
    }
    for (let left = 1000; pages.live.isBehind && left > 0; left -= 1) pages.hear();
    expect(pages.live.isBehind).toBe(false);
    for (const page of pages.pages) expect(page.rows).toEqual(rowsOf(rows.shown, page.plan));
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
      shows: (table, row) => rows.shown.shows(table, row),
      isAttached: (table, cellOf) => rows.shown.isAttached(table, cellOf),
      need: () => undefined,
      direct: (table) => {
        scans += 1;
        return rows.shown.direct(table);
      },
      isDirect: (table, id) => rows.shown.isDirect(table, id),
      turns: 0,
      base: rows.shown.base,
      reader: null,
    };
    const plan = new QueryPlan(schema, 'items', { limit: 10 });
    const window = new LiveWindow(counted, plan, 1000);
    window.advance();
    expect(window.isBehind).toBe(false);
    expect(scans).toBe(1);
    for (let id = 0; id < 64; id += 1) {
      rows.write([{ kind: 'delete', table: 'items', id }]);
      window.changed([`r${id}`]);
      window.advance();
      expect(viewed(window)).toEqual(rowsOf(rows.shown, plan));
    }
    expect(scans).toBeLessThanOrEqual(2);
  });
});

describe('an answer in pieces', () => {
  const sizes: PieceSizes = { first: 20, further: 50, looked: 100 };
  const filled = (count: number): Rows => {
    const rows = new Rows();
    rows.write([{ kind: 'list', id: 0 }]);
    rows.write(
      Array.from({ length: count }, (_, id) => ({ kind: 'item', id, list: 0, priority: 0, title: 'a' })),
    );
    return rows;
  };
  const whole = (pages: Pages): number => {
    let messages = 0;
    for (; pages.live.isBehind && messages < 1000; messages += 1) pages.hear();
    return messages;
  };

  test('APP-13: the first screen comes first, then so many rows a frame until it is whole', () => {
    const pages = new Pages(filled(230), [{}], sizes);
    const lengths: number[] = [];
    while (pages.live.isBehind) {
      pages.hear();
      lengths.push(pages.pages[0].rows.length);
    }
    // Two turns find the rows before the third tells the first of them.
    expect(lengths).toEqual([0, 0, 20, 70, 120, 170, 220, 230]);
  });

  test('APP-13: an answer of no more rows than a further piece is told whole', () => {
    const pages = new Pages(filled(50), [{}], sizes);
    pages.hear();
    expect(pages.pages[0].rows.length).toBe(50);
    expect(pages.live.isBehind).toBe(false);
  });

  test('APP-13: rows that are shown stay while the new forms of others wait, and no row is there twice', () => {
    const rows = filled(200);
    const pages = new Pages(rows, [{ orderBy: 'priority' }], sizes);
    whole(pages);
    // All of them move to the other end of the order, one by one.
    const steps = Array.from(
      { length: 200 },
      (_, id): Step => ({ kind: 'item', id, list: 0, priority: 200 - id, title: 'b' }),
    );
    pages.live.changed(rows.write(steps));
    for (let told = 50; told <= 200; told += 50) {
      pages.hear();
      const [{ rows: shown, isWhole }] = pages.pages;
      expect(shown.length).toBe(200);
      expect(shown.filter(({ title }) => title === 'b').length).toBe(told);
      expect(isWhole).toBe(told === 200);
    }
  });

  test('MRG-5: a difference of no more rows than a piece is told whole', () => {
    const rows = filled(10);
    const pages = new Pages(rows, [{}], sizes);
    whole(pages);
    const steps = Array.from(
      { length: 50 },
      (_, id): Step => ({ kind: 'item', id: 100 + id, list: 0, priority: 0, title: 'b' }),
    );
    pages.live.changed(rows.write(steps));
    pages.hear();
    expect(pages.pages[0].isWhole).toBe(true);
    expect(pages.pages[0].rows.length).toBe(60);
  });

  test('APP-13: a list that is hidden is told at once, and one that comes back in pieces', () => {
    const rows = filled(200);
    const pages = new Pages(rows, [{}], sizes);
    whole(pages);
    pages.live.changed(rows.write([{ kind: 'delete', table: 'lists', id: 0 }]));
    pages.hear();
    expect(pages.pages[0].rows).toEqual([]);
    whole(pages);
    expect(pages.pages[0]).toMatchObject({ rows: [], isWhole: true });
    pages.live.changed(rows.write([{ kind: 'restore', table: 'lists', id: 0 }]));
    pages.hear();
    // Two turns find the rows, the second of them telling the first piece.
    expect(whole(pages)).toBe(4);
    expect(pages.pages[0].rows.length).toBe(200);
  });

  test('APP-13: an answer whose end goes before it was told is told to be whole', () => {
    const rows = filled(60);
    const pages = new Pages(rows, [{}], sizes);
    pages.hear();
    expect(pages.pages[0].isWhole).toBe(false);
    const told = new Set(pages.pages[0].rows.map(({ id }) => id));
    const others = Array.from({ length: 60 }, (_, id) => id).filter((id) => !told.has(`r${id}`));
    pages.live.changed(rows.write(others.map((id) => ({ kind: 'delete', table: 'items', id }))));
    pages.hear();
    expect(pages.pages[0].isWhole).toBe(true);
    expect(pages.live.isBehind).toBe(false);
  });
});
