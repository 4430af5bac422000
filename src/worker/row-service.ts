/**
 * Reading and writing the rows of one store for one page: writes, reads, transactions and live queries. It is the same
 * for a stored space and for one in memory; what differs is the store under it.
 */
import { isError } from '../errors.ts';
import type { Draft } from '../model/draft.ts';
import type { RowKey } from '../model/row.ts';
import type { Schema } from '../model/schema.ts';
import { type Deflate, localRecord } from '../store/local-write.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Standing } from '../store/standing.ts';
import { draftsOf } from './drafts.ts';
import { LiveQueries } from './live-queries.ts';
import { loadDeflate, loadTransactions } from './loading.ts';
import type { LiveNews, PlainQuery, Read, ReadAnswer, WriteOp } from './protocol.ts';
import { answer, StoreRows } from './shown-rows.ts';
import type { Transactions } from './transactions.ts';
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
  #deflate: Deflate | null = null;
  #transactions: Promise<Transactions> | null = null;

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

  /** What live queries have to tell since the last call. */
  news(): LiveNews[] {
    return this.#live.news();
  }

  /** How many rows are shown, and how many are live and wait for a row that they refer to. */
  get counts(): { readonly live: number; readonly hidden: number } {
    const { shown, hidden } = this.#shown.counts;
    return { live: shown, hidden };
  }

  /** @throws value-invalid, not-found, transaction-too-large, not-a-writer */
  async write(ops: readonly WriteOp[]): Promise<void> {
    const drafts = draftsOf(this.#shown.schema, ops);
    await this.#commit(drafts, () => true);
  }

  /** @throws value-invalid, schema-invalid */
  read(read: Read): ReadAnswer {
    return answer(this.#shown, read);
  }

  /** @throws moved, and what `read` and `write` throw */
  async transactionRead(number: number, ops: readonly WriteOp[], read: Read): Promise<ReadAnswer> {
    const transactions = await this.#running();
    return transactions.read(number, draftsOf(this.#shown.schema, ops), read);
  }

  /** @throws moved, and what `write` throws */
  async transactionCommit(number: number, ops: readonly WriteOp[]): Promise<void> {
    const transactions = await this.#running();
    await transactions.commit(number, draftsOf(this.#shown.schema, ops));
  }

  async transactionEnd(number: number): Promise<void> {
    (await this.#running()).end(number);
  }

  /** @throws value-invalid, schema-invalid */
  watch(live: number, table: string, query: PlainQuery): void {
    this.#live.watch(live, table, query);
    this.#onNews();
  }

  unwatch(live: number): void {
    this.#live.unwatch(live);
  }

  /** The transactions of this page; their code is loaded for the first. */
  #running(): Promise<Transactions> {
    this.#transactions ??= this.#startTransactions();
    return this.#transactions;
  }

  async #startTransactions(): Promise<Transactions> {
    try {
      const { Transactions } = await loadTransactions();
      const store = this.#store;
      return new Transactions({
        get standing() {
          return store.standing;
        },
        rows: store.rows,
        shown: this.#shown,
        now: () => this.#clock.now(),
        commit: (drafts, holds) => this.#commit(drafts, holds),
      });
    } catch (thrown) {
      this.#transactions = null;
      throw thrown;
    }
  }

  async #commit(drafts: readonly Draft[], holds: () => boolean): Promise<boolean> {
    let held = true;
    await this.#largeOrNot((deflate) =>
      this.#store.append((standing) => {
        // Asked again each time another tab was first.
        held = holds();
        return held ? localRecord(drafts, this.#store.rows, standing, this.#clock.now(), deflate) : null;
      }, 'relaxed'),
    );
    return held;
  }

  /** Appends; what is too large as it is tries again with the compressor, which few writes need and so is loaded then. */
  async #largeOrNot(append: (deflate: Deflate | null) => Promise<unknown>): Promise<void> {
    try {
      await append(this.#deflate);
    } catch (thrown) {
      if (this.#deflate !== null || !isError(thrown, 'transaction-too-large')) throw thrown;
      this.#deflate = await loadDeflate();
      await append(this.#deflate);
    }
  }
}
