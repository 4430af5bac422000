/** The pages of one level of a tree, from left to right: found by a key, and from one to the next. */
import { CairnError } from '../errors.ts';
import { type Node, PageRef } from '../format/node.ts';
import { hashOfPage, type PageName } from '../format/page-name.ts';

/** A tree: its highest page and how many levels of nodes it has; an empty tree is null. */
export interface TreeRoot {
  readonly name: PageName;
  /** 0: the page is a leaf. */
  readonly height: number;
  readonly entries: number;
}

export type LoadNode = (name: PageName, level: number) => Promise<Node>;

interface Step {
  readonly node: Node;
  readonly at: number;
}

/** A page in its level; it stays what it is. */
export interface Place {
  readonly ref: PageRef;
  /** The nodes that lead to it, from the root down. */
  readonly path: readonly Step[];
}

export class TreeLevel {
  readonly #root: TreeRoot;
  readonly #level: number;
  readonly #load: LoadNode;

  /** `level` is 0 for the leaves, and at most the root's height. */
  constructor(root: TreeRoot, level: number, load: LoadNode) {
    this.#root = root;
    this.#level = level;
    this.#load = load;
  }

  /** The page in which a key stands or would stand. */
  at(key: string): Promise<Place> {
    return this.#down([], (node) => node.place(key));
  }

  first(): Promise<Place> {
    return this.#down([], () => 0);
  }

  last(): Promise<Place> {
    return this.#down([], (node) => node.count - 1);
  }

  after({ path }: Place): Promise<Place | null> {
    return this.#beside(path, 1, () => 0);
  }

  before({ path }: Place): Promise<Place | null> {
    return this.#beside(path, -1, (node) => node.count - 1);
  }

  async #beside(path: readonly Step[], by: 1 | -1, edge: (node: Node) => number): Promise<Place | null> {
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const step = path[depth];
      if (step === undefined) break;
      const at = step.at + by;
      if (at < 0 || at >= step.node.count) continue;
      return this.#down([...path.slice(0, depth), { node: step.node, at }], edge);
    }
    return null;
  }

  async #down(path: Step[], choose: (node: Node) => number): Promise<Place> {
    const { name, height, entries } = this.#root;
    // Of the root no node tells the first key and the weight, and nobody asks for them: it is alone in its level.
    let ref = new PageRef('', hashOfPage(name), 0, entries);
    const above = path.at(-1);
    if (above !== undefined) ref = childAt(above);
    for (let level = height - path.length; level > this.#level; level--) {
      const node = await this.#load(ref.name, level);
      const step = { node, at: choose(node) };
      path.push(step);
      ref = childAt(step);
    }
    return { ref, path };
  }
}

function childAt({ node, at }: Step): PageRef {
  const child = node.children[at];
  if (child === undefined) throw new CairnError('internal', 'A node has no child there');
  return child;
}
