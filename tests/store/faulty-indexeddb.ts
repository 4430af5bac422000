/**
 * An IndexedDB that fails as real ones do, over a real or simulated one. Each `FaultyTab` is one life of one tab: it has its own
 * factory over the shared database, and a plan that says which of its transactions meets which fault.
 *
 *   kill-before   the tab dies as it opens the transaction: nothing of it happens
 *   kill-in       dies after the transaction's first request succeeded: all of it is undone
 *   kill-after    dies when it has committed, before hearing of it
 *   drop-before   the connection turns out to be closed
 *   drop-in       the connection goes while it runs: undone, and the tab hears an abort without a reason
 *   drop-after    it commits, but the tab hears an abort: the connection went before the answer
 *   quota         undone when it commits, with QuotaExceededError
 *   lost          as drop-in, with the error that Safari gives when its storage process died
 *
 * A killed tab hears nothing any more: none of its requests, transactions or connections has an event again,
 * and its connections are closed, as a browser does.
 */
export const faults = [
  'kill-before',
  'kill-in',
  'kill-after',
  'drop-before',
  'drop-in',
  'drop-after',
  'quota',
  'lost',
] as const;
export type Fault = (typeof faults)[number];

export interface Planned {
  /** Which transaction of this tab: 1, 2, 3, … */
  readonly index: number;
  readonly mode: IDBTransactionMode;
  readonly stores: readonly string[];
  readonly durability: IDBTransactionDurability;
}

export class FaultyTab {
  readonly factory: IDBFactory;
  /** Transactions this tab has opened. */
  transactions = 0;
  killed = false;
  /** Told once, at the moment the tab dies. */
  onKilled: () => void = () => undefined;
  /** Told before the living tab hears an event: what runs now is its code. */
  onEvent: () => void = () => undefined;
  #open = 0;
  readonly #inner: IDBFactory;
  readonly #plan: (planned: Planned) => Fault | null;
  readonly #connections = new Set<IDBDatabase>();

  constructor(inner: IDBFactory, plan: (planned: Planned) => Fault | null = () => null) {
    this.#inner = inner;
    this.#plan = plan;
    this.factory = {
      open: (name: string, version?: number) => this.#opening(name, version),
      deleteDatabase: (name: string) => this.#guarded(inner.deleteDatabase(name)),
      databases: () => inner.databases(),
      cmp: (a: unknown, b: unknown) => inner.cmp(a, b),
    };
  }

