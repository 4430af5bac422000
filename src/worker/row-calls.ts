/**
 * What answers a page's calls about rows: reads that are answered once, writes, transactions. Live queries show rows without any of it, so
 * it is loaded by one dynamic import.
 */
export { deletedRows } from './deleted-rows.ts';
export { Reading } from './reading.ts';
export { RowWriting } from './row-writing.ts';
