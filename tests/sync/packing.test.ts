import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { batchBytes, packBatch, packedBodyBytes } from '../../src/sync/packing.ts';
import { property } from '../property.ts';

const sizes = fc.array(fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: limits.entryBytes * 2 })), {
  minLength: 1,
  maxLength: 400,
});
const total = (items: readonly { readonly bytes: number }[]) =>
  items.reduce((sum, { bytes }) => sum + bytes, 0);

property(
  'PUSH-11: every change is in exactly one entry, in its order, and entries fit their limit',
  500,
  sizes,
  (list) => {
    let items = list.map((bytes, index) => ({ bytes, index }));
    const packed: number[] = [];
    while (items.length > 0) {
      const { entries, rest } = packBatch(items);
      expect(rest).toBeGreaterThan(0);
      expect(entries.flat()).toEqual(items.slice(0, rest));
      packed.push(...entries.flat().map(({ index }) => index));
      for (const entry of entries) {
        if (entry.length > 1) expect(total(entry)).toBeLessThanOrEqual(packedBodyBytes);
      }
      if (rest > 1) expect(total(entries.flat())).toBeLessThanOrEqual(batchBytes);
      items = items.slice(rest);
    }
    expect(packed).toEqual(list.map((_, index) => index));
  },
);

property('PUSH-3: the same sizes are packed alike', 200, sizes, (list) => {
  const pack = () => packBatch(list.map((bytes) => ({ bytes }))).entries.map(({ length }) => length);
  expect(pack()).toEqual(pack());
});

test('PUSH-11: many small changes share an entry, a change too large for that has its own', () => {
  const small = Array.from({ length: 1000 }, () => ({ bytes: 200 }));
  expect(packBatch(small).entries).toHaveLength(1);
  const { entries } = packBatch([{ bytes: 200 }, { bytes: packedBodyBytes + 1 }, { bytes: 200 }]);
  expect(entries.map(({ length }) => length)).toEqual([1, 1, 1]);
});

test('PUSH-5: a batch leaves room in its request for all that goes with it', () => {
  expect(batchBytes + 512 * 512 + limits.signedObjectBytes).toBeLessThan(limits.httpBodyBytes);
});
