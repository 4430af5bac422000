/**
 * The worker's entry: `exposeSpaceHost()` at the top of the app's worker script is all that it needs. The host
 * takes its lock before it answers anything, so a page that has heard from it can wait for its death.
 */
import { expose } from 'comlink';
import { browserRuntime } from './browser-runtime.ts';
import { storedHost } from './space-host.ts';

export function exposeSpaceHost(): void {
  expose(storedHost(browserRuntime(), navigator.storage ?? null));
}
