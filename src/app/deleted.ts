/**
 * What was deleted on this device, so that it can be brought back later than its notice lasts: newest first, bounded,
 * beside each space's id in localStorage. Deleting and restoring themselves are the library's.
 */
import { type Deleted, deleted } from './deleted-rows.ts';
import { attempt, notify } from './notices.ts';
import type { AppSpace } from './schema.ts';

const kept = 50;
/** Characters of a title in a message. */
const namedAtMost = 40;
const keyOf = (space: AppSpace): string => `cairn.deleted.${space.id}`;

export function loadDeleted(space: AppSpace): void {
  try {
    deleted.value = parseDeleted(localStorage.getItem(keyOf(space)));
  } catch {
    deleted.value = [];
  }
}

export function parseDeleted(text: string | null): readonly Deleted[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isDeleted).slice(0, kept) : [];
  } catch {
    return [];
  }
}

function isDeleted(value: unknown): value is Deleted {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['id', 'title'].every((name) => typeof Reflect.get(value, name) === 'string') &&
    typeof Reflect.get(value, 'at') === 'number' &&
    ['lists', 'items'].includes(Reflect.get(value, 'table'))
  );
}

function keep(space: AppSpace, list: readonly Deleted[]): void {
  deleted.value = list.slice(0, kept);
  try {
    localStorage.setItem(keyOf(space), JSON.stringify(deleted.value));
  } catch {
    // Kept for this visit only; the rows themselves are safe.
  }
}

/** Several items that were deleted at once. */
export function keepDeleted(
  space: AppSpace,
  items: readonly { readonly id: string; readonly title: string }[],
): void {
  const at = Date.now();
  const entries = items.slice(0, kept).map(({ id, title }): Deleted => ({ table: 'items', id, title, at }));
  const ids = new Set(entries.map(({ id }) => id));
  keep(space, [...entries, ...deleted.value.filter(({ id }) => !ids.has(id))]);
}

/** Deletes a row and offers the way back. Rejects if it was not deleted. */
export async function deleteRow(
  space: AppSpace,
  table: Deleted['table'],
  id: string,
  title: string,
): Promise<void> {
  await space.tables[table].delete(id);
  const entry: Deleted = { table, id, title, at: Date.now() };
  keep(space, [entry, ...deleted.value.filter((other) => other.id !== id)]);
  const name = title.length > namedAtMost ? `${title.slice(0, namedAtMost)}…` : title;
  notify(
    table === 'lists' ? `The list “${name}” was deleted, with all that is in it.` : `“${name}” was deleted.`,
    {
      label: 'Undo',
      run: () => restoreRow(space, entry),
    },
  );
}

/** Brings a row back as it was, a list with all that is in it. */
export async function restoreRow(space: AppSpace, { table, id }: Deleted): Promise<void> {
  if (!(await attempt(() => space.tables[table].restore(id)))) return;
  keep(
    space,
    deleted.value.filter((other) => other.id !== id),
  );
}
