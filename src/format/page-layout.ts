/** What writing and reading a page share: see `page`. */
import type { CborValue } from './cbor-reader.ts';
import type { Version } from './stamp.ts';

/** A row as it is packed: what replicas keep of it. */
export interface PageRow {
  readonly cells: ReadonlyMap<string, { readonly value: CborValue; readonly version: Version }>;
  readonly tombstone: Version | null;
  readonly restored: Version | null;
  readonly truncated: boolean;
}

export type PageEntry = readonly [id: string, row: PageRow];

export const pageFormat = 1;
/** Format, count of rows, bytes of the body. */
export const pageHeadBytes = 7;
/** Of each row in the index. */
export const indexBytes = 4;

/** What a row has besides cells of one version. */
export const flags = { tombstone: 1, restored: 2, truncated: 4, versions: 8 } as const;
