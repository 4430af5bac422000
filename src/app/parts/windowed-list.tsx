/**
 * A list of any length whose rows have one height: only those in view are drawn (`row-window`). Arrow keys move the focus from row to
 * row; the row that holds the focus stays drawn wherever one scrolls. When its row goes, or moves by a tick, the focus stays at its place.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type RowWindow, rowWindow, scrollToShow } from '../row-window.ts';

/** Height of a row in rem; `lists.css` says the same. */
const rowRem = 3.25;

export function WindowedList<T>(props: {
  readonly label: string;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly draw: (row: T) => ComponentChildren;
  /** The key of a row to scroll to, once for each new value, as soon as it is here; null for none. */
  readonly reveal?: string | null;
  /** Keys pressed on a row that it knows no meaning of; true if they had one. */
  readonly onRowKey?: (event: KeyboardEvent, row: T) => boolean;
}) {
  const { rows, keyOf, reveal = null } = props;
  const box = useRef<HTMLDivElement>(null);
  const [rowHeight] = useState(
    () => rowRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
  );
  const [shown, setShown] = useState<RowWindow>({ start: 0, end: 0 });
  const [focused, setFocused] = useState(-1);
  const count = rows.length;

  const look = (): void => {
    if (box.current === null) return;
    const next = rowWindow(
      { scrollTop: box.current.scrollTop, height: box.current.clientHeight },
      rowHeight,
      count,
    );
    setShown((old) => (old.start === next.start && old.end === next.end ? old : next));
  };

  useLayoutEffect(look, [count, rowHeight]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, [count, rowHeight]);

  const show = (index: number): void => {
    if (box.current === null) return;
    const { scrollTop, clientHeight } = box.current;
    const to = scrollToShow(index, { scrollTop, height: clientHeight }, rowHeight);
    if (to !== null) box.current.scrollTop = to;
  };
  const revealed = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (reveal === null || revealed.current === reveal) return;
    const at = rows.findIndex((row) => keyOf(row) === reveal);
    if (at < 0) return;
    revealed.current = reveal;
    show(at);
  }, [reveal, rows]);

  const indexOf = (target: EventTarget | null): number => {
    const row = target instanceof Element ? target.closest('[data-index]') : null;
    return row === null ? -1 : Number(row.getAttribute('data-index'));
  };
  /** The row that takes the focus as soon as it is drawn; the one that has it stays drawn until then. */
  const [wanted, setWanted] = useState(-1);
  // Keys may come faster than drawings: each goes on from where the one before it went.
  const aim = useRef(-1);
  const reach = (): void => {
    const row = aim.current < 0 ? null : box.current?.querySelector(`[data-index="${aim.current}"]`);
    const target = row?.querySelector<HTMLElement>('a, button') ?? row?.querySelector('input');
    if (!target) return;
    aim.current = -1;
    target.focus({ preventScroll: true });
    setWanted(-1);
  };
  useLayoutEffect(reach, [wanted]);

  // What has the focus, and where, before this drawing changes the rows under it.
  const at = document.activeElement;
  const held = at instanceof HTMLElement && box.current?.contains(at) ? at : null;
  const heldAt = indexOf(held);
  /** The row that holds the focus was moved by its own keys, and keeps it. */
  const follows = useRef(false);
  useLayoutEffect(() => {
    if (held === null || heldAt < 0) return;
    const isMoved = held.isConnected && indexOf(held) !== heldAt;
    const isTicked = isMoved && held.matches('input') && indexOf(held) > heldAt && !follows.current;
    if (isMoved && follows.current) {
      follows.current = false;
      show(indexOf(held));
    }
    if (document.activeElement === held && !isTicked) return;
    if (held.isConnected && !isTicked) {
      held.focus({ preventScroll: true });
      return;
    }
    const row = box.current?.querySelector(`[data-index="${Math.min(heldAt, count - 1)}"]`);
    const next = row?.querySelector<HTMLElement>(held.matches('input') ? 'input' : 'a');
    (
      next ??
      row?.querySelector<HTMLElement>('input, button') ??
      box.current?.parentElement?.querySelector('form input')
    )?.focus({
      preventScroll: true,
    });
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const from = aim.current < 0 ? indexOf(event.target) : aim.current;
    const row = rows[from];
    if (row !== undefined && props.onRowKey?.(event, row)) {
      event.preventDefault();
      follows.current = by !== 0;
      return;
    }
    if (by === 0 || from < 0 || event.altKey) return;
    event.preventDefault();
    const to = from + by;
    if (to < 0 || to >= count) return;
    aim.current = to;
    show(to);
    setWanted(to);
    reach();
  };

  const drawn: number[] = [];
  for (let index = shown.start; index < Math.min(shown.end, count); index += 1) drawn.push(index);
  for (const index of new Set([focused, wanted])) {
    if (index >= 0 && index < count && (index < shown.start || index >= shown.end)) drawn.push(index);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the rows inside arrive here
    <div
      class="window"
      ref={box}
      onScroll={look}
      onKeyDown={onKeyDown}
      onFocusIn={({ target }) => setFocused(indexOf(target))}
      onFocusOut={() => setFocused(-1)}
    >
      <ul
        // biome-ignore lint/a11y/noRedundantRoles: without list marks Safari takes a list for none
        role="list"
        class="window-rows"
        aria-label={props.label}
        style={{ height: `${count * rowHeight}px` }}
      >
        {drawn.map((index) => {
          const row = rows[index];
          return (
            row !== undefined && (
              <li
                key={keyOf(row)}
                data-index={index}
                aria-setsize={count}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${index * rowHeight}px)` }}
              >
                {props.draw(row)}
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}
