/**
 * Which rows of a long list are drawn: those in view and some around them, of equal height, so that a list of any length
 * costs as much as a screen of it.
 */
export interface RowWindow {
  /** Index of the first row drawn, and the one behind the last. */
  readonly start: number;
  readonly end: number;
}

export interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
}

/** Rows drawn above and below the view, so that a fast scroll or the Tab key finds the next one there. */
const overscan = 8;
/** The window moves in steps of so many rows, so that most scroll events draw nothing. */
const step = 4;

export function rowWindow({ scrollTop, height }: Viewport, rowHeight: number, count: number): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const last = Math.ceil(Math.max(0, scrollTop + height) / rowHeight);
  const start = Math.floor((first - overscan) / step) * step;
  const end = Math.ceil((last + overscan) / step) * step;
  // A list that has just become shorter is drawn from its end, not beyond it.
  const room = end - start;
  const clampedEnd = Math.min(count, Math.max(end, room));
  return { start: Math.max(0, Math.min(start, count - room)), end: clampedEnd };
}

/** Where to scroll so that row `index` is in view; null when it is already. */
export function scrollToShow(
  index: number,
  { scrollTop, height }: Viewport,
  rowHeight: number,
): number | null {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return null;
}

/** The first index from which on `holds` is true, in a list where it is false and then true. */
export function firstIndex<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && !holds(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
