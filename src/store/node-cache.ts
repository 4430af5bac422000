/** Nodes that were read lately, decoded. A name never means another page, so nothing in here goes stale. */
import { CairnError } from '../errors.ts';
import { Node } from '../format/node.ts';
import type { PageName } from '../format/page-name.ts';
import type { PageSource } from './page-source.ts';

export class NodeCache {
  readonly #most: number;
  /** Those used last stand last. */
  readonly #nodes = new Map<PageName, Node>();

  /** Keeps so many nodes; one of a large tree takes some 100 KB. */
  constructor(most = 64) {
    this.#most = most;
  }

  /** Nodes of one level, those that are not here read at once. @throws malformed */
  async load(source: PageSource, names: readonly PageName[], level: number): Promise<readonly Node[]> {
    const found = new Map<PageName, Node>();
    for (const name of names) {
      const node = this.#nodes.get(name);
      if (node !== undefined) found.set(name, node);
    }
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0) {
      const pages = await source.get(missing);
      missing.forEach((name, at) => {
        const bytes = pages[at];
        if (bytes !== undefined) found.set(name, new Node(bytes));
      });
    }
    return names.map((name) => {
      const node = found.get(name);
      if (node?.level !== level) throw new CairnError('malformed', 'A node out of its place');
      this.#keep(name, node);
      return node;
    });
  }

  #keep(name: PageName, node: Node): void {
    this.#nodes.delete(name);
    this.#nodes.set(name, node);
    for (const oldest of this.#nodes.keys()) {
      if (this.#nodes.size <= this.#most) return;
      this.#nodes.delete(oldest);
    }
  }
}
