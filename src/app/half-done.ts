/**
 * Work of many transactions that its tab did not live to end: what it wrote by then stays, and the next opening of the app says so.
 * Each piece of work is noted while it lasts, under the name of a lock: as long as that is held, its tab is still at it.
 */
import { notify } from './notices.ts';

const prefix = 'cairn.half-done.';

/** Does it; `what` names it as a sentence begins. */
export async function untilDone<T>(what: string, work: () => Promise<T>): Promise<T> {
  const forget = await note(what);
  try {
    return await work();
  } finally {
    forget();
  }
}

async function note(what: string): Promise<() => void> {
  const key = prefix + crypto.randomUUID();
  let letGo = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  try {
    await new Promise<void>((held, failed) => {
      const hold = (): Promise<void> => {
        held();
        return over;
      };
      navigator.locks.request(key, hold).catch(failed);
    });
    localStorage.setItem(key, what);
  } catch {
    // A browser that keeps nothing has nothing to say later.
    letGo();
    return () => undefined;
  }
  return () => {
    localStorage.removeItem(key);
    letGo();
  };
}

/** Says what was cut off in this browser since the app was opened last. */
export async function tellHalfDone(): Promise<void> {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(prefix))) {
    await navigator.locks.request(key, { ifAvailable: true }, (lock) => {
      const what = localStorage.getItem(key);
      if (lock === null || what === null) return;
      localStorage.removeItem(key);
      const means = `${what} was cut off half-way. What was written by then is here.`;
      notify(`${means} Look at it before you start again.`, null, true);
    });
  }
}
