/** The rows of a base that may be among those of a query, in the way that takes the least reading (`accessFor`). */
import { compareText } from '../format/bytes.ts';
import { type Access, accessFor, groupIn, type IndexAccess } from '../model/access.ts';
import { idOf } from '../model/index-key.ts';
import type { Query } from '../model/query.ts';
import type { Schema } from '../model/schema.ts';
import type { Base, BaseReader } from '../store/base.ts';
import type { RowView } from './protocol.ts';
import type { Candidate } from './scan.ts';

/** `wanted`: how many rows are enough, where they come in the query's order. */
export function candidatesOf(
  schema: Schema,
  table: string,
  query: Query<RowView>,
  base: Base,
  reader: BaseReader,
  wanted: number,
): AsyncGenerator<readonly Candidate[]> {
  const access = accessFor(schema, table, query, ({ identity }) => base.indexes.has(identity));
  return read(access, table, reader, wanted);
}

async function* read(
  access: Access,
  table: string,
  reader: BaseReader,
  wanted: number,
): AsyncGenerator<readonly Candidate[]> {
  switch (access.kind) {
    case 'ids':
      yield* rowsOf(table, access.ids, reader, () => null);
      break;
    case 'scan':
      for await (const page of reader.scan(table, access, access.direction)) {
        yield page.map(([id, row]) => ({ id, row, group: access.isOrdered ? id : null }));
      }
      break;
    case 'index':
      yield* readIndex(access, table, reader, wanted);
      break;
  }
}

/** How many rows of an index are read at once, at most; of one in the query's order, first those that may be all that is wanted. */
const mostRows = 1024;

async function* readIndex(
  access: IndexAccess,
  table: string,
  reader: BaseReader,
  wanted: number,
): AsyncGenerator<readonly Candidate[]> {
  const { index, ranges, direction, isOrdered } = access;
  let most = isOrdered ? Math.min(mostRows, wanted) : mostRows;
  let given = 0;
  for (const range of ranges) {
    for await (const keys of reader.keys(index.identity, range, direction)) {
      for (let from = 0; from < keys.length; ) {
        const some = keys.slice(from, from + most);
        from += some.length;
        given += some.length;
        most = Math.min(mostRows, given < wanted ? wanted - given : most * 2);
        const groups = new Map(some.map((key) => [idOf(key), groupIn(access, key)]));
        yield* rowsOf(table, [...groups.keys()], reader, (id) => groups.get(id) ?? null);
      }
    }
  }
}

/** Rows in the order of `ids`. */
async function* rowsOf(
  table: string,
  ids: readonly string[],
  reader: BaseReader,
  group: (id: string) => string | null,
): AsyncGenerator<readonly Candidate[]> {
  const ascending = [...ids].sort(compareText);
  const rows = await reader.rows(table, ascending);
  const found = new Map(ascending.map((id, at) => [id, rows[at] ?? null]));
  yield ids.flatMap((id) => {
    const row = found.get(id) ?? null;
    return row === null ? [] : [{ id, row, group: group(id) }];
  });
}
