/**
 * Cairn, as an app sees it: an offline-first shared database. Define a schema, open a space, read and write typed
 * rows, and show `status`, which never claims more than was verified.
 *
 * ```ts
 * const schema = defineSchema({version: 1, tables: {lists: {title: text()}}});
 * const space = await createSpace({schema, worker, memberName: 'Ada', deviceName: 'Phone'});
 * const id = await space.tables.lists.put({title: 'Groceries'});
 * space.tables.lists.live({orderBy: 'title'}).subscribe(({rows}) => render(rows));
 * ```
 */
export { CairnError, type ErrorCode, type Failure, isError } from '../errors.ts';
export { longestName } from '../limits.ts';
export type { Query, Where } from '../model/query.ts';
export {
  boolean,
  type Column,
  date,
  defineSchema,
  type Insert,
  integer,
  json,
  number,
  type Patch,
  type Row,
  ref,
  type Schema,
  text,
} from '../model/schema.ts';
export type { DeviceStatus, Reason, ReasonKind, SpaceStatus } from '../model/sync-status.ts';
export type { Observable } from '../observable.ts';
export type { DamagedSpace } from './damaged.ts';
export { memorySpace } from './memory-space.ts';
export { createSpace, joinSpace, openSpace } from './open-space.ts';
export { readDamagedSpace } from './read-damaged.ts';
export { readInvitation } from './read-invitation.ts';
export type {
  Activity,
  CellAuthor,
  Conflict,
  DeletedRow,
  InvitationView,
  InviteLink,
  InviteOptions,
  Live,
  LiveResult,
  Role,
  Space,
  SpaceOptions,
  Table,
  TableName,
  Transaction,
  TransactionTable,
} from './space.ts';
