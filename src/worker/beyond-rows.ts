/**
 * What a space does beyond its rows: make keys, join, sync, invite, open names, hash itself. None of it is needed to show
 * rows, and it is more than half of the worker's code; so it is loaded by one dynamic import, when the rows are on the screen.
 */
export { digestRows } from '../model/digest.ts';
export { rowAuthors } from './row-authors.ts';
export { joinSpace } from './space-joining.ts';
export { makeSpace } from './space-making.ts';
export { SyncSide } from './sync-side.ts';
