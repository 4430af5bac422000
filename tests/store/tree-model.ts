import type { PageRow } from '../../src/format/page.ts';
import type { Cell } from '../../src/model/row.ts';
import type { Entry, OpenLeaf } from '../../src/store/leaf.ts';
import type { LeafWriting } from '../../src/store/leaf-writing.ts';
import { type KeyRange, PageTree, type TreeRoot } from '../../src/store/page-tree.ts';
import { type Change, foldTree, type Merge, type TreeSizes } from '../../src/store/tree-fold.ts';
import { PageShelf } from './page-shelf.ts';

/** Pages of a few entries, so that few make a high tree. */
export const tinySizes: TreeSizes = {
  leaf: { least: 24, most: 90, fewest: 1 },
  node: { least: 100, most: 260, fewest: 2 },
};

export const unpaused = (): void => undefined;

/** A leaf's two halves. */
export interface LeafKind<E> {
  readonly open: OpenLeaf<E>;
  readonly writing: LeafWriting<E>;
}

/** A tree on a shelf, with the root that it came to. */
export class ShelvedTree<E> {
  readonly shelf = new PageShelf();
  readonly tree: PageTree<E>;
  root: TreeRoot | null = null;
  readonly #writing: LeafWriting<E>;
  readonly #sizes: TreeSizes | undefined;

  constructor({ open, writing }: LeafKind<E>, sizes?: TreeSizes) {
    this.tree = new PageTree(open, this.shelf);
    this.#writing = writing;
    this.#sizes = sizes;
  }

  /** Takes the root that folding gives, and gives it too. */
  async fold<C>(
    changes: Iterable<Change<C>>,
    merge: Merge<E, C>,
    pause: () => void | Promise<void> = unpaused,
  ): Promise<TreeRoot | null> {
    const folding = { sink: this.shelf, pause };
    this.root = await foldTree(this.tree, this.#writing, this.root, changes, merge, folding, this.#sizes);
    return this.root;
  }

  async entries(range: KeyRange = {}): Promise<Entry<E>[]> {
    const found: Entry<E>[] = [];
    for await (const leaf of this.tree.leaves(this.root, range)) found.push(...leaf.entries());
    return found;
  }

  async pages(): Promise<string[]> {
    const found: string[] = [];
    for await (const names of this.tree.pagesOf(this.root)) found.push(...names);
    return found.sort();
  }
}

/** The tree that has these entries and never had others. */
export async function built<E>(
  kind: LeafKind<E>,
  entries: Iterable<Entry<E>>,
  sizes?: TreeSizes,
): Promise<ShelvedTree<E>> {
  const tree = new ShelvedTree(kind, sizes);
  await tree.fold(entries, (_key, _before, value: E) => value);
  return tree;
}

/** The same row but for one cell. */
export function withCell(row: PageRow, column: string, cell: Cell): PageRow {
  return { ...row, cells: new Map(row.cells).set(column, cell) };
}
