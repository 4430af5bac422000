/**
 * The public face of a space: what an app developer holds in the hand. Everything here is a plain type;
 * `open-space` (a worker and a stored space) and `memory-space` (no worker, nothing stored) both give it,
 * and one suite of tests holds for both (APP-19).
 *
 * Every promise here rejects with a `CairnError` and nothing else: a closed set of `code`s with the values a
 * handler needs. Codes named at a method are those it adds; any method may also reject with `closed`,
 * `worker-died` (the outcome of a write is then unknown: read before writing again) or a `storage-…` code.
 */
import type { Failure } from '../errors.ts';
import type { Activity } from '../model/activity.ts';
import type { CellAuthor } from '../model/cell-author.ts';
import type { Query } from '../model/query.ts';
import type { Insert, Patch, Row, Schema } from '../model/schema.ts';
import type { SpaceStatus } from '../model/sync-status.ts';
import type { Observable } from '../observable.ts';
import type { Conflict, Role } from '../worker/protocol.ts';

export type { Activity, CellAuthor, Conflict, Role };

/** The names of a schema's tables. */
export type TableName<S extends Schema> = Extract<keyof S['tables'], string>;

export interface SpaceOptions<S extends Schema> {
  /** What `defineSchema` gave: plain data. It travels to the worker as it is. */
  readonly schema: S;
  /**
   * Makes a fresh worker running `cairn/worker`. Called once at the start and again each time the worker died.
   * Written out in the app so that its bundler sees it:
   * `() => new Worker(new URL('./cairn-worker.ts', import.meta.url), {type: 'module'})`
   */
  readonly worker: () => Worker;
  /** Origin of the relay, `https://…`. Default: the origin of the page. */
  readonly relay?: string;
}

export interface Space<S extends Schema> {
  /** The space's id as text: 43 characters of base64url. */
  readonly id: string;
  readonly schema: S;
  readonly tables: { readonly [T in TableName<S>]: Table<S, T> };
  /**
   * Runs `fn` and commits what it wrote, all or nothing, as one change that becomes visible at once here and on
   * every other device.
   *
   * All reads of one run are of one moment and of the run's own writes. If what was read has changed before the
   * commit, `fn` runs again from the start, so it should have no effects but through `tx`; after ten runs the
   * promise rejects with `moved`. If `fn` throws, nothing is written and the promise rejects with what it threw.
   * @throws value-invalid, not-found (a patch or restore of a row that is not there), transaction-too-large,
   *   not-a-writer, moved
   */
  transaction<R>(fn: (tx: Transaction<S>) => Promise<R> | R): Promise<R>;
  /** What is true of this space here and now: see `SpaceStatus`. */
  readonly status: Observable<SpaceStatus>;
  /** Values this device wrote that lost to a write which had not seen them, oldest first; bounded. */
  readonly conflicts: Observable<readonly Conflict[]>;
  /**
   * Runs one sync cycle now and resolves when it has completed.
   * @throws offline, timeout, rate-limited and the other codes of the relay
   */
  syncNow(): Promise<void>;
  /**
   * Appends an invitation to the membership log and gives the link that carries its one-time secret.
   * Role `writer`, one use and seven days (`lifeMs`, at most thirty) unless told otherwise. Needs the relay.
   * @throws not-allowed (this device may not invite that role), offline, timeout
   */
  invite(options?: InviteOptions): Promise<InviteLink>;
  /** A hash (hex) over all rows, cells and stamps: equal on two devices exactly if their data is equal. */
  digest(): Promise<string>;
  /**
   * What happened to this space on this device, oldest first: when it was opened, what stopped sync and when that ended, what came
   * and went. Bounded, the oldest goes first; it outlasts a restart. Times, numbers and codes alone: no text, no name and no
   * secret is in it. A line may reach the other tabs' answers a few seconds late. A space in memory knows only of its opening.
   */
  activity(): Promise<readonly Activity[]>;
  /** Lets go of the worker and its locks. What is stored stays; later calls reject with `closed`. */
  close(): Promise<void>;
  /**
   * Deletes this space from this device, keys included. While there are unsent changes it is refused unless
   * `unsentSeen` is exactly their number, which the app shows first (APP-7).
   * @throws not-allowed with `values.unsent`
   */
  erase(options?: { readonly unsentSeen: number }): Promise<void>;
}

