import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/format/bytes.ts';
import { keyHash, type PageSizes, pageEnd, sizesBeside, type Weighed } from '../../src/model/paging.ts';
import { property } from '../property.ts';

/** FNV-1a and the final mix, on bytes, with big integers. */
function plainHash(key: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of utf8(key)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  hash ^= hash >> 16n;
  hash = (hash * 0x85ebca6bn) & 0xffffffffn;
  hash ^= hash >> 13n;
  hash = (hash * 0xc2b2ae35n) & 0xffffffffn;
  hash ^= hash >> 16n;
  return Number(hash);
}

/** The rule, place by place. */
function plainEnd(entries: readonly Weighed[], { least, most, fewest }: PageSizes): number {
  const weightOf = (count: number): number =>
    entries.slice(0, count).reduce((sum, { weight }) => sum + weight, 0);
  let fit = Math.min(fewest, entries.length);
  while (fit < entries.length && weightOf(fit + 1) <= most) fit++;
  if (fit === entries.length) return 0;
  const places = Array.from({ length: fit }, (_, i) => i + 1).filter(
    (count) => count >= fewest && weightOf(count) >= least,
  );
  const hashes = places.map((count) => plainHash(entries[count - 1]?.key ?? ''));
  return places[hashes.indexOf(Math.min(...hashes))] ?? fit;
}

const keys = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', 'é', '\uFF5E', '\u{1F600}', '\ud7ff', '\ue000', '\u07ff', '\u0800'),
);
const someEntries = fc.array(
  fc.record({
    key: keys,
    weight: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 200 })),
  }),
  { maxLength: 40 },
);
const sizes = fc.record({
  least: fc.integer({ min: 1, max: 60 }),
  most: fc.integer({ min: 1, max: 150 }),
  fewest: fc.constantFrom(1, 2),
});

property('STORE-6: the key hash is that of the UTF-8 bytes', 1000, keys, (key) => {
  expect(keyHash(key)).toBe(plainHash(key));
});

property(
  'STORE-6: a page ends after the least key hash between the least and the greatest size',
  2000,
  someEntries,
  sizes,
  (entries, bounds) => {
    expect(pageEnd(entries, bounds)).toBe(plainEnd(entries, bounds));
  },
);

property(
  'STORE-6: where a page ends depends on nothing behind the first entry that does not fit',
  500,
  someEntries,
  someEntries,
  sizes,
  (entries, others, bounds) => {
    const end = pageEnd(entries, bounds);
    if (end > 0) expect(pageEnd([...entries, ...others], bounds)).toBe(end);
  },
);

property(
  'STORE-5: a page has no more weight than fits, or it has the fewest entries that one may have',
  500,
  someEntries,
  sizes,
  (entries, bounds) => {
    const end = pageEnd(entries, bounds);
    const weight = entries.slice(0, end).reduce((sum, entry) => sum + entry.weight, 0);
    expect(end === bounds.fewest || weight <= bounds.most).toBe(true);
  },
);

describe('the hash and the sizes', () => {
  test.for([
    ['', 0xab3e7c0b],
    ['a', 0x1a80b1b3],
    ['01JCZ3KQ4NQ0V4Y7W2X8P5RABC', 0x506a2226],
    ['é', 0x8e4756c7],
    ['\uFF5E', 0x47514401],
    ['\u{1F600}', 0x3303a80a],
  ] as const)('STORE-6: the hash of %j, as every implementation has to find it', ([key, hash]) => {
    expect(keyHash(key)).toBe(hash);
  });

  test('STORE-5: pages have from 16 to 60 KiB, all told', () => {
    expect(sizesBeside(100, 1)).toEqual({ least: 16 * 1024 - 100, most: 60 * 1024 - 100, fewest: 1 });
  });

  test('STORE-5: an entry that is larger than a page travels alone', () => {
    const bounds = { least: 10, most: 50, fewest: 1 };
    const small = { key: 'a', weight: 5 };
    const huge = { key: 'b', weight: 60 };
    expect(pageEnd([small, huge], bounds)).toBe(1);
    expect(pageEnd([huge, small], bounds)).toBe(1);
    expect(pageEnd([huge, huge], bounds)).toBe(1);
    expect(pageEnd([huge], bounds)).toBe(0);
  });
});
