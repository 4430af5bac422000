/** How many changes are only on this device, of the open space and of those that were open before. */
import { effect } from '@preact/signals';
import { session } from './session.ts';
import { notedUnsent, noteUnsent } from './unsent-notes.ts';

export async function countUnsent(): Promise<number> {
  const now = session.value;
  if (!('space' in now)) return notedUnsent().catch(() => 0);
  const elsewhere = await notedUnsent(now.space.id).catch(() => 0);
  return now.space.status.value.unsent + elsewhere;
}

/** How long changes that were made a moment ago are given to get out. */
const patienceMs = 3_000;

/** The same, once what can be sent has been sent. */
export async function countUnsendable(): Promise<number> {
  const now = session.value;
  if ('space' in now && now.space.status.value.unsent > 0) {
    const patience = new Promise((resolve) => setTimeout(resolve, patienceMs));
    // Why nothing can be sent is the pill's to say.
    await Promise.race([now.space.syncNow().catch(() => {}), patience]);
  }
  return countUnsent();
}

/** From now on the number of the space that is open in this tab is noted, and the note outlives the tab. */
export function followUnsent(): void {
  effect(() => {
    const now = session.value;
    if (now.kind !== 'open') return undefined;
    const { id, status } = now.space;
    let noted: number | null = null;
    const note = (): void => {
      const { unsent } = status.value;
      if (unsent !== noted) noteUnsent(id, unsent);
      noted = unsent;
    };
    note();
    return status.subscribe(note);
  });
}
