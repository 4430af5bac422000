/**
 * Reading and writing the rows of one store for one page: reads and live queries here, writes and transactions through
 * `row-writing`. It is the same for a stored space and for one in memory; what differs is the store under it.
 */
import type { RowKey } from '../model/row.ts';
import type { Schema } from '../model/schema.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Standing } from '../store/standing.ts';
import { LiveQueries } from './live-queries.ts';
import { loadRowWriting } from './loading.ts';
import type { LiveNews, PlainQuery, Read, ReadAnswer } from './protocol.ts';
import type { RowWriting } from './row-writing.ts';
import { answer, StoreRows } from './shown-rows.ts';
import type { Clock } from './updates.ts';

/** What of a store the rows need. */
export interface RowStore {
  readonly standing: Standing;
  readonly rows: MemoryTable;
  append(
    decide: (standing: Standing) => JournalRecord | null,
    durability: 'strict' | 'relaxed',
  ): Promise<{ readonly position: number } | null>;
}

export class RowService {
  readonly #clock: Clock;
  readonly #store: RowStore;
  readonly #shown: StoreRows;
  readonly #live: LiveQueries;
  readonly #onNews: () => void;
  #writing: Promise<RowWriting> | null = null;

  /** `onNews` is called when live queries may have news. */
  constructor(clock: Clock, schema: Schema, store: RowStore, onNews: () => void) {
    this.#onNews = onNews;
    this.#clock = clock;
    this.#store = store;
    this.#shown = new StoreRows(schema, store.rows);
    this.#live = new LiveQueries(this.#shown);
  }

  /** To be told which rows of the store changed, before anything else is read. */
  changed(keys: readonly RowKey[]): void {
    if (this.#live.changed(this.#shown.changed(keys))) this.#onNews();
  }

  /** What live queries have to tell since the last call. What they could not tell yet is news again, as `onNews` says. */
  news(): LiveNews[] {
    const news = this.#live.news();
    if (this.#live.isBehind) this.#onNews();
    return news;
  }

  /** How many rows are shown, and how many are live and wait for a row that they refer to. */
  get counts(): { readonly live: number; readonly hidden: number } {
    const { shown, hidden } = this.#shown.counts;
    return { live: shown, hidden };
  }

  /** @throws value-invalid, schema-invalid */
  read(read: Read): ReadAnswer {
    return answer(this.#shown, read);
  }

  /** What writes; its code is loaded when it is first asked for. @throws unavailable */
  writing(): Promise<RowWriting> {
    this.#writing ??= this.#startWriting();
    return this.#writing;
  }

  /** Ends when every write that was asked for before has reached the store. */
  async settle(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  async #startWriting(): Promise<RowWriting> {
    try {
      const { RowWriting } = await loadRowWriting();
      return new RowWriting(this.#clock, this.#store, this.#shown);
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
