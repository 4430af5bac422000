/** What the page starts once its first screen is under way. */
import { followBadge } from './badge.ts';
import { registerServiceWorker } from './update.ts';

followBadge();
// In development the files change under a service worker's feet.
if (import.meta.env.PROD) void registerServiceWorker();
