/** Where pages lie. A page never changes, so what a name gives once it gives always. */
import type { Bytes } from '../format/bytes.ts';
import type { PageName } from '../format/page-name.ts';

export interface PageSource {
  /**
   * The bytes of these pages, in this order; several names are one transaction. Those that are read `inPassing` are not likely to be asked
   * for again soon. Throws where one is missing.
   */
  get(names: readonly PageName[], inPassing?: boolean): Promise<readonly Bytes[]>;
}

export interface PageSink {
  /** Pages come in the order of their keys, level by level; the next comes when this has settled. */
  put(name: PageName, bytes: Bytes): void | Promise<void>;
}
