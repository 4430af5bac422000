import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asHash, fromHex, type Hash, toHex } from '../../src/format/bytes.ts';
import {
  appendLeaf,
  appendLeaves,
  checkFrontier,
  consistencyProof,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierRoot,
  inclusionProof,
  leafHash,
  leafHashes,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/format/merkle.ts';
import { property } from '../property.ts';
import { expectSame } from './same.ts';

const hash = (hex: string): Hash => asHash(fromHex(hex));
const someHash = hash('abacaba000000000000000000000000000000000000000000060061e00123456');

/** The leaves, roots and proofs that implementations of RFC 6962 and 9162 share. */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const leaves = entries.map((hex) => leafHash(fromHex(hex)));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
].map(hash);

const inclusionVectors = [
  { index: 0, size: 1, proof: [] },
  {
    index: 0,
    size: 8,
    proof: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    index: 5,
    size: 8,
    proof: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  { index: 2, size: 3, proof: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    proof: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
];

const consistencyVectors = [
  { from: 1, to: 1, proof: [] },
  {
    from: 1,
    to: 8,
    proof: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    from: 6,
    to: 8,
    proof: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  {
    from: 2,
    to: 5,
    proof: [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
  {
    from: 6,
    to: 7,
    proof: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
];

/** Every proof that is the given one but for one flipped bit, one hash less, more or elsewhere. */
function corrupted(proof: readonly Hash[], spare: readonly Hash[]): Hash[][] {
  const wrong: Hash[][] = [];
  for (const [index, one] of proof.entries()) {
    const flipped = one.slice();
    flipped[index % 32] ^= 1 << (index % 8);
    wrong.push(proof.with(index, asHash(flipped)));
    wrong.push(proof.filter((_, i) => i !== index));
    if (index > 0) wrong.push(proof.with(index, proof[index - 1]).with(index - 1, one));
  }
  for (const extra of [...spare, ...proof.slice(0, 1)]) wrong.push([...proof, extra], [extra, ...proof]);
  const same = (a: readonly Hash[]): string => a.map(toHex).join();
  return wrong.filter((one) => same(one) !== same(proof));
}

describe('the vectors of RFC 6962 and RFC 9162', () => {
  test.each([...roots.entries()])('LOG-10: the root of %i leaves', (size, root) => {
    expect(rootOf(leaves.slice(0, size))).toEqual(root);
    expect(size === 0 ? emptyRoot : root).toEqual(root);
  });

  test.each(inclusionVectors)('LOG-10: leaf $index is in the tree of $size', ({ index, size, proof }) => {
    const hashes = proof.map(hash);
    expect(inclusionProof(leaves.slice(0, size), index)).toEqual(hashes);
    expect(verifyInclusion(leaves[index], index, size, roots[size], hashes)).toBe(true);
  });

  test.each(consistencyVectors)(
    'LOG-10: the tree of $from is a prefix of that of $to',
    ({ from, to, proof }) => {
      const hashes = proof.map(hash);
      expect(consistencyProof(leaves, from, to)).toEqual(hashes);
      expect(verifyConsistency(from, roots[from], to, roots[to], hashes)).toBe(true);
    },
  );
});

test('LOG-10: every inclusion proof up to 8 leaves holds, and none that is changed, moved or of another tree', () => {
  for (let size = 1; size <= 8; size++) {
    const tree = leaves.slice(0, size);
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(tree, index);
      const holds = (...[leaf, at, of, root, path]: Parameters<typeof verifyInclusion>): boolean =>
        verifyInclusion(leaf, at, of, root, path);
      expect(holds(leaves[index], index, size, roots[size], proof)).toBe(true);
      for (const path of corrupted(proof, [roots[size], someHash])) {
        expect(holds(leaves[index], index, size, roots[size], path)).toBe(false);
      }
      for (let other = -1; other <= size; other++) {
        if (other === index) continue;
        // A leaf moved to another position, and another leaf at this one.
        expect(holds(leaves[index], other, size, roots[size], proof)).toBe(false);
        if (other >= 0 && other < size)
          expect(holds(leaves[other], index, size, roots[size], proof)).toBe(false);
      }
      for (const of of [0, size - 1, size + 1, size * 2, index]) {
        if (of === size) continue;
        expect(holds(leaves[index], index, of, roots[Math.min(of, 8)], proof)).toBe(false);
      }
      expect(holds(leaves[index], index, size, someHash, proof)).toBe(false);
      expect(holds(leaves[index], index, size, emptyRoot, proof)).toBe(false);
    }
  }
});

test('LOG-10: every consistency proof up to 8 leaves holds, and none that is changed, empty where one is due, or beyond the tree', () => {
  for (let to = 0; to <= 8; to++) {
    for (let from = 0; from <= to; from++) {
      const proof = consistencyProof(leaves, from, to);
      expect(verifyConsistency(from, roots[from], to, roots[to], proof)).toBe(true);
      expect(proof.length === 0).toBe(from === 0 || from === to);
      for (const path of corrupted(proof, [roots[from], roots[to], someHash])) {
        expect(verifyConsistency(from, roots[from], to, roots[to], path)).toBe(false);
      }
      expect(verifyConsistency(from, someHash, to, roots[to], proof)).toBe(false);
      if (from > 0) expect(verifyConsistency(from, roots[from], to, someHash, proof)).toBe(false);
      if (from !== to) {
        expect(verifyConsistency(from, roots[to], to, roots[from], proof)).toBe(false);
        expect(verifyConsistency(to, roots[to], from, roots[from], proof)).toBe(false);
        if (from > 0) expect(verifyConsistency(from, roots[from], to, roots[to], [])).toBe(false);
      }
      for (const other of [from - 1, from + 1]) {
        if (other > 0 && other <= to && from > 0) {
          expect(verifyConsistency(other, roots[from], to, roots[to], proof)).toBe(false);
        }
      }
    }
  }
});

test('LOG-10: a proof is asked for within the tree only', () => {
  const badRange = expect.objectContaining({ code: 'bad-range' });
  for (const [from, to] of [
    [-1, 3],
    [4, 3],
    [0, 9],
    [0.5, 3],
    [1, Number.NaN],
  ]) {
    expect(() => consistencyProof(leaves, from, to)).toThrow(badRange);
    expect(verifyConsistency(from, roots[1], to, roots[3], [])).toBe(false);
  }
  for (const index of [-1, 8, 0.5]) expect(() => inclusionProof(leaves, index)).toThrow(badRange);
  expect(() => inclusionProof([], 0)).toThrow(badRange);
});

const anyLeaves = fc
  .array(fc.nat({ max: 255 }), { maxLength: 70 })
  .map((list) => list.map((n) => leafHash(Uint8Array.of(n))));

/** The tree by the definition of RFC 9162 §2.1.1, straight from its text. */
function rootByDefinition(tree: readonly Hash[]): Hash {
  if (tree.length === 0) return emptyRoot;
  if (tree.length === 1) return tree[0];
  let split = 1;
  while (split * 2 < tree.length) split *= 2;
  return nodeHash(rootByDefinition(tree.slice(0, split)), rootByDefinition(tree.slice(split)));
}

property(
  'LOG-11: appending from a frontier gives the root of all leaves, for every split',
  10_000,
  anyLeaves,
  fc.nat(),
  (tree, at) => {
    const split = at % (tree.length + 1);
    const first = appendLeaves(emptyFrontier, tree.slice(0, split));
    const kept: Frontier = structuredClone(first);
    const whole = appendLeaves(first, tree.slice(split));
    expectSame(frontierRoot(whole), rootByDefinition(tree));
    expect(whole.size).toBe(tree.length);
    expectSame(first, kept); // frontiers are values: appending changes none
    expectSame(tree.reduce(appendLeaf, emptyFrontier), whole);
  },
);

property(
  'LOG-10: proofs of any tree hold, and with any one bit flipped they do not',
  10_000,
  anyLeaves,
  fc.nat(),
  fc.nat(),
  fc.nat(),
  (tree, a, b, bit) => {
    fc.pre(tree.length > 0);
    const size = tree.length;
    const from = 1 + (a % size);
    const index = b % size;
    const consistency = consistencyProof(tree, from, size);
    const inclusion = inclusionProof(tree, index);
    const flip = (proof: readonly Hash[]): Hash[] => {
      const at = bit % (proof.length * 256);
      const changed = proof[at >> 8].slice();
      changed[(at >> 3) & 31] ^= 1 << (at & 7);
      return proof.with(at >> 8, asHash(changed));
    };
    const [fromRoot, toRoot] = [rootOf(tree.slice(0, from)), rootOf(tree)];
    expect(verifyConsistency(from, fromRoot, size, toRoot, consistency)).toBe(true);
    expect(verifyInclusion(tree[index], index, size, toRoot, inclusion)).toBe(true);
    if (consistency.length > 0)
      expect(verifyConsistency(from, fromRoot, size, toRoot, flip(consistency))).toBe(false);
    if (inclusion.length > 0)
      expect(verifyInclusion(tree[index], index, size, toRoot, flip(inclusion))).toBe(false);
  },
);

property(
  'LOG-13: no proof shows two different trees of one size, or a changed prefix, to be consistent',
  10_000,
  anyLeaves,
  fc.nat(),
  (tree, at) => {
    fc.pre(tree.length > 1);
    const index = at % tree.length;
    const forked = tree.with(index, leafHash(Uint8Array.of(1, 2, 3)));
    const [root, other] = [rootOf(tree), rootOf(forked)];
    expect(verifyConsistency(tree.length, root, tree.length, other, [])).toBe(false);
    const from = index + 1;
    for (const proof of [
      consistencyProof(tree, from, tree.length),
      consistencyProof(forked, from, tree.length),
    ]) {
      expect(verifyConsistency(from, rootOf(tree.slice(0, from)), tree.length, other, proof)).toBe(false);
    }
  },
);

test('LOG-10: a frontier too short, too long, of another size or with another hash is no frontier of its root', () => {
  for (let size = 0; size <= 8; size++) {
    const frontier = appendLeaves(emptyFrontier, leaves.slice(0, size));
    expect(checkFrontier(frontier, roots[size])).toBe(true);
    const wrong: Frontier[] = [
      { size, hashes: [...frontier.hashes, someHash] },
      { size, hashes: [someHash, ...frontier.hashes] },
      ...(size > 0
        ? [
            { size, hashes: frontier.hashes.slice(1) },
            { size, hashes: frontier.hashes.slice(0, -1) },
          ]
        : []),
      ...frontier.hashes.map((_, index) => ({ size, hashes: frontier.hashes.with(index, someHash) })),
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        .filter((n) => n !== size)
        .map((n) => ({ size: n, hashes: frontier.hashes })),
    ];
    for (const one of wrong) {
      // Sizes of equally many bits have frontiers of equal length, and a root does not tell a tree's size.
      const bits = [...one.size.toString(2)].filter((bit) => bit === '1').length;
      const unknowable = one.hashes === frontier.hashes && bits === one.hashes.length;
      expect(checkFrontier(one, roots[size])).toBe(unknowable);
    }
    expect(checkFrontier(frontier, someHash)).toBe(false);
  }
  expect(() => appendLeaf({ size: 3, hashes: [someHash] }, someHash)).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});

test('LOG-2: sizes near the greatest safe integer are counted, not rounded', () => {
  const size = Number.MAX_SAFE_INTEGER - 1;
  const hashes = Array.from({ length: 52 }, () => someHash);
  const after = appendLeaf({ size, hashes }, leaves[0]);
  expect(after.size).toBe(Number.MAX_SAFE_INTEGER);
  expect(after.hashes).toHaveLength(53);
  expect(checkFrontier({ size, hashes }, frontierRoot({ size, hashes }))).toBe(true);
});

test('leaf hashes of many entries are those of each, short or long', async () => {
  for (const length of [1, 300, 5000]) {
    const many = Array.from({ length: 50 }, (_, i) => new Uint8Array(length).fill(i));
    expect(await leafHashes(many)).toEqual(many.map(leafHash));
  }
  expect(await leafHashes([])).toEqual([]);
});
