/**
 * When has everything that is under way come to rest? Promises and fake IndexedDB need turns of the event loop; the platform's
 * cipher and hash work on threads of their own, for as long as they please. So operations of theirs are counted.
 */
let underWay = 0;

const { subtle } = globalThis.crypto;
const counting = new Proxy(subtle, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== 'function') return value;
    return async (...given: unknown[]): Promise<unknown> => {
      underWay += 1;
      try {
        return await value.apply(target, given);
      } finally {
        underWay -= 1;
      }
    };
  },
});
Object.defineProperty(globalThis.crypto, 'subtle', { value: counting, configurable: true });

/** More turns of the event loop than anything takes between two operations that are counted. */
const quietTurns = 25;

/** Resolves when nothing goes on any more but waiting for a timer or for an answer that a test holds back. */
export async function rest(): Promise<void> {
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (underWay > 0) quiet = 0;
  }
}
