/**
 * Reading and writing the rows of one store for one page: reads and live queries here, writes and transactions through
 * `row-writing`. It is the same for a stored space and for one in memory; what differs is the store under it.
 */
import type { RowKey } from '../model/row.ts';
import type { Schema } from '../model/schema.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Rows } from '../store/rows.ts';
import type { Standing } from '../store/standing.ts';
import { deletedRows } from './deleted-rows.ts';
import { LiveQueries } from './live-queries.ts';
import { loadRowWriting } from './loading.ts';
import type { LiveNews, PlainQuery, Read, ReadAnswer } from './protocol.ts';
import { Reading } from './reading.ts';
import { RowCounts } from './row-counts.ts';
import type { RowWriting } from './row-writing.ts';
import { StoreRows } from './shown-rows.ts';
import type { Clock } from './updates.ts';

/** What of a store the rows need. */
export interface RowStore {
  readonly standing: Standing;
  readonly rows: Rows;
  append(
    decide: (standing: Standing) => JournalRecord | null,
    durability: 'strict' | 'relaxed',
  ): Promise<{ readonly position: number } | null>;
  /** Settles when there is room for more than a person writes; undefined if there is. */
  room(): Promise<void> | undefined;
}

export class RowService {
  readonly #clock: Clock;
  readonly #store: RowStore;
  readonly #shown: StoreRows;
  readonly #live: LiveQueries;
  readonly #reading: Reading;
  readonly #counts: RowCounts;
  readonly #onNews: () => void;
  #writing: Promise<RowWriting> | null = null;

  /** `onNews` is called when live queries or counts may have news. */
  constructor(clock: Clock, schema: Schema, store: RowStore, onNews: () => void) {
    this.#onNews = onNews;
    this.#clock = clock;
    this.#store = store;
    this.#shown = new StoreRows(schema, store.rows);
    this.#reading = new Reading(store.rows);
    this.#live = new LiveQueries(this.#shown, onNews);
    this.#counts = new RowCounts(clock, store.rows, this.#shown, onNews);
  }

  /** To be told which rows of the store changed, before anything else is read. */
  changed(keys: readonly RowKey[]): void {
    this.#shown.changed(keys);
    this.#reading.changed(keys);
    this.#counts.changed();
    if (this.#live.changed(keys)) this.#onNews();
  }

  /** What live queries have to tell since the last call. What they could not tell yet is news again, as `onNews` says. */
  news(): LiveNews[] {
    const news = this.#live.news();
    if (news.length > 0) this.#counts.asked();
    if (this.#live.isBehind) this.#onNews();
    return news;
  }

  /** How many rows are shown, and how many are live and wait for a row that they refer to; null until they were counted. */
  get counts(): { readonly live: number; readonly hidden: number } | null {
    return this.#counts.value;
  }

  /** @throws value-invalid, schema-invalid, storage-… */
  async read(read: Read): Promise<ReadAnswer> {
    this.#counts.asked();
    const { rows } = this.#store;
    if (read.kind === 'deleted') return deletedRows(this.#shown.schema, rows, read.table, read.limit);
    return (await this.#reading.answer(this.#shown, read, () => null)).answer;
  }

  /** What writes; its code is loaded when it is first asked for. @throws unavailable */
  writing(): Promise<RowWriting> {
    this.#counts.asked();
    this.#writing ??= this.#startWriting();
    return this.#writing;
  }

  /** Ends when every write that was asked for before has reached the store. */
  async settle(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  close(): void {
    this.#counts.close();
  }

  async #startWriting(): Promise<RowWriting> {
    try {
      const { RowWriting } = await loadRowWriting();
      return new RowWriting(this.#clock, this.#store, this.#shown, this.#reading);
    } catch (thrown) {
      this.#writing = null;
      throw thrown;
    }
  }

  /** @throws value-invalid, schema-invalid */
  watch(live: number, table: string, query: PlainQuery): void {
    this.#live.watch(live, table, query);
    this.#onNews();
  }

  unwatch(live: number): void {
    this.#live.unwatch(live);
  }
}
