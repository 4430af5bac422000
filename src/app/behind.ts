/** What the page starts once its first screen is under way. */
import { followBadge } from './badge.ts';
import { tellHalfDone } from './half-done.ts';
import { followUnsent } from './unsent-here.ts';
import { registerServiceWorker } from './update.ts';

followBadge();
followUnsent();
// A browser that refuses to keep anything kept nothing of this either.
tellHalfDone().catch(() => {});
// In development the files change under a service worker's feet.
if (import.meta.env.PROD) void registerServiceWorker();
