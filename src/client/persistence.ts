/**
 * Storage that the browser does not evict is asked for on a step of the person's own (a new space, a join, a first
 * write), never on opening the page: browsers may show a question (STORE-23). Only a page can ask; the answer shows in the status.
 */
let asked = false;

export function askToPersist(): void {
  if (asked) return;
  asked = true;
  // A browser that cannot, or that refuses, leaves things as they are; the status says how they are.
  navigator.storage?.persist?.().catch(() => undefined);
}
