/**
 * A sorted map in pages: leaves with entries in ascending order of their keys, and nodes above them up to one root. Rows of a table and
 * keys of an index lie in trees alike.
 *
 * 1. A tree is known by its root and never changes; `foldTree` makes another that shares the pages that are the same.
 * 2. A tree follows from its entries alone: the same entries have the same root, whatever happened to them before.
 * 3. Reading decodes nodes and leaves that it needs and no others; of `get`, the entries that were asked for and no others.
 */
import { CairnError } from '../errors.ts';
import { type Bytes, compareText } from '../format/bytes.ts';
import type { Node } from '../format/node.ts';
import type { PageName } from '../format/page-name.ts';
import type { Entry, Leaf, OpenLeaf } from './leaf.ts';
import { NodeCache } from './node-cache.ts';
import type { PageSource } from './page-source.ts';
import { type Place, TreeLevel, type TreeRoot } from './tree-level.ts';

export type { TreeRoot } from './tree-level.ts';

/** How many leaves are asked for at once, at most: of a range, and where each is read for a few of its entries. */
export const leavesAtOnce = 16;
const leavesOfKeys = 64;

/** Keys from `from` on and below `to`; ascending unless told otherwise. */
export interface KeyRange {
  readonly from?: string;
  readonly to?: string;
  readonly direction?: 'up' | 'down';
}

/** A leaf of a range. */
export interface LeafInRange<E> {
  /** Its entries that are in the range, in the range's direction. */
  entries(): readonly Entry<E>[];
}

export class PageTree<E> {
  readonly source: PageSource;
  readonly open: OpenLeaf<E>;
  readonly #nodes: NodeCache;

  constructor(open: OpenLeaf<E>, source: PageSource, nodes = new NodeCache()) {
    this.open = open;
    this.source = source;
    this.#nodes = nodes;
  }

  /** What stands at each of these keys, which ascend. @throws malformed */
  async get(root: TreeRoot | null, keys: readonly string[]): Promise<(E | undefined)[]> {
    if (root === null) return keys.map(() => undefined);
    let groups: KeyGroup[] = [{ name: root.name, keys }];
    for (let level = root.height; level > 0; level--) {
      const nodes = await this.nodes(
        groups.map(({ name }) => name),
        level,
      );
      groups = groups.flatMap((group, at) => {
        const node = nodes[at];
        return node === undefined ? [] : groupsBelow(node, group.keys);
      });
    }
    const found: (E | undefined)[] = [];
    for (let at = 0; at < groups.length; at += leavesOfKeys) {
      const some = groups.slice(at, at + leavesOfKeys);
      const leaves = await this.leavesOf(some.map(({ name }) => name));
      some.forEach((group, i) => {
        for (const key of group.keys) found.push(leaves[i]?.get(key));
      });
    }
    return found;
  }

  /**
   * The leaves of a range, one after the other. The first is read alone and then more and more at once, so that who stops soon has read
   * little. @throws malformed
   */
  async *leaves(root: TreeRoot | null, range: KeyRange = {}): AsyncGenerator<LeafInRange<E>> {
    if (root === null) return;
    const { from, to, direction = 'up' } = range;
    const level = new TreeLevel(root, 0, this.loadNode);
    const start = direction === 'up' ? from : to;
    let place: Place | null =
      start !== undefined ? await level.at(start) : await (direction === 'up' ? level.first() : level.last());
    for (let most = 1; place !== null; most = Math.min(leavesAtOnce, most * 2)) {
      const names: PageName[] = [];
      while (place !== null && names.length < most) {
        names.push(place.ref.name);
        const next: Place | null = await (direction === 'up' ? level.after(place) : level.before(place));
        const isBeyond: boolean =
          next === null ||
          (direction === 'up'
            ? to !== undefined && compareText(next.ref.key, to) >= 0
            : from !== undefined && compareText(place.ref.key, from) <= 0);
        place = isBeyond ? null : next;
      }
      for (const leaf of await this.leavesOf(names, most === leavesAtOnce))
        yield { entries: () => entriesIn(leaf, range) };
    }
  }

  /** The names of all pages of a tree, some at a time; reads its nodes alone. @throws malformed */
  async *pagesOf(root: TreeRoot | null): AsyncGenerator<readonly PageName[]> {
    if (root === null) return;
    yield [root.name];
    if (root.height === 0) return;
    const level = new TreeLevel(root, 1, this.loadNode);
    let last: readonly PageName[] = [root.name];
    for (let place: Place | null = await level.first(); place !== null; place = await level.after(place)) {
      // Of the nodes that lead here, those that were not passed before.
      const path = [...place.path.map(({ node, at }) => node.children[at]?.name)].filter(
        (name) => name !== undefined,
      );
      const names = path.filter((name) => !last.includes(name));
      last = [root.name, ...path];
      const [node] = await this.nodes([place.ref.name], 1);
      yield [...names, ...(node?.children ?? []).map(({ name }) => name)];
    }
  }

  /** Nodes of one level, by their names. @throws malformed */
  nodes(names: readonly PageName[], level: number): Promise<readonly Node[]> {
    return this.#nodes.load(this.source, names, level);
  }

  readonly loadNode = async (name: PageName, level: number): Promise<Node> => {
    const [node] = await this.nodes([name], level);
    if (node === undefined) throw new CairnError('internal', 'A node was not read');
    return node;
  };

  /** Leaves, by their names, read at once. @throws malformed */
  async leavesOf(names: readonly PageName[], inPassing = false): Promise<readonly Leaf<E>[]> {
    const pages: readonly Bytes[] = await this.source.get(names, inPassing);
    return pages.map((bytes) => this.open(bytes));
  }
}

interface KeyGroup {
  readonly name: PageName;
  readonly keys: readonly string[];
}

/** The keys, which ascend, by the child under which each would stand. */
function groupsBelow(node: Node, keys: readonly string[]): KeyGroup[] {
  const groups: KeyGroup[] = [];
  for (let from = 0; from < keys.length; ) {
    const at = node.place(keys[from] ?? '');
    const next = node.keys[at + 1];
    let end = from + 1;
    while (end < keys.length && (next === undefined || compareText(keys[end] ?? '', next) < 0)) end++;
    const name = node.children[at]?.name;
    if (name !== undefined) groups.push({ name, keys: keys.slice(from, end) });
    from = end;
  }
  return groups;
}

function entriesIn<E>(leaf: Leaf<E>, { from, to, direction }: KeyRange): readonly Entry<E>[] {
  const all = leaf.entries();
  const isIn = ([key]: Entry<E>): boolean =>
    (from === undefined || compareText(key, from) >= 0) && (to === undefined || compareText(key, to) < 0);
  const [first, last] = [all[0], all.at(-1)];
  const some = first && last && isIn(first) && isIn(last) ? all : all.filter(isIn);
  return direction === 'down' ? [...some].reverse() : some;
}
