/**
 * Folds the journal into pages (DESIGN §7).
 *
 *   rows above the base ──snapshot at position p──▶ new trees of rows, then of keys ──one record──▶ base with boundary p ──▶ sweep
 *
 * 1. Nothing points to the new pages until the record is in the journal, so stopping anywhere leaves the store as it was; what was written
 *    is swept later, or found to be there when it is folded again.
 * 2. The record follows from the base that the pages were made of. Where another tab has folded meanwhile it is not written.
 * 3. What is written to the journal meanwhile is above p, and stays above the new base.
 * 4. The pages follow from the rows at p and nothing else (STORE-6); an index, from those and its definition.
 */
import type { Bytes } from '../format/bytes.ts';
import { compareText } from '../format/bytes.ts';
import type { PageRow } from '../format/page-layout.ts';
import type { PageName } from '../format/page-name.ts';
import { mergeRows } from '../model/merge.ts';
import type { RowState } from '../model/row.ts';
import type { Base } from './base.ts';
import { stateOf } from './base-reader.ts';
import { keyLeaf, rowLeaf } from './leaf.ts';
import { keyLeaves, rowLeaves } from './leaf-writing.ts';
import type { PageSink } from './page-source.ts';
import type { PageStore } from './page-store.ts';
import { PageTree, type TreeRoot } from './page-tree.ts';
import type { Store } from './store.ts';
import { foldTree, type TreeSizes } from './tree-fold.ts';

/** An index to keep: which key, if any, a row has in it. */
export interface IndexDefinition {
  /** Another name for whatever would give other keys. */
  readonly name: string;
  readonly table: string;
  keyOf(id: string, row: RowState): string | null;
}

export interface CompactionOptions {
  readonly indexes: readonly IndexDefinition[];
  /** Awaited between pages; what it throws ends the compaction. */
  readonly pause?: () => void | Promise<void>;
  /** For tests: smaller pages. */
  readonly sizes?: TreeSizes;
}

/** True if there is a new base. @throws storage-…, closed */
export async function compact(store: Store, options: CompactionOptions): Promise<boolean> {
  const { base, position } = store.standing;
  // What lost to the base has a weight, and leaves nothing above it.
  if (store.weight.ops === 0 && options.indexes.every(({ name }) => base.indexes.has(name))) return false;
  const next = await new BaseFold(store.pages, base, options).fold(store.rows.above.snapshot(), position);
  const added = await store.append(
    (standing) => (standing.base === base ? { kind: 'folded', follows: base.boundary, base: next } : null),
    'strict',
  );
  if (added === null) return false;
  await store.saveFold();
  return true;
}

/**
 * Deletes the pages that no base names: neither that of now nor `before`, which other tabs may still read. Gives how many. None goes while
 * the journal has a record that this tab has not read, nor once it has another tab's turn or base: its pages are not known here, and
 * what that tab folds it sweeps itself.
 * @throws storage-…
 */
export async function sweep(store: Store, before: Base): Promise<number> {
  const { base, term } = store.standing;
  const named = new Set<string>();
  const tree = new PageTree(keyLeaf, store.pages);
  for (const { tables, indexes } of [base, before]) {
    for (const root of [...tables.values(), ...indexes.values()]) {
      for await (const names of tree.pagesOf(root)) for (const name of names) named.add(name);
    }
  }
  const isOurs = (): boolean => store.standing.term === term && store.standing.base === base;
  let swept = 0;
  for (let tries = 0; tries < mostSweeps && isOurs(); tries += 1) {
    const { gone, isDone } = await store.pages.keepOnly(
      named,
      (last) => store.standing.position === last && isOurs(),
    );
    swept += gone;
    if (isDone) break;
    await store.refresh();
  }
  return swept;
}

/** How often it is begun again because another tab wrote; what is left goes after the next fold. */
const mostSweeps = 8;

type Above = ReadonlyMap<string, readonly (readonly [id: string, row: RowState])[]>;

/** Makes a base of another one and the rows above it. */
export class BaseFold {
  readonly #pages: PageStore;
  readonly #base: Base;
  readonly #options: CompactionOptions;
  /** What each index gains (true) and loses (false). */
  readonly #keys = new Map<IndexDefinition, Map<string, boolean>>();
  readonly #sink: BatchedPages;

