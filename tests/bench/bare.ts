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

  static async open(): Promise<BareRows> {
    const opening = indexedDB.open(`bare-${crypto.randomUUID()}`, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { keyPath: 'id' });
    return new BareRows(await settled(opening));
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

  async erase(): Promise<void> {
    this.#database.close();
    await settled(indexedDB.deleteDatabase(this.#database.name));
  }
}
