/**
 * Reading and writing the rows of one store for one page: live queries here, reads that are answered once, writes and transactions
 * through `row-calls`. It is the same for a stored space and for one in memory; what differs is the store under it.
 */
import type { RowKey } from '../model/row.ts';
import type { Schema } from '../model/schema.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Rows } from '../store/rows.ts';
import type { Standing } from '../store/standing.ts';
import { LiveQueries } from './live-queries.ts';
import { loadRowCalls, type RowCalls } from './loading.ts';
import type { LiveNews, PlainQuery, Read, ReadAnswer } from './protocol.ts';
import type { Reading } from './reading.ts';
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

interface Calls extends Pick<RowCalls, 'deletedRows'> {
  readonly reading: Reading;
  readonly writing: RowWriting;
}

export class RowService {
  readonly #clock: Clock;
  readonly #store: RowStore;
  readonly #shown: StoreRows;
  readonly #live: LiveQueries;
  readonly #counts: RowCounts;
  readonly #onNews: () => void;
  #calls: Promise<Calls> | null = null;
  /** What was asked of what writes, until it is over. */
  readonly #asked = new Set<Promise<void>>();
  #reading: Reading | null = null;

  /** `onNews` is called when live queries or counts may have news. */
  constructor(clock: Clock, schema: Schema, store: RowStore, onNews: () => void) {
    this.#onNews = onNews;
    this.#clock = clock;
    this.#store = store;
    this.#shown = new StoreRows(schema, store.rows);
    this.#live = new LiveQueries(this.#shown, onNews);
    this.#counts = new RowCounts(clock, store.rows, this.#shown, onNews);
  }

  /** To be told which rows of the store changed, before anything else is read. */
  changed(keys: readonly RowKey[]): void {
    this.#shown.changed(keys);
    this.#reading?.changed(keys);
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

  /** @throws value-invalid, schema-invalid, unavailable, storage-… */
  async read(read: Read): Promise<ReadAnswer> {
    const { reading, deletedRows } = await this.#loadCalls();
    const { rows } = this.#store;
    if (read.kind === 'deleted') return deletedRows(this.#shown.schema, rows, read.table, read.limit);
    return (await reading.answer(this.#shown, read, () => null)).answer;
  }

  /** Runs `use` with what writes. @throws unavailable, and what `use` throws */
  writing<T>(use: (writing: RowWriting) => Promise<T>): Promise<T> {
    const asked = this.#loadCalls().then(({ writing }) => use(writing));
    const over = asked.then(
      () => undefined,
      () => undefined,
    );
    this.#asked.add(over);
    void over.then(() => this.#asked.delete(over));
    return asked;
  }

  /** Ends when every write that was asked for before has reached the store. */
  async settle(): Promise<void> {
    await Promise.all(this.#asked);
  }

  close(): void {
    this.#counts.close();
  }

  /** What answers calls; its code is loaded with the first. */
  #loadCalls(): Promise<Calls> {
    this.#counts.asked();
    this.#calls ??= this.#startCalls();
    return this.#calls;
  }

  async #startCalls(): Promise<Calls> {
    try {
      const { Reading, RowWriting, deletedRows } = await loadRowCalls();
      const reading = new Reading(this.#store.rows);
      this.#reading = reading;
      return {
        deletedRows,
        reading,
        writing: new RowWriting(this.#clock, this.#store, this.#shown, reading),
      };
    } catch (thrown) {
      this.#calls = null;
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
