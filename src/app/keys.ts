/** Keys that work wherever one is: Ctrl or ⌘ with K looks for something, with Z takes the last step back. */
import { notices, runAction } from './notices.ts';
import { go, hashOf, searching } from './route.ts';

/** Follows them from now on; returns the way to stop. */
export function followKeys(): () => void {
  const stop = new AbortController();
  addEventListener('keydown', onKey, { signal: stop.signal });
  return () => stop.abort();
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  if (event.key === 'k') {
    event.preventDefault();
    go(hashOf(searching));
  } else if (event.key === 'z' && !isTyping(event.target)) {
    const last = notices.value.findLast(({ action }) => action !== null);
    if (last === undefined) return;
    event.preventDefault();
    void runAction(last);
  }
}

/** There the browser takes back what was typed. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])')
  );
}
