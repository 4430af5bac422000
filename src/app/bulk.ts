/** What is done to several items at once, each with one step back. */
import { counted } from './counted.ts';
import { attempt, notify } from './notices.ts';
import { type ItemCells, type ItemWrite, writeItems } from './row-writing.ts';
import type { AppSpace, Item } from './schema.ts';

/** `done`: what was done to them, "are done". True when it was. */
export function changeAll(
  space: AppSpace,
  items: readonly Item[],
  cells: ItemCells,
  done: string,
): Promise<boolean> {
  const changing = items.filter((item) => differs(item, cells));
  const back = changing.map(
    (item): ItemWrite => ({ kind: 'patch', id: item.id, cells: before(item, cells) }),
  );
  return withUndo(
    space,
    changing.map(({ id }) => ({ kind: 'patch', id, cells })),
    back,
    `${counted(changing.length, 'item')} ${done}.`,
  );
}

export function deleteAll(space: AppSpace, items: readonly Item[]): Promise<boolean> {
  return withUndo(
    space,
    items.map(({ id }) => ({ kind: 'delete', id })),
    items.map(({ id }) => ({ kind: 'restore', id })),
    items.length === 1 ? 'One item was deleted.' : `${counted(items.length, 'item')} were deleted.`,
  );
}

async function withUndo(
  space: AppSpace,
  writes: readonly ItemWrite[],
  back: readonly ItemWrite[],
  words: string,
): Promise<boolean> {
  const isWritten = await attempt(() => writeItems(space, writes));
  if (isWritten) {
    notify(words, { label: 'Undo', run: async () => void (await attempt(() => writeItems(space, back))) });
  }
  return isWritten;
}

function differs(item: Item, cells: ItemCells): boolean {
  return names(cells).some((name) => item[name] !== cells[name]);
}

function before(item: Item, cells: ItemCells): ItemCells {
  return Object.fromEntries(names(cells).map((name) => [name, item[name]]));
}

function names(cells: ItemCells): readonly (keyof ItemCells)[] {
  // The keys of an object that is typed by them.
  return Object.keys(cells) as (keyof ItemCells)[];
}
