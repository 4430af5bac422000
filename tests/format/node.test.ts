import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import {
  asHash,
  type Bytes,
  compareText,
  equal,
  type Hash,
  toBase64Url,
  toHex,
} from '../../src/format/bytes.ts';
import { childWeight, encodeNode, Node, nodeHeadWeight, PageRef } from '../../src/format/node.ts';
import { property } from '../property.ts';

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('', 'a', '\uFF5E', '\u{1F600}', '\u{1F600}a'),
);
const ref = fc
  .tuple(
    key,
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => asHash(new Uint8Array(hash))),
    fc.oneof(fc.nat({ max: 61_440 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    fc.integer({ min: 1, max: 2 ** 40 }),
  )
  .map((fields) => new PageRef(...fields));
const children: fc.Arbitrary<PageRef[]> = fc
  .uniqueArray(ref, { selector: (child) => child.key, minLength: 1, maxLength: 12 })
  .map((all) => all.sort((a, b) => compareText(a.key, b.key)));
const levels = fc.integer({ min: 1, max: 9 });

property(
  'STORE-7: the children of a node come back, and each key leads to the child it stands under',
  500,
  levels,
  children,
  key,
  (level, refs, other) => {
    const node = new Node(encodeNode(level, refs));
    expect(node.level).toBe(level);
    expect(node.children).toEqual(refs);
    expect(node.entries).toBe(refs.reduce((sum, { entries }) => sum + entries, 0));
    expect(node.keys).toEqual(refs.map((child) => child.key));
    for (const { name, hash } of node.children) expect(name).toBe(toBase64Url(hash));
    const below = refs.filter((child) => compareText(child.key, other) <= 0).length;
    expect(node.place(other)).toBe(Math.max(0, below - 1));
  },
);

property(
  'STORE-5: a node is never longer than its head and the weights of its children',
  300,
  children,
  (refs) => {
    expect(encodeNode(1, refs).length).toBeLessThanOrEqual(
      refs.reduce((sum, child) => sum + childWeight(child.key), nodeHeadWeight),
    );
  },
);

property(
  'STORE-6: bytes that are read are those that packing their children gives; all others are malformed',
  2000,
  children,
  fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
  fc.nat(),
  (refs, changes, cut) => {
    const bytes = encodeNode(1, refs);
    const bad = bytes.slice(0, cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length) as Bytes;
    for (const [at, value] of changes) if (bad.length > 0) bad[at % bad.length] = value;
    try {
      const node = new Node(bad);
      expect(equal(encodeNode(node.level, node.children), bad)).toBe(true);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CairnError);
      if (thrown instanceof CairnError) expect(thrown.code).toBe('malformed');
    }
  },
);

describe('bytes', () => {
  const hash = (byte: number): Hash => asHash(new Uint8Array(32).fill(byte));

  test('a node as every implementation writes it', () => {
    const bytes = encodeNode(2, [new PageRef('ab', hash(1), 300, 7), new PageRef('ac', hash(2), 5, 1)]);
    expect(toHex(bytes)).toBe(
      `03020000000b82${'000219012c07'}${'01010501'}${toHex(hash(1))}${toHex(hash(2))}616263`,
    );
  });

  test('a node of no level, without children, or with a child without entries is malformed', () => {
    const child = new PageRef('a', hash(1), 1, 1);
    for (const bytes of [
      encodeNode(0, [child]),
      encodeNode(65, [child]),
      encodeNode(1, []),
      encodeNode(1, [new PageRef('a', hash(1), 1, 0)]),
    ])
      expect(() => new Node(bytes)).toThrow(CairnError);
  });
});
