import * as fc from 'fast-check';
import { expect } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import { keyLeaf } from '../../src/store/leaf.ts';
import { keyLeaves } from '../../src/store/leaf-writing.ts';
import { type KeyRange, PageTree, type TreeRoot } from '../../src/store/page-tree.ts';
import { foldTree, type TreeSizes } from '../../src/store/tree-fold.ts';
import { property } from '../property.ts';
import { PageShelf } from './page-shelf.ts';

const tiny: TreeSizes = {
  leaf: { least: 24, most: 90, fewest: 1 },
  node: { least: 100, most: 260, fewest: 2 },
};
const pause = (): void => undefined;

const put = (_key: string, before: true | undefined, change: boolean): true | null =>
  change ? (before ?? true) : null;

const keys = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 400 }).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '\uFF5E', '\u{1F600}', '\u{1F600}a', '\u{1F601}', 'é') },
  { weight: 1, arbitrary: fc.nat({ max: 5 }).map((n) => `k${n}${'long'.repeat(n * 10)}`) },
);
const changesOf = (most: number): fc.Arbitrary<[string, boolean][]> =>
  fc
    .uniqueArray(fc.tuple(keys, fc.boolean()), { selector: ([key]) => key, maxLength: most, size: 'max' })
    .map((all) => all.sort(([a], [b]) => compareText(a, b)));
const histories = fc.array(fc.oneof(changesOf(300), changesOf(3), changesOf(3)), {
  minLength: 1,
  maxLength: 8,
});

const sorted = (model: ReadonlySet<string>): string[] => [...model].sort(compareText);

async function all(tree: PageTree<true>, root: TreeRoot | null, range: KeyRange): Promise<string[]> {
  const found: string[] = [];
  for await (const leaf of tree.leaves(root, range)) found.push(...leaf.entries().map(([key]) => key));
  return found;
}

property(
  'STORE-6: whatever the history, the root is that of a tree built at once',
  300,
  histories,
  keys,
  keys,
  async (history, a, b) => {
    const shelf = new PageShelf();
    const tree = new PageTree(keyLeaf, shelf);
    const model = new Set<string>();
    let root: TreeRoot | null = null;
    for (const changes of history) {
      for (const [key, is] of changes) {
        if (is) model.add(key);
        else model.delete(key);
      }
      root = await foldTree(tree, keyLeaves, root, changes, put, { sink: shelf, pause }, tiny);
      const fresh = new PageShelf();
      const built: TreeRoot | null = await foldTree(
        new PageTree(keyLeaf, fresh),
        keyLeaves,
        null,
        sorted(model).map((key): [string, boolean] => [key, true]),
        put,
        { sink: fresh, pause },
        tiny,
      );
      expect(root).toEqual(built);
      expect(await all(tree, root, {})).toEqual(sorted(model));
      const [from, to] = [a, b].sort(compareText);
      const within = sorted(model).filter(
        (key) => compareText(key, from ?? '') >= 0 && compareText(key, to ?? '') < 0,
      );
      expect(await all(tree, root, { from, to })).toEqual(within);
      expect(await all(tree, root, { from, to, direction: 'down' })).toEqual(within.reverse());
      const asked = changes.map(([key]) => key);
      expect(await tree.get(root, asked)).toEqual(asked.map((key) => (model.has(key) ? true : undefined)));
      const named = new Set<string>();
      for await (const names of tree.pagesOf(root))
        for (const name of names) {
          expect(named.has(name)).toBe(false);
          named.add(name);
        }
      expect([...named].sort()).toEqual([...fresh.pages.keys()].sort());
    }
  },
);
