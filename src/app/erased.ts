/** Whether another tab has erased a space: it takes it off the list that all tabs of this browser share. */
import { signal } from '@preact/signals';
import { readRemembered } from './remembered.ts';
import { session } from './session.ts';

/** The id of the space that was open here and is erased; null: none. */
export const erased = signal<string | null>(null);

export function followErasing(): void {
  addEventListener('storage', () => {
    const now = session.value;
    if (now.kind !== 'open') return;
    const isListed = readRemembered().spaces.some(({ id }) => id === now.space.id);
    erased.value = isListed ? null : now.space.id;
  });
}
