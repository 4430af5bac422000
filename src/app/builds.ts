/** What the service worker keeps of the app, as the screens show it; `update` finds it out. */
import { signal } from '@preact/signals';

export type OfflineState = 'unknown' | 'preparing' | 'ready' | 'impossible';

/** Whether the app starts without a connection. */
export const offlineState = signal<OfflineState>('unknown');
/** waiting: a newer build is stored. taken: another tab has switched to it, and this one still runs the old. */
export const update = signal<'none' | 'waiting' | 'taken'>('none');
