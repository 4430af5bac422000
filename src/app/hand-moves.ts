/** Moving the rows of a list by hand, with keys or the pointer; what was done is told in words. The parts that do it are loaded when they are wanted. */
import { useRef, useState } from 'preact/hooks';
import { grouped } from './counted.ts';
import type { Ordered } from './hand-order.ts';
import { attempt } from './notices.ts';
import type { AppSpace } from './schema.ts';

type Titled = Ordered & { readonly title: string };

/** Rows among which one can be moved, in order, and the place of the first of them on the screen. */
export interface Section {
  readonly rows: readonly Titled[];
  readonly first: number;
}

export interface HandMoves {
  /** What was done last, for a live region. */
  readonly said: string;
  /** Moves a row up (-1) or down (1). */
  moveBy(id: string, by: number): void;
  /** Carries a row with the pointer that was pressed on it. */
  carry(event: PointerEvent, id: string): Promise<void>;
}

/** `sectionOf`: the rows among which that one can be moved now. */
export function useHandMoves(
  space: AppSpace,
  table: 'lists' | 'items',
  sectionOf: (id: string) => Section,
): HandMoves {
  const [said, setSaid] = useState('');
  // Rows come and go while one is carried: those of the last drawing count.
  const latest = useRef(sectionOf);
  latest.current = sectionOf;
  const moveTo = (id: string, to: number): Promise<boolean> =>
    attempt(async () => {
      const { rows } = latest.current(id);
      const from = rows.findIndex((row) => row.id === id);
      const { move } = await import('./moving.ts');
      if ((await move(space, table, rows, from, to)) === 0) return;
      setSaid(`${rows[from]?.title}: now ${grouped(to + 1)} of ${grouped(rows.length)}.`);
    });
  return {
    said,
    moveBy: (id, by) => {
      const { rows } = latest.current(id);
      void moveTo(id, rows.findIndex((row) => row.id === id) + by);
    },
    carry: async (event, id) => {
      if (event.button !== 0 || !(event.currentTarget instanceof Element)) return;
      event.preventDefault();
      const row = event.currentTarget.closest('li');
      const box = row?.closest<HTMLElement>('.window, .lists');
      if (!row || !box) return;
      const { clientY: startY, pointerId } = event;
      // It may be let go before what carries it is here.
      let isHeld = true;
      const letGo = (): void => {
        isHeld = false;
      };
      addEventListener('pointerup', letGo, { once: true });
      addEventListener('pointercancel', letGo, { once: true });
      await attempt(async () => {
        const { carry } = await import('./dragging.ts');
        if (!isHeld) return;
        const { rows, first } = latest.current(id);
        carry({
          box,
          row,
          from: first + rows.findIndex((other) => other.id === id),
          first,
          last: first + rows.length - 1,
          startY,
          pointerId,
          onDrop: (to) => void moveTo(id, to - latest.current(id).first),
        });
      });
    },
  };
}
