/** Compaction of a space while this tab leads, with the indexes of its schema. */

import type { Schema } from '../model/schema.ts';
import { indexesOf, indexKeyOf } from '../model/table-index.ts';
import type { Runtime } from '../runtime.ts';
import type { IndexDefinition } from '../store/compaction.ts';
import { type FoldSizes, keepCompact } from '../store/compactor.ts';
import type { Store } from '../store/store.ts';

/** Settles when `signal` is aborted, or the store is closed. */
export function keepCompacting(
  runtime: Runtime,
  store: Store,
  schema: Schema,
  signal: AbortSignal,
  other: FoldSizes = {},
): Promise<void> {
  return keepCompact(runtime, store, signal, { ...other, indexes: definitionsOf(schema) });
}

export function definitionsOf(schema: Schema): readonly IndexDefinition[] {
  return Object.keys(schema.tables).flatMap((table) =>
    indexesOf(schema, table).map((index) => ({
      name: index.identity,
      table,
      keyOf: (id, row) => indexKeyOf(index, id, row),
    })),
  );
}
