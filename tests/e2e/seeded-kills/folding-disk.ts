/** What the disk holds of a store, read past everything that the store keeps at hand. */
import { type IDBPDatabase, openDB } from 'idb';
import { sha256Many } from '../../../src/crypto/hash.ts';
import { type Bytes, compareText } from '../../../src/format/bytes.ts';
import { type PageName, pageName } from '../../../src/format/page-name.ts';
import { digestRows } from '../../../src/model/digest.ts';
import { baseReading } from '../../../src/store/base-reader.ts';
import type { IndexDefinition } from '../../../src/store/compaction.ts';
import type { PageSource } from '../../../src/store/page-source.ts';
import { databaseName, type Store } from '../../../src/store/store.ts';

export interface Disk {
  /** Of all rows, those above the base included. */
  readonly digest: string;
  /** Rows in the base, and those written since. */
  readonly rows: number;
  readonly above: number;
  /** Indexes of the base. */
  readonly indexes: number;
  /** Pages that the base leads to. */
  readonly pages: number;
  /** Pages that it does not lead to. */
  readonly unnamed: number;
}

const all = { from: '', to: null };

/** @throws for a page that is missing or not what its name says, and for an index that is not that of the rows of the base */
export async function readDisk(store: Store, definitions: readonly IndexDefinition[]): Promise<Disk> {
  const { base } = store.standing;
  const database = await openDB(databaseName(store.space));
  try {
    const pages = new DiskPages(database);
    const reader = baseReading(pages)(base);
    const expected = new Map<string, string[]>();
    for (const { name } of definitions) if (base.indexes.has(name)) expected.set(name, []);
    if (expected.size !== base.indexes.size) throw new Error('The base has an index that nobody declared');
    const declared = [...new Map(definitions.map((one) => [one.name, one])).values()];
    let rows = 0;
    for (const [table, { entries }] of base.tables) {
      const indexes = declared.filter((index) => index.table === table && expected.has(index.name));
      let count = 0;
      for await (const some of reader.scan(table, all, 'asc')) {
        count += some.length;
        for (const [id, row] of some) {
          for (const index of indexes) {
            const key = index.keyOf(id, row);
            if (key !== null) expected.get(index.name)?.push(key);
          }
        }
      }
      if (count !== entries) throw new Error(`${count} rows of ${entries} in ${table}`);
      rows += count;
    }
    for (const [name, keys] of expected) {
      keys.sort(compareText);
      let at = 0;
      for await (const some of reader.keys(name, all, 'asc')) {
        for (const key of some) {
          if (key !== keys[at]) throw new Error(`Key ${at} of ${name} is ${key}, not ${keys[at]}`);
          at += 1;
        }
      }
      if (at !== keys.length) throw new Error(`${at} keys of ${keys.length} in ${name}`);
    }
    const stored = await database.getAllKeys('pages');
    return {
      digest: await digestRows(store.rows.all()),
      rows,
      above: store.rows.above.size,
      indexes: base.indexes.size,
      pages: pages.read.size,
      unnamed: stored.filter((name) => !pages.read.has(String(name))).length,
    };
  } finally {
    database.close();
  }
}

class DiskPages implements PageSource {
  readonly read = new Set<string>();
  readonly #database: IDBPDatabase;

  constructor(database: IDBPDatabase) {
    this.#database = database;
  }

  async get(names: readonly PageName[]): Promise<readonly Bytes[]> {
    const { store } = this.#database.transaction('pages');
    const values: unknown[] = await Promise.all(names.map((name) => store.get(name)));
    const pages = values.map((value, at) => {
      if (value instanceof Uint8Array) return value.slice();
      throw new Error(`The base names page ${names[at]}, which is not there`);
    });
    const hashes = await sha256Many(pages);
    names.forEach((name, at) => {
      const hash = hashes[at];
      if (hash === undefined || pageName(hash) !== name) throw new Error(`Page ${name} is another`);
      this.read.add(name);
    });
    return pages;
  }
}
