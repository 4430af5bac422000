/** What the page starts once its first screen is under way. */
import { followBadge } from './badge.ts';
import { followUnsent } from './unsent-here.ts';
import { registerServiceWorker } from './update.ts';

followBadge();
followUnsent();
// In development the files change under a service worker's feet.
if (import.meta.env.PROD) void registerServiceWorker();
