import * as fc from 'fast-check';
import { expect } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import { mergeOpInto } from '../../src/model/merge.ts';
import { copyRow, emptyRow, type RowState } from '../../src/model/row.ts';
import { keyLeaf, rowLeaf } from '../../src/store/leaf.ts';
import { keyLeaves, rowLeaves } from '../../src/store/leaf-writing.ts';
import { cellsOver, fewColumns, plainRow, type Written, writtenOn } from '../model/arbitraries.ts';
import { property } from '../property.ts';
import { built, type LeafKind, ShelvedTree, tinySizes } from './tree-model.ts';

const keyed = { open: keyLeaf, writing: keyLeaves };
const rowed: LeafKind<RowState> = {
  open: (bytes) => {
    const leaf = rowLeaf('items')(bytes);
    const state = (row: ReturnType<typeof leaf.get>): RowState | undefined =>
      row && { ...row, cells: new Map(row.cells) };
    return {
      count: leaf.count,
      get: (key) => state(leaf.get(key)),
      entries: () => leaf.entries().map(([key, row]) => [key, state(row) ?? emptyRow()]),
    };
  },
  writing: rowLeaves('items'),
};

const keys = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 400 }).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '\uFF5E', '\u{1F600}', '\u{1F600}a', '\u{1F601}', 'é') },
  // Some are larger than a page.
  { weight: 1, arbitrary: fc.nat({ max: 5 }).map((n) => `k${n}${'long'.repeat(n * 6)}`) },
);
/** Changes of distinct keys in ascending order. */
function changesOf<C>(change: fc.Arbitrary<C>, most: number): fc.Arbitrary<[string, C][]> {
  return fc
    .uniqueArray(fc.tuple(keys, change), { selector: ([key]) => key, maxLength: most, size: 'max' })
    .map((all) => all.sort(([a], [b]) => compareText(a, b)));
}
/** Folds of many changes and of few. */
const historiesOf = <C>(change: fc.Arbitrary<C>, most: number): fc.Arbitrary<[string, C][][]> =>
  fc.array(fc.oneof(changesOf(change, most), changesOf(change, 3), changesOf(change, 3)), {
    minLength: 1,
    maxLength: 8,
  });

const inOrder = <V>(model: ReadonlyMap<string, V>): [string, V][] =>
  [...model].sort(([a], [b]) => compareText(a, b));

const fromTo = (a: string, b: string): { from: string; to: string } =>
  compareText(a, b) <= 0 ? { from: a, to: b } : { from: b, to: a };

property(
  'STORE-5, STORE-6: keys are those of a sorted map, and whatever their history, they lie in the pages of a tree built at once',
  200,
  historiesOf(fc.boolean(), 300),
  keys,
  keys,
  async (history, a, b) => {
    const tree = new ShelvedTree(keyed, tinySizes);
    const model = new Map<string, true>();
    const range = fromTo(a, b);
    for (const changes of history) {
      for (const [key, is] of changes) {
        if (is) model.set(key, true);
        else model.delete(key);
      }
      await tree.fold(changes, (_key, before, is) => (is ? (before ?? true) : null));
      const all = inOrder(model);
      const fresh = await built(keyed, all, tinySizes);
      expect(tree.root).toEqual(fresh.root);
      expect(await tree.pages()).toEqual([...fresh.shelf.pages.keys()].sort());
      expect(await tree.entries()).toEqual(all);
      expect(await tree.entries({ direction: 'down' })).toEqual([...all].reverse());
      const within = all.filter(
        ([key]) => compareText(key, range.from) >= 0 && compareText(key, range.to) < 0,
      );
      expect(await tree.entries(range)).toEqual(within);
      expect(await tree.entries({ ...range, direction: 'down' })).toEqual(within.reverse());
      const asked = changes.map(([key]) => key);
      expect(await tree.tree.get(tree.root, asked)).toEqual(asked.map((key) => model.get(key)));
    }
  },
);

/** An op on the row, or null: the row goes. */
const writes: fc.Arbitrary<Written | null> = fc.oneof(
  { weight: 5, arbitrary: writtenOn(cellsOver(fewColumns, 3)) },
  { weight: 1, arbitrary: fc.constant(null) },
);

property(
  'STORE-5, STORE-6: rows that are put, merged and removed are those of a sorted map, in the pages of a tree built at once',
  120,
  historiesOf(writes, 60),
  async (history) => {
    const tree = new ShelvedTree(rowed, { ...tinySizes, leaf: { least: 80, most: 300, fewest: 1 } });
    const model = new Map<string, RowState>();
    for (const changes of history) {
      const seen: string[] = [];
      await tree.fold(changes, (key, before, written) => {
        expect(before && plainRow(before)).toEqual(
          model.has(key) ? plainRow(model.get(key) ?? emptyRow()) : undefined,
        );
        seen.push(key);
        if (written === null) {
          model.delete(key);
          return null;
        }
        const row = before === undefined ? emptyRow() : copyRow(before);
        mergeOpInto(row, written.op, written.version);
        model.set(key, row);
        return row;
      });
      expect(seen).toEqual(changes.map(([key]) => key));
      const all = inOrder(model);
      const plain = all.map(([key, row]) => [key, plainRow(row)]);
      const fresh = await built(rowed, all, { ...tinySizes, leaf: { least: 80, most: 300, fewest: 1 } });
      expect(tree.root).toEqual(fresh.root);
      expect((await tree.entries()).map(([key, row]) => [key, plainRow(row)])).toEqual(plain);
      const found = await tree.tree.get(
        tree.root,
        all.map(([key]) => key),
      );
      expect(found.map((row, at) => [all[at]?.[0], row && plainRow(row)])).toEqual(plain);
    }
  },
);
