/**
 * Spaces of this browser that no list names. A browser that is killed loses what it was told to keep in the last seconds, the list
 * among it, while a database is there as soon as its write was answered. So a join whose tab vanished with the whole browser is
 * found again (JOIN-5).
 */
import { remember } from './remembered.ts';
import { leaveBehind, type Session, session, switchTo, unnamed } from './session.ts';

const database = /^cairn-([\w-]{43})$/;

/** The ids of the spaces of which there is a database. */
export function spacesAmong(databases: readonly { readonly name?: string }[]): string[] {
  return databases.flatMap(({ name = '' }) => database.exec(name)?.[1] ?? []);
}

/** Opens the first that can be opened, or goes on joining. What was cut off before it was a space is passed over. */
export async function openFound(): Promise<void> {
  for (const id of spacesAmong((await indexedDB.databases?.()) ?? [])) {
    // The person has gone on meanwhile.
    if (session.value.kind !== 'none') return;
    remember({ id, label: unnamed, relay: location.origin });
    await switchTo(id);
    if (!isNoSpace(session.value)) return;
    await leaveBehind(id);
  }
}

function isNoSpace(now: Session): boolean {
  return now.kind === 'failed' && now.failure.code === 'storage-lost';
}
