/**
 * Serves the app's own files from what was stored at install, so that it starts without a connection after one visit.
 *
 * 1. One build, one cache, and nothing in it that is not of that build, whatever the server served meanwhile.
 * 2. A new build is stored beside the old and waits until a person agrees, or until the last tab has closed with nothing unsent
 *    (`stored-builds`).
 * 3. Only the files of a build are answered here. The relay's paths never are: data is the library's, not a cache's.
 * 4. What another app shares is taken here, and goes to no server.
 */
import { keepShared, sharePath } from './shared-text.ts';
import { addNewest, buildPrefix, open, readBuilds } from './stored-builds.ts';
import { notedUnsent } from './unsent-notes.ts';

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
interface Window {
  postMessage(message: unknown): void;
}
/** The part of the service worker's global that is used here; the DOM's types know only pages. */
declare const self: {
  /** `revision`: the hash of the file, as `integrity` takes it. */
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string }[];
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(of: { type: 'window'; includeUncontrolled: true }): Promise<readonly Window[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<T extends keyof ServiceWorkerEvents>(
    type: T,
    listener: (event: ServiceWorkerEvents[T]) => void,
  ): void;
};

const files = self.__WB_MANIFEST;
const paths = new Set(files.map(({ url }) => new URL(url, self.location.href).pathname));
const start = '/index.html';

/** Names the build by its files: any difference makes another name. */
async function cacheName(): Promise<string> {
  const text = files.map(({ url, revision }) => `${url} ${revision}`).join('\n');
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const bytes = [...new Uint8Array(hash.slice(0, 8))];
  return buildPrefix + bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
const build = cacheName();
/** Opened once: a start asks for a dozen files, and waits for each. */
let kept: Promise<Cache> | null = null;
function ownCache(): Promise<Cache> {
  kept ??= build.then((name) => caches.open(name));
  return kept;
}

const windows = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

self.addEventListener('install', (event) => {
  event.waitUntil(storeBuild());
});

async function storeBuild(): Promise<void> {
  const cache = await ownCache();
  // Past the browser's own cache, which might hold a file of an older build under the same name. And a server that changes builds at
  // this moment gives files of both: then nothing is stored, and the browser looks again at another visit.
  const request = ({ url, revision }: (typeof files)[number]): Request =>
    new Request(new URL(url, self.location.href), { cache: 'reload', integrity: revision });
  try {
    await cache.addAll(files.map(request));
  } catch (thrown) {
    if ((await cache.keys()).length === 0) await caches.delete(await build);
    throw thrown;
  }
}

self.addEventListener('activate', (event) => {
  event.waitUntil(begin());
});

async function begin(): Promise<void> {
  await addNewest(await build);
  await self.clients.claim();
}

self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(takeOver(event.ports));
});

/** The person agreed in one tab. The others go on with the build they run, and are told. */
async function takeOver(answers: readonly MessagePort[]): Promise<void> {
  try {
    await open(await build);
    await self.skipWaiting();
    for (const window of await windows()) window.postMessage('taken');
  } finally {
    for (const answer of answers) answer.postMessage('over');
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === 'POST' && url.origin === self.location.origin && url.pathname === sharePath) {
    event.respondWith(takeShared(request));
    return;
  }
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname === '/' || url.pathname === start) event.respondWith(page(request));
  else if (paths.has(url.pathname) || url.pathname.startsWith('/assets/'))
    event.respondWith(fromAnyBuild(request));
});

/** The page of the build that is opened now. */
async function page(request: Request): Promise<Response> {
  // Nearly always it is this one: looked for while the note is read.
  const own = ownCache().then((cache) => cache.match(start));
  const name = request.mode === 'navigate' ? await chosen() : await build;
  const found = name === (await build) ? await own : await (await caches.open(name)).match(start);
  return found ?? fetch(request);
}

async function chosen(): Promise<string> {
  const builds = await readBuilds();
  if (builds === null) return build;
  const { opened, newest } = builds;
  if (opened === newest) return opened;
  const isFree = (await windows()).length === 0 && (await notedUnsent()) === 0;
  if (!isFree && (await caches.has(opened))) return opened;
  await open(newest);
  return newest;
}

/** A part's name is made of what is in it: it is the same in every build that has it. Icons are the newest ones. */
async function fromAnyBuild({ url }: Request): Promise<Response> {
  const own = await ownCache();
  return (await own.match(url)) ?? (await caches.match(url)) ?? fetch(url);
}

/** Whatever can't be kept is left to the page to say: it finds nothing. */
async function takeShared(request: Request): Promise<Response> {
  await request
    .formData()
    .then(keepShared)
    .catch(() => undefined);
  return Response.redirect('/#/shared', 303);
}
