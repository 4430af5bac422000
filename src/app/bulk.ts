/** What is done to several items at once, each with one step back. */
import { counted } from './counted.ts';
import { keysBetween } from './hand-order.ts';
import { attempt, notify } from './notices.ts';
import { keyOfTime } from './order-key.ts';
import { type RowWrite, writeRows } from './row-writing.ts';
import type { AppSpace, Item } from './schema.ts';

type ItemCells = Partial<Omit<Item, 'id'>>;
type ItemWrite = RowWrite<'items'>;

interface Change {
  readonly item: Item;
  readonly cells: ItemCells;
}

export function setDone(space: AppSpace, items: readonly Item[], done: boolean): Promise<boolean> {
  return changeAll(
    space,
    items.map((item) => ({ item, cells: { done } })),
    (count) => `${counted(count, 'item is', 'items are')} ${done ? 'done' : 'to do again'}.`,
  );
}

/** `name`: what people call that priority. */
export function setPriority(
  space: AppSpace,
  items: readonly Item[],
  priority: number | null,
  name: string,
): Promise<boolean> {
  return changeAll(
    space,
    items.map((item) => ({ item, cells: { priority } })),
    (count) => `Priority of ${counted(count, 'item')}: ${name}.`,
  );
}

/** Moves them to the end of another list, where they keep their order among each other. */
export function moveAll(
  space: AppSpace,
  items: readonly Item[],
  { id, title }: { readonly id: string; readonly title: string },
): Promise<boolean> {
  const now = Date.now();
  const keys = keysBetween(keyOfTime(now), keyOfTime(now + 1), items.length);
  return changeAll(
    space,
    items.map((item, index) => ({ item, cells: { list: id, order: keys[index] ?? '' } })),
    (count) => `${counted(count, 'item was', 'items were')} moved to “${title}”.`,
  );
}

/** Resolves to whether all of them are as they were to be. What is so already is not written again. */
async function changeAll(
  space: AppSpace,
  changes: readonly Change[],
  words: (count: number) => string,
): Promise<boolean> {
  const needed = changes.filter(({ item, cells }) => differs(item, cells));
  return withUndo(
    space,
    needed.map(({ item: { id }, cells }) => ({ kind: 'patch', id, cells })),
    needed.map(({ item, cells }) => ({ kind: 'patch', id: item.id, cells: before(item, cells) })),
    words,
  );
}

export function deleteAll(space: AppSpace, items: readonly Item[]): Promise<boolean> {
  return withUndo(
    space,
    items.map(({ id }) => ({ kind: 'delete', id })),
    items.map(({ id }) => ({ kind: 'restore', id })),
    (count) => `${counted(count, 'item was', 'items were')} deleted.`,
  );
}

/** `back[i]` takes `writes[i]` back. If it fails half-way, what was done by then is told and can be taken back all the same. */
async function withUndo(
  space: AppSpace,
  writes: readonly ItemWrite[],
  back: readonly ItemWrite[],
  words: (count: number) => string,
): Promise<boolean> {
  const written = new Set<string>();
  const isWritten = await attempt(() =>
    writeRows(space, 'items', writes, (done) => {
      for (const { id } of done) written.add(id);
    }),
  );
  if (written.size > 0) {
    const undo = back.filter(({ id }) => written.has(id));
    notify(words(written.size), {
      label: 'Undo',
      run: async () => void (await attempt(() => writeRows(space, 'items', undo))),
    });
  } else if (isWritten) {
    // The step back that is offered is still the one before.
    notify('There was nothing to change.');
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
