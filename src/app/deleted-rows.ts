/** The rows deleted on this device, newest first; `deleted` keeps them and brings them back, and is loaded after the rows are shown. */
import { signal } from '@preact/signals';
import { attempt } from './notices.ts';
import type { AppSpace } from './schema.ts';

export interface Deleted {
  readonly table: 'lists' | 'items';
  readonly id: string;
  readonly title: string;
  readonly at: number;
}

export const deleted = signal<readonly Deleted[]>([]);

export async function loadDeleted(space: AppSpace): Promise<void> {
  // Without a connection to load it from there is no way back to show either.
  const loaded = await import('./deleted.ts').catch(() => null);
  loaded?.loadDeleted(space);
}

/** Deletes a row and offers the way back; true when it was deleted. */
export function deleteRow(
  space: AppSpace,
  table: Deleted['table'],
  id: string,
  title: string,
): Promise<boolean> {
  return attempt(async () => (await import('./deleted.ts')).deleteRow(space, table, id, title));
}
