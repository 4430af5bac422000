import * as fc from 'fast-check';
import { expect } from 'vitest';
import { AppendList } from '../../src/model/append-list.ts';
import { property } from '../property.ts';

property(
  'a list that only grows is a value: whatever grows out of it, it stays as it was',
  1000,
  fc.array(fc.nat(9), { maxLength: 20 }),
  (parents) => {
    const lists: { readonly list: AppendList<number>; readonly items: readonly number[] }[] = [
      { list: AppendList.of(0), items: [0] },
    ];
    for (const [item, parent] of parents.entries()) {
      const { list, items } = lists[parent % lists.length];
      lists.push({ list: list.append(item), items: [...items, item] });
    }
    for (const { list, items } of lists) {
      expect(list.toArray()).toEqual(items);
      expect(list.size).toBe(items.length);
      expect(list.at(items.length)).toBeUndefined();
      expect(list.at(-1)).toBeUndefined();
      expect(items.map((_, index) => list.at(index))).toEqual(items);
    }
  },
);
