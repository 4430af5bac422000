/** What was deleted last, by anyone: lists and items together, newest first. */
import type { DeletedRow, SpaceStatus } from '../client/index.ts';
import type { AppSpace, Item, List } from './schema.ts';

export type Deleted =
  | (DeletedRow<List> & { readonly table: 'lists' })
  | (DeletedRow<Item> & { readonly table: 'items' });

export interface DeletedList {
  /** At most so many lists and so many items as were asked for. */
  readonly rows: readonly Deleted[];
  /** True if there are more. */
  readonly isCut: boolean;
}

/**
 * A text that is another one after each write, here or applied from elsewhere. How many rows there are is not enough: one is deleted and
 * another added at once. What is written here is unsent, then acknowledged; what others wrote moves a cursor.
 */
export function progressOf({ unsent, relay, devices }: SpaceStatus): string {
  return [unsent, relay.acknowledged, ...devices.map(({ cursor }) => cursor)].join();
}

/** `most`: how many lists and how many items. */
export async function deletedOf(space: AppSpace, most: number): Promise<DeletedList> {
  const [lists, items] = await Promise.all([
    space.tables.lists.deleted(most + 1),
    space.tables.items.deleted(most + 1),
  ]);
  const rows = [
    ...lists.slice(0, most).map((deleted): Deleted => ({ ...deleted, table: 'lists' })),
    ...items.slice(0, most).map((deleted): Deleted => ({ ...deleted, table: 'items' })),
  ];
  return { rows: rows.sort((a, b) => b.at - a.at), isCut: lists.length > most || items.length > most };
}
