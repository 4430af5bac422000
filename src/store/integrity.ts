/**
 * Looks at everything that a store's rows rest on: each page has the bytes that it is named for, and the pages, indexes included, are
 * those that the journal comes to. Nothing is changed but pages that are missing, which come back where the journal has their rows.
 */
import { sha256Many } from '../crypto/hash.ts';
import { isError } from '../errors.ts';
import { type PageName, pageName } from '../format/page-name.ts';
import type { CompactionOptions } from './compaction.ts';
import { keyLeaf } from './leaf.ts';
import { PageTree } from './page-tree.ts';
import { baseAt } from './refold.ts';
import type { Store } from './store.ts';
import type { TreeRoot } from './tree-level.ts';

export interface Integrity {
  /** How many pages were looked at, and how many bytes they have. */
  readonly pages: number;
  readonly bytes: number;
  readonly faults: readonly IntegrityFault[];
}

export type IntegrityFault =
  /** A page is not there, or has other bytes than its name says. */
  | { readonly kind: 'page'; readonly page: string }
  /** The journal comes to other rows of this table, or other keys of this index. */
  | { readonly kind: 'table' | 'index'; readonly name: string }
  /** A record of the journal cannot be read. */
  | { readonly kind: 'record'; readonly position: number };

/** @throws storage-… for what is no damage of the store */
export async function checkIntegrity(store: Store, options: CompactionOptions): Promise<Integrity> {
  const { base } = store.standing;
  const faults: IntegrityFault[] = [];
  let [pages, bytes] = [0, 0];
  for (const root of [...base.tables.values(), ...base.indexes.values()]) {
    const seen = await checkTree(store, root, faults);
    pages += seen.pages;
    bytes += seen.bytes;
  }
  try {
    const anew = await baseAt(store, base.boundary, options);
    for (const [name, root] of base.tables) {
      if (!isSame(root, anew.tables.get(name))) faults.push({ kind: 'table', name });
    }
    for (const { name } of options.indexes) {
      if (base.indexes.has(name) && !isSame(base.indexes.get(name), anew.indexes.get(name))) {
        faults.push({ kind: 'index', name });
      }
    }
  } catch (thrown) {
    const position = isError(thrown, 'storage-corrupt') ? thrown.values.position : undefined;
    if (typeof position !== 'number') throw thrown;
    faults.push({ kind: 'record', position });
  }
  return { pages, bytes, faults };
}

async function checkTree(
  store: Store,
  root: TreeRoot | null,
  faults: IntegrityFault[],
): Promise<{ readonly pages: number; readonly bytes: number }> {
  let [pages, bytes] = [0, 0];
  const onDisk = store.pages.afresh();
  try {
    for await (const names of new PageTree(keyLeaf, onDisk).pagesOf(root)) {
      for (const name of names) {
        pages += 1;
        bytes += await checkPage(onDisk, name, faults);
      }
    }
  } catch (thrown) {
    // A node that cannot be read hides what is below it.
    if (!isError(thrown, 'storage-corrupt') && !isError(thrown, 'malformed')) throw thrown;
    const page = isError(thrown, 'storage-corrupt') ? thrown.values.page : root?.name;
    faults.push({ kind: 'page', page: String(page) });
  }
  return { pages, bytes };
}

async function checkPage(
  onDisk: ReturnType<Store['pages']['afresh']>,
  name: PageName,
  faults: IntegrityFault[],
): Promise<number> {
  try {
    const [bytes] = await onDisk.get([name]);
    if (bytes === undefined) throw new TypeError('A page that was read is there');
    const [hash] = await sha256Many([bytes]);
    if (hash === undefined || pageName(hash) !== name) faults.push({ kind: 'page', page: name });
    return bytes.length;
  } catch (thrown) {
    if (!isError(thrown, 'storage-corrupt')) throw thrown;
    faults.push({ kind: 'page', page: name });
    return 0;
  }
}

function isSame(a: TreeRoot | null | undefined, b: TreeRoot | null | undefined): boolean {
  return a?.name === b?.name && a?.entries === b?.entries;
}
