import * as fc from 'fast-check';
import { expect } from 'vitest';
import { compareText } from '../../src/format/bytes.ts';
import { SortedIds } from '../../src/store/sorted-ids.ts';
import { property } from '../property.ts';

property(
  'STORE-4: the ids of a table are ascending by UTF-8 bytes and each there once, however adding and looking alternate',
  2000,
  fc.array(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), { maxLength: 20 }), {
    maxLength: 8,
  }),
  (rounds) => {
    const ids = new SortedIds();
    const all = new Set<string>();
    for (const round of rounds) {
      for (const id of round) {
        if (all.has(id) || /\p{Surrogate}/u.test(id)) continue;
        all.add(id);
        ids.add(id);
      }
      const before = ids.sorted();
      expect(before).toEqual([...all].sort(compareText));
      expect(ids.sorted()).toBe(before);
    }
  },
);
