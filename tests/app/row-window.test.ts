import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstIndex, rowWindow, scrollToShow } from '../../src/app/row-window.ts';
import { property } from '../property.ts';

const rowHeight = 52;
const view = fc.record({
  scrollTop: fc.integer({ min: -200, max: 6_000_000 }),
  height: fc.integer({ min: 0, max: 2000 }),
});
const count = fc.integer({ min: 0, max: 100_000 });

property(
  'every row in view is drawn, whatever the list and the scroll',
  2000,
  view,
  count,
  (viewport, rows) => {
    const { start, end } = rowWindow(viewport, rowHeight, rows);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(rows);
    const first = Math.max(0, Math.floor(viewport.scrollTop / rowHeight));
    const behind = Math.min(rows, Math.ceil((viewport.scrollTop + viewport.height) / rowHeight));
    if (first < behind) {
      expect(start).toBeLessThanOrEqual(first);
      expect(end).toBeGreaterThanOrEqual(behind);
    }
    if (rows > 0) expect(end).toBeGreaterThan(start);
  },
);

property('the rows drawn are bounded by the view, not by the list', 2000, view, count, (viewport, rows) => {
  const { start, end } = rowWindow(viewport, rowHeight, rows);
  expect(end - start).toBeLessThanOrEqual(viewport.height / rowHeight + 2 + 2 * (8 + 4));
});

property(
  'scrolling to a row brings it into view, and moves nothing if it is there',
  2000,
  view,
  count,
  (viewport, rows) => {
    fc.pre(rows > 0 && viewport.height >= rowHeight && viewport.scrollTop >= 0);
    const index = Math.floor(rows / 2);
    const to = scrollToShow(index, viewport, rowHeight) ?? viewport.scrollTop;
    expect(index * rowHeight).toBeGreaterThanOrEqual(to);
    expect((index + 1) * rowHeight).toBeLessThanOrEqual(to + viewport.height);
    expect(scrollToShow(index, { ...viewport, scrollTop: to }, rowHeight)).toBeNull();
  },
);

test('the first index at which something holds is found in a list of any length', () => {
  for (let length = 0; length < 20; length += 1) {
    for (let at = 0; at <= length; at += 1) {
      const list = Array.from({ length }, (_, index) => index >= at);
      expect(firstIndex(list, (holds) => holds)).toBe(at);
    }
  }
});
