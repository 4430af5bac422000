import { expect, test } from 'vitest';
import type { HostLink } from '../../src/client/host-link.ts';
import { LiveQueries } from '../../src/client/live.ts';
import type { Live } from '../../src/client/space.ts';
import { CairnError } from '../../src/errors.ts';
import type { LiveNews, RowView } from '../../src/worker/protocol.ts';

/** Live query 1 of a page whose host is this test. */
function page(): { live: Live<RowView>; queries: LiveQueries; hear: (news: LiveNews) => void } {
  const link: HostLink = {
    ask: () => new Promise(() => {}),
    isOver: false,
    close: () => {},
  };
  const queries = new LiveQueries(link);
  const live = queries.start('items', {});
  // As it comes from a worker: a copy.
  return { live, queries, hear: (news) => queries.hear(structuredClone(news)) };
}

const row = (id: string, title = id): RowView => ({ id, title });
const rows = (ids: string): RowView[] => [...ids].map((id) => row(id));
const ids = (live: Live<RowView>): string => live.value.rows.map(({ id }) => id).join('');

test('APP-13: an answer that comes in pieces is loading until it is whole, and its first rows are shown meanwhile', () => {
  const { live, hear } = page();
  hear({ kind: 'rows', live: 1, rows: rows('abc'), more: true });
  expect([ids(live), live.value.loading]).toEqual(['abc', true]);
  const [a] = live.value.rows;
  hear({ kind: 'difference', live: 1, difference: { removed: [], added: [[3, rows('de')]] }, more: true });
  expect([ids(live), live.value.loading]).toEqual(['abcde', true]);
  hear({ kind: 'difference', live: 1, difference: { removed: [[1, 1]], added: [] }, more: false });
  expect([ids(live), live.value.loading]).toEqual(['acde', false]);
  expect(live.value.rows[0]).toBe(a);
});

test('APP-17: what a new host tells in pieces takes the place of what is shown when it is whole, with the objects of before', () => {
  const { live, queries, hear } = page();
  hear({ kind: 'rows', live: 1, rows: rows('abcdef'), more: false });
  const before = live.value.rows;
  queries.pause();
  expect([ids(live), live.value.loading]).toEqual(['abcdef', true]);
  queries.resume();
  hear({ kind: 'rows', live: 1, rows: [row('a'), row('b', 'new')], more: true });
  expect([ids(live), live.value.loading]).toEqual(['abcdef', true]);
  hear({ kind: 'difference', live: 1, difference: { removed: [], added: [[2, rows('de')]] }, more: true });
  expect(live.value.rows).toBe(before);
  // The second host dies as well, and a third begins anew.
  queries.pause();
  queries.resume();
  hear({ kind: 'rows', live: 1, rows: [row('a'), row('b', 'new')], more: true });
  hear({ kind: 'difference', live: 1, difference: { removed: [], added: [[2, rows('dfg')]] }, more: false });
  expect([ids(live), live.value.loading]).toEqual(['abdfg', false]);
  const after = live.value.rows;
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toEqual(row('b', 'new'));
  expect(after[2]).toBe(before[3]);
  hear({ kind: 'difference', live: 1, difference: { removed: [[0, 1]], added: [] }, more: false });
  expect(ids(live)).toBe('bdfg');
});

test('APP-17: a space that ends while a new host tells shows what it showed, with the reason', () => {
  const { live, queries, hear } = page();
  hear({ kind: 'rows', live: 1, rows: rows('abc'), more: false });
  queries.pause();
  queries.resume();
  hear({ kind: 'rows', live: 1, rows: rows('a'), more: true });
  queries.end(new CairnError('closed', 'over').toFailure());
  expect([ids(live), live.value.loading, live.value.error?.code]).toEqual(['abc', false, 'closed']);
});
