/**
 * The service worker from the page's side: keeps `builds` true, and switches to a new build when the person agrees
 * (APP-9, APP-10).
 */
import { offlineState, update } from './builds.ts';
import { notify } from './notices.ts';
import { session } from './session.ts';
import { keepBuild, readBuilds } from './stored-builds.ts';
import { countUnsent } from './unsent-here.ts';

const lookMs = 3_600_000;

let registration: ServiceWorkerRegistration | null = null;
let isSwitching = false;

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    offlineState.value = 'impossible';
    return;
  }
  keepBuild(import.meta.url);
  const { serviceWorker } = navigator;
  const hadController = serviceWorker.controller !== null;
  serviceWorker.addEventListener('message', ({ data }) => {
    if (data === 'taken' && !isSwitching) update.value = 'taken';
  });
  serviceWorker.startMessages();
  try {
    registration = await serviceWorker.register('/service-worker.js', { updateViaCache: 'none' });
  } catch {
    offlineState.value = hadController ? 'ready' : 'impossible';
    return;
  }
  const watched = registration;
  offlineState.value = watched.active === null ? 'preparing' : 'ready';
  watched.addEventListener('updatefound', () => watch(watched));
  watch(watched);
  // Asked for when the person comes back, and of an app that is never left now and then; a failure means no connection, and the next
  // time will do.
  const look = (): void => {
    if (document.visibilityState === 'visible') watched.update().catch(() => {});
  };
  document.addEventListener('visibilitychange', look);
  setInterval(look, lookMs);
  if (watched.waiting !== null || (await isOneStored())) update.value = 'waiting';
}

/** A newer build whose service worker is active already, but that is not opened: something was unsent. */
async function isOneStored(): Promise<boolean> {
  const builds = await readBuilds().catch(() => null);
  return builds !== null && builds.opened !== builds.newest;
}

function watch({ installing, active }: ServiceWorkerRegistration): void {
  installing?.addEventListener('statechange', () => {
    switch (installing.state) {
      case 'installed':
        if (active !== null && update.value === 'none') update.value = 'waiting';
        break;
      case 'activated':
        if (offlineState.value === 'preparing') sayReady();
        offlineState.value = 'ready';
        break;
      case 'redundant':
        if (offlineState.value === 'preparing') offlineState.value = 'impossible';
        break;
    }
  });
}

/** Once, and not before there is something that one would want to open without a connection. */
function sayReady(): void {
  let isSaid = false;
  const stop = session.subscribe(({ kind }) => {
    if (isSaid || kind !== 'open') return;
    isSaid = true;
    queueMicrotask(() => {
      stop();
      notify('Ready offline: Cairn now starts without a connection.');
    });
  });
}

/**
 * Switches to the newest build that is stored; what is typed has to be saved by then. Gives false, and changes nothing, if the number of
 * changes that are only here is another than the person has seen (APP-7).
 */
export async function takeUpdate(unsentSeen: number): Promise<boolean> {
  if ((await countUnsent()) !== unsentSeen) return false;
  const newest = registration?.waiting ?? registration?.active;
  isSwitching = true;
  if (newest) await answerTo(newest, 'take over');
  location.reload();
  return true;
}

function answerTo(worker: ServiceWorker, message: string): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    // One that went wrong is replaced at the reload, or not.
    setTimeout(resolve, 5_000);
    worker.postMessage(message, [port2]);
  });
}
