/** Reads the rows and keys of a base from its pages. */
import { CairnError, isError } from '../errors.ts';
import type { PageRow } from '../format/page-layout.ts';
import type { Direction } from '../model/query.ts';
import type { RowState } from '../model/row.ts';
import type { TextRange } from '../model/text-range.ts';
import type { Base, BaseReader } from './base.ts';
import { keyLeaf, rowLeaf } from './leaf.ts';
import { NodeCache } from './node-cache.ts';
import type { PageSource } from './page-source.ts';
import { PageTree } from './page-tree.ts';

/** Opens one base after the other over the same pages. */
export function baseReading(source: PageSource): (base: Base) => BaseReader {
  const nodes = new NodeCache();
  const keyTree = new PageTree(keyLeaf, source, nodes);
  const rowTree = (table: string): PageTree<PageRow> => new PageTree(rowLeaf(table), source, nodes);
  return (base) => ({
    async rows(table, ids) {
      try {
        const rows = await rowTree(table).get(base.tables.get(table) ?? null, ids);
        return rows.map((row) => (row === undefined ? null : stateOf(row)));
      } catch (thrown) {
        throw asDamage(thrown);
      }
    },
    async *scan(table, range, direction) {
      const tree = rowTree(table);
      try {
        for await (const leaf of tree.leaves(base.tables.get(table) ?? null, inTree(range, direction)))
          yield leaf.entries().map(([id, row]) => [id, stateOf(row)] as const);
      } catch (thrown) {
        throw asDamage(thrown);
      }
    },
    async *keys(index, range, direction) {
      try {
        for await (const leaf of keyTree.leaves(base.indexes.get(index) ?? null, inTree(range, direction)))
          yield leaf.entries().map(([key]) => key);
      } catch (thrown) {
        throw asDamage(thrown);
      }
    },
  });
}

/** A page with other bytes than were written to it is the store's damage. */
function asDamage(thrown: unknown): unknown {
  if (!isError(thrown, 'malformed')) return thrown;
  return new CairnError('storage-corrupt', `A page is damaged: ${thrown.message}`, { page: null });
}

function inTree({ from, to }: TextRange, direction: Direction) {
  return {
    ...(from === '' ? {} : { from }),
    ...(to === null ? {} : { to }),
    direction: direction === 'asc' ? ('up' as const) : ('down' as const),
  };
}

/** A row as it was unpacked is nobody else's: it may be kept, and is copied before it is merged into. */
export function stateOf({ cells, tombstone, restored, truncated }: PageRow): RowState {
  return { cells: cells instanceof Map ? cells : new Map(cells), tombstone, restored, truncated };
}
