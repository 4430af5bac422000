/** The limits: what IndexedDB itself takes for the same rows, with nothing of ours around it. */

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** One store of rows in a database of its own. */
export class BareRows {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** Those of that name; without one, new ones. */
  static async open(name = `bare-${crypto.randomUUID()}`): Promise<BareRows> {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { keyPath: 'id' });
    return new BareRows(await settled(opening));
  }

  get name(): string {
    return this.#database.name;
  }

  /** One put in its own transaction, until that has completed. */
  async put(row: object): Promise<void> {
    const transaction = this.#database.transaction('rows', 'readwrite', { durability: 'relaxed' });
    transaction.objectStore('rows').put(row);
    await completed(transaction);
  }

  /** One put a row, all in one transaction, until that has completed. */
  async putAll(rows: readonly object[]): Promise<void> {
    const transaction = this.#database.transaction('rows', 'readwrite', { durability: 'relaxed' });
    const store = transaction.objectStore('rows');
    for (const row of rows) store.put(row);
    await completed(transaction);
  }

  /** One put a row, all in one transaction, without ever having all rows in memory. */
  async putBatches(batches: Iterable<readonly object[]>): Promise<void> {
    const transaction = this.#database.transaction('rows', 'readwrite', { durability: 'relaxed' });
    const done = completed(transaction);
    const store = transaction.objectStore('rows');
    for (const batch of batches) {
      const requests = batch.map((row) => store.put(row));
      const last = requests.at(-1);
      if (last !== undefined) await settled(last);
    }
    await done;
  }

  /** One get in its own transaction. */
  async get(id: string): Promise<unknown> {
    return settled(this.#database.transaction('rows').objectStore('rows').get(id));
  }

  async getAll(): Promise<readonly unknown[]> {
    return settled(this.#database.transaction('rows').objectStore('rows').getAll());
  }

  close(): void {
    this.#database.close();
  }

  async erase(): Promise<void> {
    this.#database.close();
    await settled(indexedDB.deleteDatabase(this.#database.name));
  }
}
