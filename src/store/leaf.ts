/** The two kinds of leaves that a tree may have, as they are read: rows of a table, keys of an index. */
import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { Page, type PageRow } from '../format/page.ts';
import { Run } from '../format/run.ts';

export type Entry<E> = readonly [key: string, value: E];

export interface Leaf<E> {
  readonly count: number;
  /** Decodes what was asked for and nothing else, where the leaf's layout lets it. */
  get(key: string): E | undefined;
  entries(): readonly Entry<E>[];
}

/** @throws malformed, here or when the leaf is read */
export type OpenLeaf<E> = (bytes: Bytes) => Leaf<E>;

export function rowLeaf(table: string): OpenLeaf<PageRow> {
  return (bytes) => {
    const page = new Page(bytes);
    if (page.table !== table) throw new CairnError('malformed', 'A page of another table');
    return {
      count: page.count,
      get: (key) => {
        const at = page.find(key);
        return at < 0 ? undefined : page.row(at);
      },
      entries: () => page.entries(),
    };
  };
}

/** A key of an index has no value besides being there. */
export const keyLeaf: OpenLeaf<true> = (bytes) => {
  const run = new Run(bytes);
  return {
    count: run.keys.length,
    get: (key) => (run.has(key) ? true : undefined),
    entries: () => run.keys.map((key) => [key, true]),
  };
};
