/**
 * Carries a row of a list of equal rows to another place with the pointer. A line shows where it would stand; near an edge the list
 * scrolls on. Escape, letting go where it was, or the list going away leaves all as it is.
 */
export interface Carried {
  /** What scrolls, and holds the line. */
  readonly box: HTMLElement;
  /** The row that is carried. */
  readonly row: HTMLElement;
  /** Its place, the first place where it may stand, and the last. */
  readonly from: number;
  readonly first: number;
  readonly last: number;
  /** The pointer's place at the start, in pixels of the viewport. */
  readonly startY: number;
  readonly pointerId: number;
  readonly onDrop: (to: number) => void;
}

/** So near an edge it scrolls, pixels; and so far in one frame at the most. */
const edge = 48;
const fastest = 18;

export function carry({ box, row, from, first, last, startY, pointerId, onDrop }: Carried): void {
  const height = row.offsetHeight;
  // Where row 0 begins in what scrolls.
  const top =
    row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop - from * height;
  const line = document.createElement('div');
  line.className = 'drop-line';
  box.append(line);
  row.classList.add('carried');
  let y = startY;
  let to = from;
  let frame = 0;

  const look = (): void => {
    // The list was left, or is gone: there is no place to put the row.
    if (!box.isConnected) {
      end(false);
      return;
    }
    const edges = box.getBoundingClientRect();
    const within = y - edges.top + box.scrollTop - top;
    to = Math.min(last, Math.max(first, Math.floor(within / height)));
    line.style.transform = `translateY(${top + (to > from ? to + 1 : to) * height}px)`;
    line.hidden = to === from;
    box.scrollTop += scrollBy(y - edges.top, edges.bottom - y);
    frame = requestAnimationFrame(look);
  };

  const over = new AbortController();
  const end = (isDropped: boolean): void => {
    cancelAnimationFrame(frame);
    line.remove();
    row.classList.remove('carried');
    over.abort();
    if (isDropped && to !== from) onDrop(to);
  };
  const on = <K extends keyof WindowEventMap>(kind: K, listener: (event: WindowEventMap[K]) => void): void =>
    addEventListener(kind, listener, { signal: over.signal, capture: true });
  on('pointermove', (event) => {
    if (event.pointerId === pointerId) y = event.clientY;
  });
  on('pointerup', (event) => {
    if (event.pointerId === pointerId) end(true);
  });
  on('pointercancel', (event) => {
    if (event.pointerId === pointerId) end(false);
  });
  on('keydown', (event) => {
    if (event.key !== 'Escape') return;
    // It ends the carrying, and not what is below it.
    event.preventDefault();
    event.stopPropagation();
    end(false);
  });
  look();
}

/** Pixels to scroll in this frame, from how far the pointer is below the upper edge and above the lower one. */
function scrollBy(belowTop: number, aboveBottom: number): number {
  if (belowTop < edge) return Math.max(-fastest, (belowTop - edge) / 2);
  if (aboveBottom < edge) return Math.min(fastest, (edge - aboveBottom) / 2);
  return 0;
}
