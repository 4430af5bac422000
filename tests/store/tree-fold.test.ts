/** Trees of pages of real size, and what folding reads, writes and keeps. */
import { beforeAll, describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { compareText } from '../../src/format/bytes.ts';
import type { PageEntry, PageRow } from '../../src/format/page.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { keyLeaf, rowLeaf } from '../../src/store/leaf.ts';
import { keyLeaves, rowLeaves } from '../../src/store/leaf-writing.ts';
import type { Change } from '../../src/store/tree-fold.ts';
import { makeRows, seeded } from '../bench/rows.ts';
import { runSeed } from '../property.ts';
import { built, ShelvedTree, tinySizes, withCell } from './tree-model.ts';

const rowed = { open: rowLeaf('items'), writing: rowLeaves('items') };
const keyed = { open: keyLeaf, writing: keyLeaves };

const version = (at: number) => ({ stamp: asStamp(2 ** 51 + at), device: asDeviceNumber(1 + (at % 3)) });

const rows: readonly PageEntry[] = makeRows(20_000).map(({ id, ...values }, at) => {
  const written = version(at);
  const cells = Object.entries(values).map(([name, value]) => [name, { value, version: written }] as const);
  return [id, { cells: new Map(cells), tombstone: null, restored: null, truncated: false }];
});
const rowAt = (at: number): PageEntry =>
  rows[at % rows.length] ?? ['', { cells: new Map(), tombstone: null, restored: null, truncated: false }];

type Edit = (before: PageRow | undefined) => PageRow | null;
const edit = (_key: string, before: PageRow | undefined, change: Edit): PageRow | null => change(before);

/** A random edit of one row: another priority, a note of another length, a new row, a row that goes. */
function someEdit(random: () => number): Change<Edit> {
  const at = Math.floor(random() * rows.length);
  const [id, row] = rowAt(at);
  const cell = (value: number | string) => ({ value, version: version(rows.length + at) });
  const note = 'n'.repeat(Math.floor(random() * 400));
  switch (Math.floor(random() * 4)) {
    case 0:
      return [id, (before) => withCell(before ?? row, 'priority', cell(7))];
    case 1:
      return [id, (before) => withCell(before ?? row, 'note', cell(note))];
    case 2:
      return [`${id}${at}`, () => row];
    default:
      return [id, () => null];
  }
}

const pairs = (count: number): (readonly [string, true])[] =>
  Array.from({ length: count }, (_, at) => [`k${String(at).padStart(4, '0')}`, true]);

const isLeaf = (bytes: Uint8Array | undefined): boolean => bytes?.[0] === 1 || bytes?.[0] === 2;

describe('a tree of 20,000 rows in pages of real size', () => {
  let large: ShelvedTree<PageRow>;
  beforeAll(async () => {
    large = await built(rowed, rows);
  });

  /** The same tree, to be folded on; its shelf starts to count. */
  function copy(): ShelvedTree<PageRow> {
    const tree = new ShelvedTree(rowed);
    for (const [name, bytes] of large.shelf.pages) tree.shelf.pages.set(name, bytes);
    tree.root = large.root;
    return tree;
  }
  const leavesOf = (tree: ShelvedTree<PageRow>, names: readonly string[]): number =>
    [...tree.shelf.pages].filter(([name, bytes]) => names.includes(name) && isLeaf(bytes)).length;

  test('STORE-5: its pages have at most 60 KiB, and all but the last as much as 12', () => {
    const sizes = [...large.shelf.pages.values()].filter(isLeaf).map((bytes) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.pageBytes);
    // Rows weigh up to a quarter more than they take.
    expect(sizes.filter((size) => size < 0.75 * limits.pageLeastBytes).length).toBeLessThanOrEqual(1);
    expect(large.root?.height).toBe(1);
    expect(large.root?.entries).toBe(rows.length);
  });

  test('STORE-6: after random folds, of one change and of many, it is the tree of its rows', async () => {
    const random = seeded(runSeed());
    const tree = copy();
    const model = new Map(rows);
    for (const count of [1, 1, 2, 5, 40, 3000, 1, 300]) {
      const edits = new Map(Array.from({ length: count }, () => someEdit(random)));
      const changes = [...edits].sort(([a], [b]) => compareText(a, b));
      await tree.fold(changes, (key, before, change) => {
        const after = change(before);
        if (after === null) model.delete(key);
        else model.set(key, after);
        return after;
      });
      const all = [...model].sort(([a], [b]) => compareText(a, b));
      expect(tree.root, `seed ${runSeed()}, ${count} changes`).toEqual((await built(rowed, all)).root);
      const some = all.filter((_, at) => at % 500 === 0);
      expect(
        await tree.tree.get(
          tree.root,
          some.map(([id]) => id),
        ),
      ).toEqual(some.map(([, row]) => row));
      const [from, to] = [all[700]?.[0], all[1400]?.[0]];
      if (from === undefined || to === undefined) throw new Error('Too few rows are left');
      expect(await tree.entries({ from, to })).toEqual(all.slice(700, 1400));
      expect(await tree.entries({ from, to, direction: 'down' })).toEqual(all.slice(700, 1400).reverse());
    }
  });

  test('STORE-6: one edit changes four row pages at most, and nearly always one; it reads those around it', async () => {
    // Always the same edits: in the long run one of some thousands changes five.
    const random = seeded(1);
    const tree = copy();
    let leaves = 0;
    for (let i = 0; i < 300; i++) {
      tree.root = large.root;
      tree.shelf.forget();
      await tree.fold([someEdit(random)], edit);
      const changed = leavesOf(tree, tree.shelf.written);
      expect(changed).toBeLessThanOrEqual(4);
      expect(tree.shelf.read.length).toBeLessThanOrEqual(12);
      expect(tree.shelf.written.length - changed).toBeLessThanOrEqual(1);
      leaves += changed;
    }
    expect(leaves / 300).toBeLessThan(1.2);
  });

  test('STORE-7: a fold that changes nothing gives the same root and writes nothing', async () => {
    const tree = copy();
    expect(await tree.fold([], edit)).toEqual(large.root);
    expect(tree.shelf.read).toEqual([]);
    const same: Change<Edit>[] = [3, 4, 5000].map((at) => [rowAt(at)[0], (before) => before ?? null]);
    expect(await tree.fold(same, edit)).toEqual(large.root);
    // A new object with the same in it is no change either.
    const alike: Change<Edit>[] = rows
      .slice(100, 103)
      .map(([id, row]) => [id, () => ({ ...row, cells: new Map(row.cells) })]);
    expect(await tree.fold(alike, edit)).toEqual(large.root);
    expect(await tree.fold([['nobody', () => null]], edit)).toEqual(large.root);
    expect(tree.shelf.written).toEqual([]);
  });

  test('STORE-7: what lies beyond the reach of changes is neither read nor written', async () => {
    const tree = copy();
    const change = (at: number): Change<Edit> => [rowAt(at)[0], () => null];
    await tree.fold([change(2000), change(18_000)], edit);
    expect(leavesOf(tree, tree.shelf.read)).toBeLessThanOrEqual(24);
    expect(leavesOf(tree, tree.shelf.written)).toBeLessThanOrEqual(8);
  });

  test('STORE-7: rows of one page are read by reading it once, those of many pages several at a time, and no others are decoded', async () => {
    const tree = copy();
    let decoded = 0;
    const open = rowLeaf('items');
    const spied = new ShelvedTree({
      open: (bytes) => {
        const leaf = open(bytes);
        return {
          ...leaf,
          entries: () => {
            throw new Error('The whole page was decoded');
          },
          get: (key) => {
            decoded++;
            return leaf.get(key);
          },
        };
      },
      writing: rowed.writing,
    });
    for (const [name, bytes] of tree.shelf.pages) spied.shelf.pages.set(name, bytes);
    await spied.tree.get(large.root, [rowAt(0)[0], rowAt(1)[0]]);
    expect(spied.shelf.read.length).toBe(2);
    expect(decoded).toBe(2);
    spied.shelf.forget();
    const found = await spied.tree.get(
      large.root,
      rows.map(([id]) => id),
    );
    expect(found.every((row) => row !== undefined)).toBe(true);
    expect(new Set(spied.shelf.read).size).toBe(spied.shelf.read.length);
    expect(spied.shelf.calls).toBeLessThan(15);
  });

  test('who takes the first leaf of a range and stops has read little; who goes on reads several at a time', async () => {
    const tree = copy();
    for await (const leaf of tree.tree.leaves(tree.root, { from: rowAt(5000)[0] })) {
      expect(leaf.entries()[0]).toEqual(rowAt(5000));
      break;
    }
    expect(leavesOf(tree, tree.shelf.read)).toBe(1);
    tree.shelf.forget();
    await tree.entries();
    expect(tree.shelf.calls).toBeLessThan(20);
  });

  test('STORE-7: a sink that fails leaves the old tree readable, and the fold can be done again', async () => {
    const random = seeded(5);
    const changes = [...new Map(Array.from({ length: 500 }, () => someEdit(random)))].sort(([a], [b]) =>
      compareText(a, b),
    );
    const tree = copy();
    await tree.fold(changes, edit);
    const writes = tree.shelf.written.length;
    for (const failAt of [0, 1, 9, writes - 1]) {
      const broken = copy();
      let puts = 0;
      broken.shelf.beforePut = () => {
        if (puts++ === failAt) throw new CairnError('storage-full', 'No room');
      };
      await expect(broken.fold(changes, edit)).rejects.toThrow('No room');
      expect(broken.root).toEqual(large.root);
      expect((await broken.entries()).length).toBe(rows.length);
      broken.shelf.beforePut = () => undefined;
      expect(await broken.fold(changes, edit)).toEqual(tree.root);
    }
  });

  test('a merge that throws and a pause that throws end the fold', async () => {
    const tree = copy();
    const change: Change<Edit>[] = [
      [
        rowAt(0)[0],
        () => {
          throw new Error('merge');
        },
      ],
    ];
    await expect(tree.fold(change, edit)).rejects.toThrow('merge');
    await expect(
      tree.fold([[rowAt(0)[0], () => null]], edit, () => Promise.reject(new Error('pause'))),
    ).rejects.toThrow('pause');
    expect(tree.root).toEqual(large.root);
  });
});

describe('folding', () => {
  test('STORE-6: it pauses between pages, and holds a few pages of changes at a time, never all', async () => {
    const tree = new ShelvedTree(rowed);
    let taken = 0;
    let most = 0;
    let pauses = 0;
    function* changes(): Generator<PageEntry> {
      for (const row of rows) {
        taken++;
        yield row;
      }
    }
    await tree.fold(
      changes(),
      (_key, _before, row: PageRow) => row,
      async () => {
        pauses++;
        let written = 0;
        for (const [, bytes] of tree.shelf.pages) if (isLeaf(bytes)) written += rowed.open(bytes).count;
        most = Math.max(most, taken - written);
      },
    );
    expect(pauses).toBeGreaterThanOrEqual(tree.shelf.written.length - 1);
    expect(most).toBeLessThan(3000);
  });

  test('a tree of several levels grows and shrinks to nothing, and is at each height what it would be from scratch', async () => {
    const tree = new ShelvedTree(keyed, tinySizes);
    const keys = pairs(600).map(([key]) => key);
    const put = (_key: string, _before: true | undefined, is: boolean): true | null => (is ? true : null);
    let heights = new Set<number | undefined>();
    for (const count of [1, 5, 40, 200, 600]) {
      await tree.fold(
        keys.slice(0, count).map((key) => [key, true]),
        put,
      );
      heights.add(tree.root?.height);
      expect(tree.root).toEqual(
        (
          await built(
            keyed,
            keys.slice(0, count).map((key) => [key, true] as const),
            tinySizes,
          )
        ).root,
      );
    }
    expect(Math.max(...[...heights].map((height) => height ?? 0))).toBeGreaterThanOrEqual(4);
    heights = new Set();
    for (const count of [598, 300, 100, 10, 3, 1, 0]) {
      await tree.fold(
        keys.slice(count).map((key) => [key, false]),
        put,
      );
      heights.add(tree.root?.height);
      expect(tree.root).toEqual(
        (
          await built(
            keyed,
            keys.slice(0, count).map((key) => [key, true] as const),
            tinySizes,
          )
        ).root,
      );
    }
    expect(heights.has(0)).toBe(true);
    expect(tree.root).toBeNull();
    expect(await tree.entries()).toEqual([]);
    expect(await tree.pages()).toEqual([]);
    expect(await tree.tree.get(null, ['a'])).toEqual([undefined]);
  });

  test('STORE-5: a row larger than a page travels alone', async () => {
    const [id, row] = rowAt(10);
    const large = {
      ...row,
      cells: new Map(
        Array.from({ length: 3 }, (_, at) => [
          `note${at}`,
          { value: 'n'.repeat(30_000), version: version(1) },
        ]),
      ),
    };
    const tree = await built(rowed, [...rows.slice(0, 10), [id, large], ...rows.slice(11, 20)]);
    const counts = [...tree.shelf.pages.values()].filter(isLeaf).map((bytes) => rowed.open(bytes).count);
    expect(counts).toEqual([10, 1, 9]);
    expect(await tree.tree.get(tree.root, [id])).toEqual([large]);
  });

  test('STORE-6: the page that is left alone is the root, also if it was not read', async () => {
    const alone = 'a'.repeat(100);
    const tree = await built(
      keyed,
      [
        [alone, true],
        ['b', true],
      ],
      tinySizes,
    );
    expect(tree.root?.height).toBe(1);
    tree.shelf.forget();
    await tree.fold([['b', null]], () => null);
    expect(tree.root).toEqual((await built(keyed, [[alone, true]], tinySizes)).root);
    expect(tree.shelf.written).toEqual([]);
  });

  test('changes out of order are refused, and so is a key that comes twice', async () => {
    for (const keys of [
      ['b', 'a'],
      ['a', 'a'],
      ['\u{1F600}', '\uFF5E'],
    ]) {
      const tree = new ShelvedTree(keyed, tinySizes);
      await expect(
        tree.fold(
          keys.map((key) => [key, true]),
          () => true,
        ),
      ).rejects.toThrow('out of order');
    }
  });

  test('STORE-7: a page that is none, one of another kind, level or table, and one under a key that is not its own, are malformed', async () => {
    const tree = await built(keyed, pairs(300), tinySizes);
    const pages = [...tree.shelf.pages];
    const found = (format: number, level?: number): (typeof pages)[number] => {
      const page = pages.find(
        ([, bytes]) => bytes[0] === format && (level === undefined || bytes[1] === level),
      );
      if (page === undefined) throw new Error(`No page of format ${format}`);
      return page;
    };
    const leaf = found(2);
    const node = found(3, 1);
    const upper = found(3, 2);
    /** Reads a tree in which one page has the bytes of another. */
    const attempt = async (
      name: (typeof leaf)[0],
      bytes: (typeof leaf)[1],
      read: (tree: ShelvedTree<true>) => Promise<unknown>,
    ) => {
      const broken = new ShelvedTree(keyed, tinySizes);
      for (const [other, same] of pages) broken.shelf.pages.set(other, same);
      broken.root = tree.root;
      broken.shelf.pages.set(name, bytes);
      await expect(read(broken)).rejects.toMatchObject({ code: 'malformed' });
      expect(broken.shelf.written).toEqual([]);
    };
    for (const [name, bytes] of [
      [leaf[0], node[1]],
      [node[0], leaf[1]],
      [node[0], upper[1]],
      [upper[0], node[1]],
      [leaf[0], new Uint8Array()],
      [node[0], new Uint8Array([3, 1, 255, 255, 255, 255])],
    ] as const) {
      await attempt(name, bytes, (broken) => broken.entries());
      await attempt(name, bytes, (broken) =>
        broken.tree.get(
          broken.root,
          pairs(300).map(([key]) => key),
        ),
      );
      await attempt(name, bytes, (broken) => broken.fold(pairs(300), () => null));
    }
    await attempt(node[0], upper[1], (broken) => broken.pages());
    const others = pages.filter(([, bytes]) => bytes[0] === 2);
    await attempt(others[3]?.[0] ?? leaf[0], others[5]?.[1] ?? leaf[1], (broken) =>
      broken.fold(pairs(300), () => null),
    );
    const rowTree = await built(rowed, rows.slice(0, 10));
    const elsewhere = new ShelvedTree({ open: rowLeaf('other'), writing: rowLeaves('other') });
    for (const [name, bytes] of rowTree.shelf.pages) elsewhere.shelf.pages.set(name, bytes);
    elsewhere.root = rowTree.root;
    await expect(elsewhere.entries()).rejects.toMatchObject({ code: 'malformed' });
  });
});
