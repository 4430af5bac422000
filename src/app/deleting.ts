/** Deleting a row, with what is needed for the way back loaded when it is wanted (`deleted`). */
import { attempt } from './notices.ts';
import type { AppSpace } from './schema.ts';

/** Deletes a row and offers the way back; true when it was deleted. */
export function deleteRow(
  space: AppSpace,
  table: 'lists' | 'items',
  id: string,
  title: string,
): Promise<boolean> {
  return attempt(async () => (await import('./deleted.ts')).deleteRow(space, { table, id }, title));
}
