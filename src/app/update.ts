/**
 * The service worker from the page's side: keeps `builds` true, and switches to a new build when the person agrees
 * (APP-9, APP-10).
 */
import { offlineState, update } from './builds.ts';
import { saveDrafts } from './drafts.ts';

let registration: ServiceWorkerRegistration | null = null;
let isSwitching = false;

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    offlineState.value = 'impossible';
    return;
  }
  const { serviceWorker } = navigator;
  const hadController = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (isSwitching) location.reload();
    else if (hadController) update.value = 'taken';
  });
  try {
    registration = await serviceWorker.register('/service-worker.js', { updateViaCache: 'none' });
  } catch {
    offlineState.value = hadController ? 'ready' : 'impossible';
    return;
  }
  const watched = registration;
  offlineState.value = watched.active === null ? 'preparing' : 'ready';
  if (watched.waiting !== null) update.value = 'waiting';
  watched.addEventListener('updatefound', () => watch(watched));
  watch(watched);
  document.addEventListener('visibilitychange', () => {
    // Asked for when the person comes back; a failure means no connection, and the next time will do.
    if (document.visibilityState === 'visible') watched.update().catch(() => {});
  });
}

function watch({ installing, active }: ServiceWorkerRegistration): void {
  installing?.addEventListener('statechange', () => {
    switch (installing.state) {
      case 'installed':
        if (active !== null) update.value = 'waiting';
        break;
      case 'activated':
        offlineState.value = 'ready';
        break;
      case 'redundant':
        if (offlineState.value === 'preparing') offlineState.value = 'impossible';
        break;
    }
  });
}

/** Switches to the build that waits, or loads the one that was taken already; what is typed is saved first. */
export async function takeUpdate(): Promise<void> {
  await saveDrafts();
  const waiting = registration?.waiting;
  if (!waiting) {
    location.reload();
    return;
  }
  isSwitching = true;
  waiting.postMessage('take over');
}
