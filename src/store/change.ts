import type { Failure } from '../errors.ts';
import type { RowKey } from '../model/row.ts';
import type { DatabaseEvent } from './database.ts';
import type { RecordKind } from './record.ts';

/** What one step forward of a store changed: told after it is durable, the rows and the standing both moved. */
export interface Change {
  /** The journal position reached. */
  readonly position: number;
  /** Exactly the rows whose state changed, each once. A write that loses is not among them. */
  readonly rows: readonly RowKey[];
  /** True if this store object (this tab) wrote it. */
  readonly own: boolean;
  readonly kinds: ReadonlySet<RecordKind>;
}

/** What happens to the store's database, apart from its contents. */
export type StoreEvent =
  | DatabaseEvent
  /** Reading on in the background failed: code and words of the error; the next read or write tries again. */
  | { readonly kind: 'failed'; readonly failure: Failure };
