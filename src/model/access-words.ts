/** What an `Access` does, in words for people who ask why a query is slow. Values are not named: they are no one else's. */
import type { Access, IndexAccess, IndexUse } from './access.ts';
import type { Direction } from './query.ts';

/**
 *   index items(list, order): list = …, ascending, in order
 *   index items(due): descending, in order, rows of one due sorted
 *   index items(due): due in a range, then sorted
 *   scan of ids in a range, descending, in order
 *   2 rows by id
 */
export function explain(access: Access): string {
  switch (access.kind) {
    case 'ids':
      return access.ids.length === 1 ? '1 row by id' : `${access.ids.length} rows by id`;
    case 'scan': {
      const isWhole = access.from === '' && access.to === null;
      return [isWhole ? 'scan' : 'scan of ids in a range', ...orderWords(access)].join(', ');
    }
    case 'index': {
      const { index, uses } = access;
      const names = index.columns.map(({ name }) => name);
      const used = uses.map((use, at) => `${names[at]} ${useWords[use]}`);
      return `index ${index.table}(${names.join(', ')}): ${[...used, ...orderWords(access), ...groupWords(access)].join(', ')}`;
    }
  }
}

const useWords: Readonly<Record<IndexUse, string>> = {
  eq: '= …',
  in: 'in …',
  range: 'in a range',
  prefix: 'starts with …',
};

function orderWords({
  isOrdered,
  direction,
}: {
  readonly isOrdered: boolean;
  readonly direction: Direction;
}): string[] {
  return isOrdered ? [direction === 'asc' ? 'ascending' : 'descending', 'in order'] : ['then sorted'];
}

function groupWords({ isOrdered, idOrder, direction, groupColumns, index }: IndexAccess): string[] {
  if (!isOrdered || idOrder === direction) return [];
  const names = index.columns.slice(0, groupColumns).map(({ name }) => name);
  return [`rows of one ${names.join(', ')} sorted`];
}
