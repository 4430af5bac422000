/**
 * Counts, in a worker, every moment at which something that its code awaits has come about and the code has not yet run on: a
 * request or a transaction of IndexedDB, an operation of WebCrypto, an answer of the network or a part of it, a lock, a timer, a call
 * from the page. Imported before any code that is counted.
 *
 * At the moment it is armed for the thread stands still for good, inside that very event, until the page terminates it. Whatever
 * was awaited has happened (the row is written, the transaction still open; the relay has answered) and no code knows of it.
 */
import type { ToPage, ToWorker } from './messages.ts';

/** Moments left until the fatal one; 0 while not armed. A worker that is killed while it opens is armed by its name. */
let left = Number(self.name) || 0;
/** The kind of them that is counted; null: all. */
let only: string | null = null;
/** From then on nothing that is counted comes through. */
let frozen = false;
const passed = new Map<string, number>();

/** How many moments of each kind there were so far. */
export function passedPoints(): ReadonlyMap<string, number> {
  return new Map(passed);
}

class Frozen extends Error {
  override readonly name = 'Frozen';
}

function point(kind: string): void {
  if (frozen) throw new Frozen(kind);
  passed.set(kind, (passed.get(kind) ?? 0) + 1);
  if (left === 0 || (only !== null && kind !== only)) return;
  left -= 1;
  if (left > 0) return;
  frozen = true;
  const told: ToPage = { frozenAt: kind };
  globalThis.postMessage(told);
  // A synchronous request that is never answered. It ends, with an error, when the page terminates this worker.
  const request = new XMLHttpRequest();
  request.open('POST', '/frozen', false);
  request.send();
  throw new Frozen(kind);
}

/** Registered first, so it comes before every listener of the code under test. */
function watch(target: EventTarget, kinds: readonly string[], name: (type: string) => string): void {
  for (const kind of kinds) {
    target.addEventListener(kind, (event) => {
      try {
        point(name(event.type));
      } catch (thrown) {
        event.stopImmediatePropagation();
        throw thrown;
      }
    });
  }
}

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/** Wraps methods of a prototype; `around` is given what the method returned. */
function wrap(
  prototype: object,
  names: readonly string[],
  around: (result: unknown, name: string) => unknown,
) {
  for (const name of names) {
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') throw new Error(`There is no ${name} to wrap`);
    const original = method as Method; // a function of any kind can be applied
    Reflect.set(prototype, name, function (this: unknown, ...parameters: unknown[]) {
      return around(original.apply(this, parameters), name);
    });
  }
}

const settled = (result: unknown, name: string): unknown =>
  Promise.resolve(result).then(
    (value) => {
      point(name);
      return value;
    },
    (thrown: unknown) => {
      point(name);
      throw thrown;
    },
  );

const watchRequest = (result: unknown, name: string): unknown => {
  if (result instanceof IDBRequest) {
    const where = result.source instanceof IDBObjectStore ? `${result.source.name} ` : '';
    const kinds = ['success', 'error', 'upgradeneeded', 'blocked'];
    watch(result, kinds, (type) => `indexedDB ${where}${name} ${type}`);
  }
  return result;
};

const reading = ['get', 'getAll', 'getKey', 'getAllKeys', 'count', 'openCursor'];
wrap(IDBObjectStore.prototype, [...reading, 'add', 'put', 'delete', 'clear'], watchRequest);
wrap(IDBFactory.prototype, ['open', 'deleteDatabase'], watchRequest);
wrap(IDBDatabase.prototype, ['transaction'], (result) => {
  if (result instanceof IDBTransaction) {
    const { objectStoreNames, mode } = result;
    const where = [...objectStoreNames].join(' and ');
    watch(result, ['complete', 'abort'], (type) => `indexedDB ${where} ${mode} ${type}`);
  }
  return result;
});

const crypto =
  'sign verify encrypt decrypt digest deriveBits deriveKey importKey exportKey generateKey'.split(' ');
wrap(SubtleCrypto.prototype, crypto, (result, name) => settled(result, `crypto ${name}`));
wrap(Response.prototype, ['arrayBuffer', 'json', 'text'], (result, name) => settled(result, `fetch ${name}`));
wrap(ReadableStreamDefaultReader.prototype, ['read'], (result) => settled(result, 'stream read'));
wrap(globalThis, ['fetch'], (result) => settled(result, 'fetch answer'));

const setTimer = globalThis.setTimeout;
Reflect.set(globalThis, 'setTimeout', (callback: () => void, ms?: number) =>
  setTimer(() => {
    point('timer');
    callback();
  }, ms),
);

const request = LockManager.prototype.request as Method; // of several forms, the callback last in each
Reflect.set(LockManager.prototype, 'request', function (this: unknown, ...parameters: unknown[]) {
  const held = parameters.pop() as Method; // as above
  return request.call(this, ...parameters, (lock: unknown) => {
    point('lock');
    return held(lock);
  });
});

globalThis.addEventListener('message', (event: MessageEvent<Partial<ToWorker> | null>) => {
  const armed = event.data?.arm;
  if (armed !== undefined) {
    left = armed;
    only = event.data?.kind ?? null;
    event.stopImmediatePropagation();
  }
});
watch(globalThis, ['message'], () => 'call of the page');