  constructor(pages: PageStore, base: Base, options: CompactionOptions) {
    this.#pages = pages;
    this.#base = base;
    this.#options = options;
    this.#sink = new BatchedPages(pages);
    // An index of a table without pages is empty, and so need not be built of them.
    for (const index of options.indexes)
      if (base.indexes.has(index.name) || !base.tables.has(index.table)) this.#keys.set(index, new Map());
  }

  /** The base with the boundary `boundary`; its pages are on disk. @throws storage-… */
  async fold(above: Above, boundary: number): Promise<Base> {
    const tables = await this.#foldTables(above);
    const indexes = await this.#foldIndexes(tables);
    await this.#sink.flush();
    return { boundary, tables, indexes };
  }

  async #foldTables(above: Above): Promise<ReadonlyMap<string, TreeRoot>> {
    const tables = new Map(this.#base.tables);
    for (const [table, rows] of above) {
      const kept = [...this.#keys].filter(([index]) => index.table === table);
      const merge = (id: string, before: PageRow | undefined, row: RowState): PageRow => {
        const below = before === undefined ? null : stateOf(before);
        const after = below === null ? row : mergeRows(below, row);
        for (const [index, keys] of kept) {
          const old = below === null ? null : index.keyOf(id, below);
          const now = index.keyOf(id, after);
          if (old === now) continue;
          if (old !== null) keys.set(old, false);
          if (now !== null) keys.set(now, true);
        }
        return after;
      };
      const root = await foldTree(
        new PageTree(rowLeaf(table), this.#pages),
        rowLeaves(table),
        tables.get(table) ?? null,
        rows,
        merge,
        this.#folding,
        this.#options.sizes,
      );
      if (root !== null) tables.set(table, root);
    }
    return tables;
  }

  async #foldIndexes(tables: ReadonlyMap<string, TreeRoot>): Promise<ReadonlyMap<string, TreeRoot | null>> {
    const indexes = new Map<string, TreeRoot | null>();
    for (const index of this.#options.indexes) {
      const keys = this.#keys.get(index);
      const root =
        keys === undefined
          ? await this.#build(index, tables.get(index.table) ?? null)
          : await this.#foldKeys(this.#base.indexes.get(index.name) ?? null, keys);
      indexes.set(index.name, root);
    }
    return indexes;
  }

  /** An index from all rows of its table; some at a time, so that memory stays bounded. */
  async #build(index: IndexDefinition, table: TreeRoot | null): Promise<TreeRoot | null> {
    let root: TreeRoot | null = null;
    let keys = new Map<string, boolean>();
    await this.#sink.flush();
    for await (const leaf of new PageTree(rowLeaf(index.table), this.#pages).leaves(table)) {
      for (const [id, row] of leaf.entries()) {
        const key = index.keyOf(id, stateOf(row));
        if (key !== null) keys.set(key, true);
      }
      if (keys.size < keysAtOnce) continue;
      root = await this.#foldKeys(root, keys);
      await this.#sink.flush();
      keys = new Map();
    }
    return this.#foldKeys(root, keys);
  }

  #foldKeys(root: TreeRoot | null, keys: ReadonlyMap<string, boolean>): Promise<TreeRoot | null> {
    const changes = [...keys].sort(([a], [b]) => compareText(a, b));
    return foldTree(
      new PageTree(keyLeaf, this.#pages),
      keyLeaves,
      root,
      changes,
      (_key, _before, isThere: boolean) => (isThere ? true : null),
      this.#folding,
      this.#options.sizes,
    );
  }

  get #folding() {
    return { sink: this.#sink, pause: this.#options.pause ?? (() => undefined) };
  }
}

/** So many keys of a new index are folded into it at once. */
const keysAtOnce = 200_000;

/** Pages on their way to disk, several in one transaction, while the next ones are made. */
class BatchedPages implements PageSink {
  readonly #pages: PageStore;
  #waiting: [PageName, Bytes][] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(pages: PageStore) {
    this.#pages = pages;
  }

  async put(name: PageName, bytes: Bytes): Promise<void> {
    this.#waiting.push([name, bytes]);
    this.#bytes += bytes.length;
    if (this.#bytes >= batchBytes) await this.#send();
  }

  /** Settles when all of them are durable. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  /** Settles when the batch before is durable. */
  async #send(): Promise<void> {
    const pages = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    const before = this.#writing;
    if (pages.length > 0) {
      this.#writing = before.then(() => this.#pages.put(pages));
      // Whoever sends or flushes next hears of what it failed with.
      this.#writing.catch(() => undefined);
    }
    await before;
  }
}

const batchBytes = 1024 * 1024;
