/**
 * What the page and the worker say to each other. Everything is plain data that survives a structured copy; every
 * method answers with a `Result`, so an error keeps its code, values and words on the way (APP-18).
 *
 * One worker hosts one space. The client calls `hello` first and need not wait: when it resolves the worker holds the Web Lock
 * that `hello` names, and the release of that lock means that the worker is dead (APP-17). Then exactly one of
 * `create`, `open`, `join`; then anything. What changes by itself comes through the one `UpdateListener`,
 * at most one message a frame for all live queries, the status and the conflicts together (APP-13).
 */
import type { Failure, Result } from '../errors.ts';
import type { Role } from '../format/role.ts';
import type { Activity } from '../model/activity.ts';
import type { CellAuthor } from '../model/cell-author.ts';
import type { Difference } from '../model/difference.ts';
import type { ColumnOrder } from '../model/query.ts';
import type { Schema } from '../model/schema.ts';
import type { SpaceStatus } from '../model/sync-status.ts';

export type { Role };

/** A row as the page sees it: its id and its columns, decoded by the schema. */
export type RowView = { readonly id: string } & Readonly<Record<string, unknown>>;

/** A query as plain data; `model/query` gives the meaning. */
export interface PlainQuery {
  readonly where?: Readonly<Record<string, unknown>>;
  readonly orderBy?: string | readonly (string | ColumnOrder)[];
  readonly limit?: number;
  readonly after?: unknown;
}

export type WriteOp =
  | { readonly kind: 'put'; readonly table: string; readonly id: string; readonly values: PlainValues }
  | { readonly kind: 'patch'; readonly table: string; readonly id: string; readonly values: PlainValues }
  | { readonly kind: 'delete'; readonly table: string; readonly id: string }
  | { readonly kind: 'restore'; readonly table: string; readonly id: string };

export type PlainValues = Readonly<Record<string, unknown>>;

/** A read of one row, of the rows of a query, or of how many there are. */
export type RowRead =
  | { readonly kind: 'get'; readonly table: string; readonly id: string }
  | { readonly kind: 'query'; readonly table: string; readonly query: PlainQuery }
  | { readonly kind: 'count'; readonly table: string; readonly query: PlainQuery };

export type Read = RowRead | { readonly kind: 'deleted'; readonly table: string; readonly limit: number };

/** The answer to a `Read` of that kind: a row or null, rows, a number, deleted rows. */
export type ReadAnswer = RowView | null | readonly RowView[] | number | readonly DeletedView[];

/** A deleted row as it was, when and by which device it was deleted, and how many live rows need it to be shown. */
export interface DeletedView {
  readonly row: RowView;
  /** Milliseconds since the epoch, by the clock of the device that deleted it. */
  readonly at: number;
  /** The device's number in this space, as in `SpaceStatus.devices`. */
  readonly device: number;
  readonly hides: number;
}

export interface OpenRequest {
  readonly schema: Schema;
  /** Origin of the relay. */
  readonly relay: string;
  /** Address of the app, without a fragment: what links of invitations begin with. */
  readonly appUrl: string;
}

export type StartRequest = OpenRequest &
  (
    | { readonly how: 'create'; readonly memberName: string; readonly deviceName: string }
    | { readonly how: 'open'; readonly space: string }
    | {
        readonly how: 'join';
        readonly link: string;
        readonly memberName: string;
        readonly deviceName: string;
      }
  );

export interface Started {
  /** The id of the space, as text. */
  readonly space: string;
  readonly status: SpaceStatus;
  readonly conflicts: readonly Conflict[];
}

/** A value of ours that lost to a write which had not seen it (DESIGN §4). */
export interface Conflict {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  /** The value that lost, as the column gives it. */
  readonly value: unknown;
  /** When ours was written, and when and by which device the one that stands was; milliseconds. */
  readonly ours: { readonly at: number; readonly device: number };
  readonly winner: { readonly at: number; readonly device: number };
}

/**
 * News of one live query: the first rows of its answer (the first time and after an error), a difference, or an error. A long answer
 * comes in pieces, and all but the last say that `more` comes.
 */
export type LiveNews =
  | {
      readonly kind: 'rows';
      readonly live: number;
      readonly rows: readonly RowView[];
      readonly more: boolean;
    }
  | {
      readonly kind: 'difference';
      readonly live: number;
      readonly difference: Difference<RowView>;
      readonly more: boolean;
    }
  | { readonly kind: 'error'; readonly live: number; readonly error: Failure };

export interface Update {
  readonly live: readonly LiveNews[];
  readonly status?: SpaceStatus;
  readonly conflicts?: readonly Conflict[];
  /** The host starts by a join, and can open this space without the link from now on. */
  readonly kept?: string;
  /** The space ended by itself (a newer version of the app upgraded its database, …): why. */
  readonly ended?: Failure;
}

/** Where page and worker are apart it gives a promise, which ends when the page has taken the update in. */
export type UpdateListener = (update: Update) => unknown;

/** What the page hears and the worker wants to know. */
export type PageEvent = 'online' | 'offline' | 'visible' | 'hidden';

/** How the page stands when a host is started. */
export interface PageState {
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** Whether someone can look at it. */
  readonly visible: boolean;
}

export interface SpaceHost {
  /** The name of the Web Lock that this worker holds for as long as it lives. */
  hello(): Promise<Result<{ readonly lock: string }>>;
  start(request: StartRequest, page: PageState, onUpdate: UpdateListener): Promise<Result<Started>>;

  /** Commits ops as one changeset by one append; resolves when it is in the journal. */
  write(ops: readonly WriteOp[]): Promise<Result<null>>;
  read(read: Read): Promise<Result<ReadAnswer>>;

  /**
   * A read inside transaction `tx` (a number the client chose), after the client's writes up to here: `ops` are those since the
   * last call of this transaction. Fails with `moved` if an earlier read of it no longer holds.
   */
  transactionRead(tx: number, ops: readonly WriteOp[], read: RowRead): Promise<Result<ReadAnswer>>;
  /** Commits `tx` with `ops`, those since its last read. Fails with `moved` if a read no longer holds. */
  transactionCommit(tx: number, ops: readonly WriteOp[]): Promise<Result<null>>;
  /** Forgets `tx`. */
  transactionEnd(tx: number): Promise<Result<null>>;

  /** Starts live query number `live`; its rows come as the first news. */
  watch(live: number, table: string, query: PlainQuery): Promise<Result<null>>;
  unwatch(live: number): Promise<Result<null>>;

  pageEvent(event: PageEvent): Promise<Result<null>>;
  syncNow(): Promise<Result<null>>;
  invite(role: Role, uses: number, lifeMs: number): Promise<Result<{ link: string; expires: number }>>;
  digest(): Promise<Result<string>>;
  activity(): Promise<Result<readonly Activity[]>>;
  /** Who wrote each value of a row, and who has it. */
  authors(table: string, id: string): Promise<Result<readonly CellAuthor[]>>;
  close(): Promise<Result<null>>;
  erase(unsentSeen: number | null): Promise<Result<null>>;
}
