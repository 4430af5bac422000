/**
 * Carries a row of a list of equal rows to another place with the pointer. A line shows where it would stand; near an edge the list
 * scrolls on. Escape, or letting go where it was, leaves all as it is.
 */
export interface Carried {
  /** What scrolls, and holds the line. */
  readonly box: HTMLElement;
  /** The row that is carried. */
  readonly row: HTMLElement;
  readonly rowHeight: number;
  /** Where the first row begins in what scrolls, pixels. */
  readonly top: number;
  readonly from: number;
  /** The first place where it may stand, and the last. */
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

export function carry(carried: Carried): void {
  const { box, row, rowHeight, top, from, first, last, startY, pointerId, onDrop } = carried;
  const line = document.createElement('div');
  line.className = 'drop-line';
  box.append(line);
  row.classList.add('carried');
  let y = startY;
  let to = from;
  let frame = 0;

  const look = (): void => {
    const edges = box.getBoundingClientRect();
    const within = y - edges.top + box.scrollTop - top;
    to = Math.min(last, Math.max(first, Math.floor(within / rowHeight)));
    line.style.transform = `translateY(${top + (to > from ? to + 1 : to) * rowHeight}px)`;
    line.hidden = to === from;
    const over =
      y < edges.top + edge ? y - edges.top - edge : y > edges.bottom - edge ? y - edges.bottom + edge : 0;
    const by = Math.max(-fastest, Math.min(fastest, over / 2));
    if (by !== 0) box.scrollTop += by;
    frame = requestAnimationFrame(look);
  };

  const end = (isDropped: boolean): void => {
    cancelAnimationFrame(frame);
    line.remove();
    row.classList.remove('carried');
    over.abort();
    if (isDropped && to !== from) onDrop(to);
  };
  const over = new AbortController();
  const { signal } = over;
  addEventListener(
    'pointermove',
    (event) => {
      if (event.pointerId === pointerId) y = event.clientY;
    },
    { signal },
  );
  addEventListener('pointerup', (event) => event.pointerId === pointerId && end(true), { signal });
  addEventListener('pointercancel', (event) => event.pointerId === pointerId && end(false), { signal });
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return;
      // It ends the carrying, and not what is below it.
      event.preventDefault();
      event.stopPropagation();
      end(false);
    },
    { signal, capture: true },
  );
  look();
}
