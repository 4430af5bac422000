/**
 * The pages of a store, under their names in one object store (STORE-7). A page never changes, so what was read once is good for ever;
 * what was read or written lately is kept at hand.
 */
import { CairnError, isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { PageName } from '../format/page-name.ts';
import type { Database } from './database.ts';
import type { PageSource } from './page-source.ts';

/** Bytes of pages that are kept at hand. */
const mostKept = 32 * 1024 * 1024;

/** So many pages are swept in one transaction, which keeps writes waiting. */
const sweptAtOnce = 128;

export class PageStore implements PageSource {
  readonly #database: Database;
  /** Those used last stand last. */
  readonly #kept = new Map<PageName, Bytes>();
  #keptBytes = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws storage-corrupt with the name in `page` where one is not there */
  async get(names: readonly PageName[], inPassing = false): Promise<readonly Bytes[]> {
    const found = new Map<PageName, Bytes>();
    for (const name of names) {
      const bytes = this.#kept.get(name);
      if (bytes !== undefined) found.set(name, bytes);
    }
    const missing = [...new Set(names)].filter((name) => !found.has(name));
    if (missing.length > 0) {
      const values = await this.#read(missing);
      missing.forEach((name, at) => {
        found.set(name, pageBytes(values[at], name));
      });
    }
    return names.map((name) => {
      const bytes = found.get(name);
      if (bytes === undefined) throw gone(name);
      if (!inPassing) this.#keep(name, bytes);
      return bytes;
    });
  }

  /** Another view of the same pages, with none at hand. */
  afresh(): PageStore {
    return new PageStore(this.#database);
  }

  /** Writes pages in one transaction; one that is there already comes out as it was. */
  async put(pages: readonly (readonly [name: PageName, bytes: Bytes])[]): Promise<void> {
    await this.#database.write(['pages'], 'relaxed', async (transaction) => {
      const store = transaction.objectStore('pages');
      await Promise.all(pages.map(([name, bytes]) => store.put(bytes, name)));
    });
    for (const [name, bytes] of pages) this.#keep(name, bytes);
  }

  /**
   * Deletes every page but these, some at a time, as long as `isCurrent` holds of the journal's last position when they go.
   */
  async keepOnly(
    names: ReadonlySet<string>,
    isCurrent: (last: number) => boolean,
  ): Promise<{ readonly gone: number; readonly isDone: boolean }> {
    const all = await this.#database.read(['pages'], (transaction) =>
      transaction.objectStore('pages').getAllKeys(),
    );
    const unnamed = all.filter((name) => !names.has(name));
    for (let at = 0; at < unnamed.length; at += sweptAtOnce) {
      const some = unnamed.slice(at, at + sweptAtOnce);
      const isGone = await this.#database.write(['journal', 'pages'], 'relaxed', async (transaction) => {
        const last = await transaction.objectStore('journal').openKeyCursor(null, 'prev');
        if (!isCurrent(last?.key ?? 0)) return false;
        const store = transaction.objectStore('pages');
        await Promise.all(some.map((name) => store.delete(name)));
        return true;
      });
      if (!isGone) return { gone: at, isDone: false };
    }
    return { gone: unnamed.length, isDone: true };
  }

  async #read(names: readonly PageName[]): Promise<readonly unknown[]> {
    try {
      return await this.#database.valuesAt('pages', names);
    } catch (thrown) {
      // The browser cannot read one of them any more.
      if (isError(thrown, 'storage-corrupt')) throw gone(names[0] ?? '');
      throw thrown;
    }
  }

  #keep(name: PageName, bytes: Bytes): void {
    const before = this.#kept.get(name);
    this.#kept.delete(name);
    this.#kept.set(name, bytes);
    if (before === undefined) this.#keptBytes += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= mostKept) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }
}

function pageBytes(value: unknown, name: PageName): Bytes {
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return value as Bytes; // its buffer was just checked
  throw gone(name);
}

/** True for the error of a page that is not there. */
export function isPageGone(thrown: unknown): boolean {
  return isError(thrown, 'storage-corrupt') && 'page' in thrown.values;
}

function gone(page: string): CairnError {
  return new CairnError('storage-corrupt', `There is no page ${page}`, { page });
}
