import type { Draft } from '../model/draft.ts';
import { localRecord } from '../store/local-write.ts';
import { draftsOf } from './drafts.ts';
import type { ReadAnswer, RowRead, WriteOp } from './protocol.ts';
import type { Reading } from './reading.ts';
import type { RowStore } from './row-service.ts';
import type { ShownRows } from './shown-rows.ts';
import { Transactions } from './transactions.ts';
import type { Clock } from './updates.ts';

/** Writing the rows of one store for one page. Loaded by a dynamic import, since showing rows takes none of it. */
export class RowWriting {
  readonly #clock: Clock;
  readonly #store: RowStore;
  readonly #shown: ShownRows;
  readonly #transactions: Transactions;

  constructor(clock: Clock, store: RowStore, shown: ShownRows, reading: Reading) {
    this.#clock = clock;
    this.#store = store;
    this.#shown = shown;
    this.#transactions = new Transactions({
      get standing() {
        return store.standing;
      },
      rows: store.rows,
      shown,
      reading,
      now: () => clock.now(),
      commit: (drafts, holds) => this.#commit(drafts, holds),
    });
  }

  /** @throws value-invalid, not-found, transaction-too-large, not-a-writer */
  async write(ops: readonly WriteOp[]): Promise<void> {
    await this.#commit(draftsOf(this.#shown.schema, ops), () => true);
  }

  /** @throws moved, and what reads and `write` throw */
  transactionRead(number: number, ops: readonly WriteOp[], read: RowRead): Promise<ReadAnswer> {
    return this.#transactions.read(number, draftsOf(this.#shown.schema, ops), read);
  }

  /** @throws moved, and what `write` throws */
  async transactionCommit(number: number, ops: readonly WriteOp[]): Promise<void> {
    await this.#transactions.commit(number, draftsOf(this.#shown.schema, ops));
  }

  transactionEnd(number: number): void {
    this.#transactions.end(number);
  }

  async #commit(drafts: readonly Draft[], holds: () => boolean): Promise<boolean> {
    let held = true;
    const room = this.#store.room();
    if (room !== undefined) await room;
    await this.#store.append((standing) => {
      // Asked again each time another tab was first.
      held = holds();
      return held ? localRecord(drafts, this.#store.rows, standing, this.#clock.now()) : null;
    }, 'relaxed');
    return held;
  }
}
