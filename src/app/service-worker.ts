/**
 * Serves the app's own files from what was stored at install, so that it starts without a connection after one visit.
 *
 * 1. One build, one cache: a page gets every file from the build that it started with.
 * 2. A new build is stored beside the old and waits until a person agrees or the last tab closes.
 * 3. Only the files of the build are answered here. The relay's paths never are: data is the library's, not a cache's.
 * 4. What another app shares is taken here, and goes to no server.
 */
import { keepShared, sharePath } from './shared-text.ts';

interface Waitable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends Waitable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface ServiceWorkerEvents {
  install: Waitable;
  activate: Waitable;
  fetch: FetchEvent;
  message: MessageEvent & Waitable;
}
/** The part of the service worker's global that is used here; the DOM's types know only pages. */
declare const self: {
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string | null }[];
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener<T extends keyof ServiceWorkerEvents>(
    type: T,
    listener: (event: ServiceWorkerEvents[T]) => void,
  ): void;
};

const files = self.__WB_MANIFEST;
const paths = new Set(files.map(({ url }) => new URL(url, self.location.href).pathname));
const prefix = 'cairn-build-';
const start = '/index.html';

/** Names the build by its files: any difference makes another name. */
async function cacheName(): Promise<string> {
  const text = files.map(({ url, revision }) => `${url} ${revision ?? ''}`).join('\n');
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return (
    prefix + [...new Uint8Array(hash.slice(0, 8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  );
}
const build = cacheName();

self.addEventListener('install', (event) => {
  event.waitUntil(storeBuild());
});

async function storeBuild(): Promise<void> {
  const cache = await caches.open(await build);
  // Past the browser's own cache, which might hold a file of an older build under the same name.
  await cache.addAll([...paths].map((path) => new Request(path, { cache: 'reload' })));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

/** Tabs that still run the build before go on getting its files until the build after this one. */
async function takeOver(): Promise<void> {
  const current = await build;
  const builds = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== current);
  await Promise.all(builds.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(self.skipWaiting());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === 'POST' && url.origin === self.location.origin && url.pathname === sharePath) {
    event.respondWith(takeShared(request));
    return;
  }
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  const path = url.pathname === '/' ? start : url.pathname;
  if (paths.has(path)) event.respondWith(fromBuild(path, request));
  else if (path.startsWith('/assets/')) event.respondWith(fromAnyBuild(request));
});

async function fromBuild(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(await build);
  return (await cache.match(path)) ?? fetch(request);
}

/** A file that this build has not: a tab of the build before asks for one of its own. */
async function fromAnyBuild(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? fetch(request);
}

/** Whatever can't be kept is left to the page to say: it finds nothing. */
async function takeShared(request: Request): Promise<Response> {
  await request
    .formData()
    .then(keepShared)
    .catch(() => undefined);
  return Response.redirect('/#/shared', 303);
}
