/** Which items of a list are chosen, while several are: by single ones, by ranges, all. */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Item } from './schema.ts';

export interface ChosenItems {
  /** True while items are being chosen, none yet perhaps. */
  readonly isOn: boolean;
  /** Those that are chosen and here, in their order. */
  readonly items: readonly Item[];
  has(id: string): boolean;
  begin(): void;
  /** Chooses one or lets it go; with `isRange` all from the one before up to it. */
  toggle(id: string, isRange?: boolean): void;
  all(isAll: boolean): void;
  end(): void;
}

const none: ReadonlySet<string> = new Set();

export function useChosenItems(rows: readonly Item[]): ChosenItems {
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const last = useRef<string | null>(null);
  const items = useMemo(
    () => (chosen === null || chosen.size === 0 ? [] : rows.filter(({ id }) => chosen.has(id))),
    [rows, chosen],
  );
  const toggle = (id: string, isRange = false): void => {
    const next = new Set(chosen ?? none);
    const at = rows.findIndex((row) => row.id === id);
    const from = isRange ? rows.findIndex((row) => row.id === last.current) : -1;
    if (from >= 0 && at >= 0) {
      for (const row of rows.slice(Math.min(from, at), Math.max(from, at) + 1)) next.add(row.id);
    } else if (!next.delete(id)) next.add(id);
    last.current = id;
    setChosen(next);
  };
  return {
    isOn: chosen !== null,
    items,
    has: (id) => chosen?.has(id) ?? false,
    begin: () => setChosen(none),
    toggle,
    all: (isAll) => setChosen(isAll ? new Set(rows.map(({ id }) => id)) : none),
    end: () => {
      last.current = null;
      setChosen(null);
    },
  };
}