export interface InviteOptions {
  readonly role?: Role;
  /** How many times the link can be used. */
  readonly uses?: number;
  /** Milliseconds for which the link is valid. */
  readonly lifeMs?: number;
}

export interface InviteLink {
  readonly link: string;
  /** Milliseconds since the epoch; at exactly this moment the link is still valid. */
  readonly expires: number;
}

export interface Table<S extends Schema, T extends TableName<S>> {
  /**
   * Writes a whole row, new or replacing, and gives its id. Without an `id` one is made: 26 characters that
   * sort by time. Columns not given get their default or become empty.
   * @throws value-invalid, transaction-too-large, not-a-writer
   */
  put(row: Insert<S, T>): Promise<string>;
  /**
   * Writes the given columns only; `null` empties an optional one. Another device's edit of other columns survives.
   * @throws not-found, value-invalid, transaction-too-large, not-a-writer
   */
  patch(id: string, changes: Patch<S, T>): Promise<void>;
  /** Deletes a row; it can be restored. Deleting what is not there does nothing. @throws not-a-writer */
  delete(id: string): Promise<void>;
  /** Brings a deleted row back as it was. @throws not-found (no such row was ever here), not-a-writer */
  restore(id: string): Promise<void>;
  /** The row, or null if there is none that is live and whose required references lead to live rows. */
  get(id: string): Promise<Row<S, T> | null>;
  query(query?: Query<Row<S, T>>): Promise<Row<S, T>[]>;
  /**
   * Who wrote each value of a row, deleted ones included, and who is known to have it; nothing of a row that was never here. Columns
   * that have their default or are empty because nobody wrote them are not among them.
   */
  authors(id: string): Promise<readonly CellAuthor[]>;
  /** How many rows `query` would give. */
  count(query?: Query<Row<S, T>>): Promise<number>;
  /** The rows that were deleted last, by any device, newest first: at most `limit` (100). */
  deleted(limit?: number): Promise<DeletedRow<Row<S, T>>[]>;
  /** The rows of a query, kept current until it is closed. */
  live(query?: Query<Row<S, T>>): Live<Row<S, T>>;
}

/** A deleted row, which `restore` brings back. */
export interface DeletedRow<R> {
  /** As it was. */
  readonly row: R;
  /** When it was deleted, by the clock of the device that did; milliseconds since the epoch. */
  readonly at: number;
  /** That device's number, as in `SpaceStatus.devices`. */
  readonly device: number;
  /** How many live rows are hidden as long as it is deleted: those that refer to it by a required reference. */
  readonly hides: number;
}

/** What `fn` of a transaction works with. Writes are collected and need no `await`; reads see them. */
export interface Transaction<S extends Schema> {
  readonly tables: { readonly [T in TableName<S>]: TransactionTable<S, T> };
}

export interface TransactionTable<S extends Schema, T extends TableName<S>> {
  put(row: Insert<S, T>): string;
  patch(id: string, changes: Patch<S, T>): void;
  delete(id: string): void;
  restore(id: string): void;
  get(id: string): Promise<Row<S, T> | null>;
  query(query?: Query<Row<S, T>>): Promise<Row<S, T>[]>;
  count(query?: Query<Row<S, T>>): Promise<number>;
}

export interface Live<R> extends Observable<LiveResult<R>> {
  /** Ends it: listeners hear nothing more, and the worker forgets the query. */
  close(): void;
}

export interface LiveResult<R> {
  /**
   * The answer, in order, as of one moment: a transaction is in it whole or not at all. While `loading`, a part of it. A row object
   * stays the same object (`===`) as long as nothing in it changed; the array is a new one with each change.
   */
  readonly rows: readonly R[];
  /**
   * True until `rows` is the whole answer. One of more than 2,000 rows comes in pieces, its first rows first: 200, then up to 2,000 a
   * frame; so does a change that brings more than 2,000 rows at once. True also while a dead worker is being replaced: the rows from before stay until
   * all are here anew.
   */
  readonly loading: boolean;
  readonly error: Failure | null;
}

/** What a link says by itself, before anything is asked or stored. */
export interface InvitationView {
  readonly space: string;
  readonly relay: string;
  readonly role: Role;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly uses: number;
}
