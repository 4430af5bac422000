/**
 * The conflicts that still ask something of the person: not those whose value stands again, and not those for which the
 * other value was kept. What was kept is remembered on this device alone, since it changes nothing for anyone.
 */
import type { Conflict } from '../client/index.ts';
import type { AppSpace, Item, List } from './schema.ts';

export interface OpenConflict {
  readonly key: string;
  readonly conflict: Conflict;
  readonly table: 'lists' | 'items';
  /** The row as it is; null if it is not here. */
  readonly row: Item | List | null;
}

/** Newest first; more than anyone settles in one sitting. */
const shownAtOnce = 100;
const keptAtMost = 500;

const storageKey = (space: AppSpace): string => `cairn.kept.${space.id}`;

export async function findOpen(
  space: AppSpace,
  conflicts: readonly Conflict[],
): Promise<readonly OpenConflict[]> {
  const kept = new Set(readKept(space));
  const open: OpenConflict[] = [];
  for (const conflict of [...conflicts].reverse()) {
    const { table, id, column, value, ours } = conflict;
    const key = `${table} ${id} ${column} ${ours.at}`;
    if ((table !== 'lists' && table !== 'items') || kept.has(key)) continue;
    const row = await space.tables[table].get(id);
    if (row !== null && isSame(Reflect.get(row, column), value)) continue;
    open.push({ key, conflict, table, row });
    if (open.length === shownAtOnce) break;
  }
  return open;
}

/** Writes our value again, over the one that replaced it. */
export async function writeOurs(space: AppSpace, { table, conflict }: OpenConflict): Promise<void> {
  // The column is one of the schema's, and the value one that this column gave.
  await space.tables[table].patch(conflict.id, { [conflict.column]: conflict.value });
}

export function keepTheirs(space: AppSpace, { key }: OpenConflict): void {
  try {
    localStorage.setItem(storageKey(space), JSON.stringify([...readKept(space), key].slice(-keptAtMost)));
  } catch {
    // Asked again at the next visit.
  }
}

function readKept(space: AppSpace): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey(space)) ?? '[]');
    return Array.isArray(value) ? value.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}

/** The app's columns hold plain values only. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a ?? null) === (b ?? null);
}
