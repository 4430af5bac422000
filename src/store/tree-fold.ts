/**
 * Folds changes into a tree, which gives the tree that the resulting entries would have if it were built from nothing. Level by level: the
 * pages that came and went on one level are the changes of the level above, up to the first level with one page.
 */
import { childWeight, encodeNode, nodeHeadWeight, type PageRef } from '../format/node.ts';
import { type PageSizes, sizesBeside } from '../model/paging.ts';
import type { LeafWriting } from './leaf-writing.ts';
import {
  type Change,
  type FoldedLevel,
  type Folding,
  type Level,
  LevelFold,
  type Merge,
} from './level-fold.ts';
import type { PageTree } from './page-tree.ts';
import { TreeLevel, type TreeRoot } from './tree-level.ts';

export type { Change, Folding, Merge } from './level-fold.ts';

export interface TreeSizes {
  readonly leaf: PageSizes;
  readonly node: PageSizes;
}

/** The sizes of pages, as replicas agree on them. */
export const treeSizes = ({ headWeight }: { readonly headWeight: number }): TreeSizes => ({
  leaf: sizesBeside(headWeight, 1),
  node: sizesBeside(nodeHeadWeight, 2),
});

/**
 * The tree with the changes, whose keys ascend. Pages are written to the sink before this settles; if it fails, some may have been, and
 * the old tree is as it was.
 * @throws malformed, and what source, sink, merge and pause throw
 */
export async function foldTree<E, C>(
  tree: PageTree<E>,
  writing: LeafWriting<E>,
  root: TreeRoot | null,
  changes: Iterable<Change<C>>,
  merge: Merge<E, C>,
  folding: Folding,
  sizes: TreeSizes = treeSizes(writing),
): Promise<TreeRoot | null> {
  const leaves: Level<E> = {
    old: root === null ? null : new TreeLevel(root, 0, tree.loadNode),
    load: async (names) => (await tree.leavesOf(names)).map((leaf) => leaf.entries()),
    encode: writing.encode,
    weight: writing.weight,
    entries: () => 1,
    sizes: sizes.leaf,
  };
  let folded = await new LevelFold(leaves, changes, merge, folding).run();
  for (let height = 0; folded !== null; height++) {
    if (folded.pages === 0) return null;
    if (folded.only !== null) {
      const { name, entries } = folded.only;
      return { name, height, entries };
    }
    const level = nodes(tree, root, height + 1, sizes.node);
    // Above the old root there are no old pages, so there all are new.
    const below = level.old === null ? allPages(folded) : folded.changes;
    folded = await new LevelFold(level, below, (_key, _before, ref: PageRef | null) => ref, folding).run();
  }
  return root;
}

const allPages = ({ passed }: FoldedLevel): Change<PageRef | null>[] => passed.map((ref) => [ref.key, ref]);

function nodes<E>(tree: PageTree<E>, root: TreeRoot | null, level: number, sizes: PageSizes): Level<PageRef> {
  return {
    old: root === null || level > root.height ? null : new TreeLevel(root, level, tree.loadNode),
    load: async (names) =>
      (await tree.nodes(names, level)).map(({ children }) => children.map((child) => [child.key, child])),
    encode: (entries) =>
      encodeNode(
        level,
        entries.map(([, ref]) => ref),
      ),
    weight: childWeight,
    entries: (ref) => ref.entries,
    sizes,
  };
}