  /** The tab dies here and now. What it has committed stays; what runs is undone or not, as the browser pleases. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    for (const connection of this.#connections) connection.close();
    this.onKilled();
  }

  /** True while no transaction of this tab runs or waits, and no database is being opened. */
  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** The browser closes every connection of this tab, as when the storage process dies. */
  dropConnections(): void {
    for (const connection of [...this.#connections]) this.#lose(connection);
  }

  #opening(name: string, version?: number): IDBOpenDBRequest {
    const request = this.#inner.open(name, version);
    this.#countOpen(request, ['success', 'error']);
    request.addEventListener('success', () => this.#adopt(request.result));
    return this.#guarded(request);
  }

  #adopt(connection: IDBDatabase): void {
    if (this.killed) {
      connection.close();
      return;
    }
    this.#connections.add(connection);
    this.#silence(connection, ['close', 'versionchange', 'abort', 'error']);
    const begin = connection.transaction.bind(connection);
    connection.transaction = (stores, mode, options) => {
      const names = typeof stores === 'string' ? [stores] : [...stores];
      return this.#transaction(connection, () => begin(names, mode, options), {
        stores: names,
        mode: mode ?? 'readonly',
        durability: options?.durability ?? 'default',
      });
    };
  }

  #transaction(
    connection: IDBDatabase,
    begin: () => IDBTransaction,
    asked: Omit<Planned, 'index'>,
  ): IDBTransaction {
    this.transactions += 1;
    const fault = this.killed ? null : this.#plan({ index: this.transactions, ...asked });
    if (fault === 'drop-before') {
      this.#lose(connection);
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    }
    const transaction = begin();
    this.#countOpen(transaction, ['complete', 'abort']);
    if (fault === 'kill-before') {
      this.#silence(transaction, ['complete', 'abort', 'error'], () => goOn(connection));
      this.#guardRequests(transaction, 'first', () => undefined);
      this.kill();
      transaction.abort();
      return transaction;
    }
    if (fault !== null) {
      // The end of the transaction is the fault's to choose.
      transaction.commit = () => undefined;
    }
    if (fault === 'kill-after') transaction.addEventListener('complete', () => this.kill());
    if (fault === 'drop-after') this.#hearAbortInstead(connection, transaction);
    this.#silence(transaction, ['complete', 'abort', 'error'], () => goOn(connection));
    this.#guardRequests(transaction, fault === 'quota' ? 'last' : 'first', () => {
      switch (fault) {
        case 'kill-in':
          this.kill();
          transaction.abort();
          break;
        case 'drop-in':
          transaction.abort();
          this.#lose(connection);
          break;
        case 'lost':
          failWith(
            transaction,
            'UnknownError',
            'Connection to Indexed Database server lost. Refresh the page',
          );
          transaction.abort();
          this.#lose(connection);
          break;
        case 'quota':
          failWith(transaction, 'QuotaExceededError', 'The quota has been exceeded.');
          transaction.abort();
          break;
        default:
      }
    });
    return transaction;
  }

  /** A completed transaction whose tab hears that it was aborted. */
  #hearAbortInstead(connection: IDBDatabase, transaction: IDBTransaction): void {
    transaction.addEventListener('complete', (event) => {
      event.stopImmediatePropagation();
      dispatch(transaction, 'abort');
      this.#lose(connection);
    });
  }

  /**
   * Every request of the transaction goes unheard once the tab is dead. `strike` runs once: as the first request succeeds, or as one does
   * after which none is open, where only the commit can fail.
   */
  #guardRequests(transaction: IDBTransaction, when: 'first' | 'last', strike: () => void): void {
    let struck = false;
    let open = 0;
    const guard = <R extends IDBRequest>(request: R): R => {
      open += 1;
      request.addEventListener('success', () => {
        open -= 1;
        if (struck || (when === 'last' && open > 0)) return;
        struck = true;
        strike();
      });
      return this.#guarded(request);
    };
    const objectStore = transaction.objectStore.bind(transaction);
    const seen = new WeakSet<IDBObjectStore>();
    transaction.objectStore = (name) => {
      const store = objectStore(name);
      if (seen.has(store)) return store;
      seen.add(store);
      const { add, put, get, getAll, getKey, getAllKeys, count } = store;
      const remove = store.delete;
      store.add = (value, key) => guard(add.call(store, value, key));
      store.put = (value, key) => guard(put.call(store, value, key));
      store.get = (query) => guard(get.call(store, query));
      store.getAll = (query?: Parameters<typeof getAll>[0], limit?: number) =>
        guard(getAll.call(store, query, limit));
      store.getKey = (query) => guard(getKey.call(store, query));
      store.getAllKeys = (query?: Parameters<typeof getAllKeys>[0], limit?: number) =>
        guard(getAllKeys.call(store, query, limit));
      store.count = (query) => guard(count.call(store, query));
      store.delete = (query) => guard(remove.call(store, query));
      return store;
    };
  }

  #guarded<R extends IDBRequest>(request: R): R {
    this.#silence(request, ['success', 'error', 'upgradeneeded', 'blocked']);
    return request;
  }

  /** Must come before any listener of the code under test. */
  #silence(target: EventTarget, types: readonly string[], silenced?: () => void): void {
    for (const type of types) {
      target.addEventListener(type, (event) => {
        if (!this.killed) {
          this.onEvent();
          return;
        }
        event.stopImmediatePropagation();
        silenced?.();
      });
    }
  }

  #countOpen(target: EventTarget, ends: readonly string[]): void {
    this.#open += 1;
    let over = false;
    const end = (): void => {
      if (!over) this.#open -= 1;
      over = true;
    };
    for (const type of ends) target.addEventListener(type, end);
  }

  #lose(connection: IDBDatabase): void {
    this.#connections.delete(connection);
    connection.close();
    dispatch(connection, 'close');
  }
}

/** Lets a transaction that is about to abort say why. */
function failWith(transaction: IDBTransaction, name: string, message: string): void {
  Object.defineProperty(transaction, 'error', { value: new DOMException(message, name) });
}

/**
 * fake-indexeddb starts the next transaction of all tabs by a listener on the one before, which a dead tab's silence keeps
 * from being called; so it is asked directly.
 */
function goOn(connection: IDBDatabase): void {
  const inner: unknown = Reflect.get(connection, '_rawDatabase');
  if (typeof inner !== 'object' || inner === null) return;
  const next: unknown = Reflect.get(inner, 'processTransactions');
  if (typeof next === 'function') next.call(inner);
}

export function dispatch(target: IDBDatabase | IDBTransaction, type: string): void {
  // fake-indexeddb has events of its own kind.
  const event = 'listeners' in target ? plainEvent(type) : new Event(type);
  target.dispatchEvent(event);
}

function plainEvent(type: string): Event {
  const event = {
    type,
    bubbles: false,
    cancelable: false,
    eventPath: [],
    initialized: true,
    dispatched: false,
    propagationStopped: false,
    immediatePropagationStopped: false,
    CAPTURING_PHASE: 1,
    AT_TARGET: 2,
    BUBBLING_PHASE: 3,
    NONE: 0,
    stopImmediatePropagation(): void {
      event.propagationStopped = true;
      event.immediatePropagationStopped = true;
    },
  };
  return event as unknown as Event;
}
