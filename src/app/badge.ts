/** The number on the icon of the installed app: changes that are only on this device. */
import { effect } from '@preact/signals';
import type { Observable, SpaceStatus } from '../client/index.ts';
import { session } from './session.ts';

/** The part of `navigator` that is used here; not every browser has it. */
export interface Badge {
  setAppBadge?(count: number): Promise<void>;
  clearAppBadge?(): Promise<void>;
}

/** Keeps the badge at the number of unsent changes of the space; gives what ends that. */
export function showUnsent(status: Observable<SpaceStatus>, badge: Badge): () => void {
  let shown = -1;
  const show = ({ unsent }: SpaceStatus): void => {
    if (unsent === shown) return;
    shown = unsent;
    // Where it is not allowed the status says the same.
    (unsent > 0 ? badge.setAppBadge?.(unsent) : badge.clearAppBadge?.())?.catch(() => {});
  };
  show(status.value);
  return status.subscribe(show);
}

/** From now on, for the space that is open in this tab. */
export function followBadge(badge: Badge = navigator): void {
  effect(() => {
    const now = session.value;
    if (now.kind === 'open') return showUnsent(now.space.status, badge);
    if (now.kind === 'none') badge.clearAppBadge?.().catch(() => {});
    return undefined;
  });
}
