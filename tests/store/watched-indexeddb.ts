/**
 * An IndexedDB, over a real or simulated one, that notes what its transactions do, and lets a test act just before one opens or keep
 * the end of those that write from being heard.
 */
import { dispatch } from './faulty-indexeddb.ts';

export interface WatchedTransaction {
  readonly mode: IDBTransactionMode;
  readonly stores: readonly string[];
  requests: number;
  /** Whether a request was made of it after something else had begun, or ended, since it was opened. */
  isPaused: boolean;
  /** Null while it runs. */
  end: 'complete' | 'abort' | null;
}

export class WatchedIndexedDB {
  readonly factory: IDBFactory;
  readonly transactions: WatchedTransaction[] = [];
  /** What was refused because its transaction was over. */
  readonly late: string[] = [];
  beforeWrite: (stores: readonly string[]) => void = () => undefined;
  /** Ends of writing transactions that have come and are not heard yet. */
  unheard = 0;
  readonly #beside: () => number;
  #hearing: Promise<void> | null = null;

  /** `beside`: counts what may not happen inside a transaction. */
  constructor(inner: IDBFactory, beside: () => number = () => 0) {
    this.#beside = beside;
    this.factory = {
      open: (name: string, version?: number) => {
        const request = inner.open(name, version);
        request.addEventListener('success', () => this.#adopt(request.result));
        return request;
      },
      deleteDatabase: (name: string) => inner.deleteDatabase(name),
      databases: () => inner.databases(),
      cmp: (a: unknown, b: unknown) => inner.cmp(a, b),
    };
  }

  /** From now on no transaction that writes is heard to end, until the function given back is called. */
  holdEnds(): () => void {
    let letGo: () => void = () => undefined;
    this.#hearing = new Promise((resolve) => {
      letGo = () => {
        this.#hearing = null;
        resolve();
      };
    });
    return letGo;
  }

  #adopt(connection: IDBDatabase): void {
    const begin = connection.transaction.bind(connection);
    connection.transaction = (stores, mode = 'readonly', options) => {
      const names = typeof stores === 'string' ? [stores] : [...stores];
      if (mode === 'readwrite') this.beforeWrite(names);
      const transaction = begin(names, mode, options);
      this.#watch(transaction, { mode, stores: names, requests: 0, isPaused: false, end: null });
      return transaction;
    };
  }

  #watch(transaction: IDBTransaction, noted: WatchedTransaction): void {
    this.transactions.push(noted);
    const hearing = noted.mode === 'readwrite' ? this.#hearing : null;
    for (const end of ['complete', 'abort'] as const) {
      transaction.addEventListener(end, (event) => {
        if (noted.end !== null) return;
        noted.end = end;
        if (hearing === null) return;
        event.stopImmediatePropagation();
        this.unheard += 1;
        void hearing.then(() => {
          this.unheard -= 1;
          dispatch(transaction, end);
        });
      });
    }
    const openedAt = this.#beside();
    const asked = <R>(what: string, ask: () => R): R => {
      noted.isPaused ||= this.#beside() !== openedAt;
      try {
        return ask();
      } catch (thrown) {
        const name = thrown instanceof Error ? thrown.name : '';
        if (name === 'TransactionInactiveError' || name === 'InvalidStateError') this.late.push(what);
        throw thrown;
      }
    };
    const objectStore = transaction.objectStore.bind(transaction);
    const seen = new WeakSet<IDBObjectStore>();
    transaction.objectStore = (name) => {
      const store = asked(`objectStore ${name}`, () => objectStore(name));
      if (seen.has(store)) return store;
      seen.add(store);
      for (const method of requests) {
        const call: unknown = Reflect.get(store, method);
        if (typeof call !== 'function') continue;
        const watched = (...given: unknown[]): unknown => {
          noted.requests += 1;
          return asked(`${method} in ${name}`, () => call.apply(store, given));
        };
        Object.defineProperty(store, method, { value: watched, configurable: true, writable: true });
      }
      return store;
    };
  }
}

const requests = [
  'add',
  'put',
  'delete',
  'clear',
  'get',
  'getAll',
  'getKey',
  'getAllKeys',
  'count',
  'openCursor',
  'openKeyCursor',
] as const;
