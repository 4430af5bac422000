/** The transactions that are running on one page (APP-16). */
import { CairnError } from '../errors.ts';
import { nextStamp } from '../model/clock.ts';
import type { Draft } from '../model/draft.ts';
import { settleWrite } from '../store/local-write.ts';
import type { Rows } from '../store/rows.ts';
import type { Standing } from '../store/standing.ts';
import type { ReadAnswer, RowRead } from './protocol.ts';
import type { Reading } from './reading.ts';
import { RowOverlay } from './row-overlay.ts';
import type { ShownRows } from './shown-rows.ts';
import { type SessionRows, TransactionSession } from './transaction-session.ts';

/** What transactions read and write. */
export interface TransactionStore {
  readonly standing: Standing;
  readonly rows: Pick<Rows, 'movedSince' | 'holding'>;
  readonly shown: ShownRows;
  readonly reading: Reading;
  /** Wall time, ms. */
  now(): number;
  /** Commits drafts by one append, unless `holds` is false when it is decided; gives what it was then. */
  commit(drafts: readonly Draft[], holds: () => boolean): Promise<boolean>;
}

export class Transactions {
  readonly #store: TransactionStore;
  readonly #sessions = new Map<number, TransactionSession>();

  constructor(store: TransactionStore) {
    this.#store = store;
  }

  /** Answers a read of transaction `number`, `drafts` written since its last. @throws moved, not-found, value-invalid */
  read(number: number, drafts: readonly Draft[], read: RowRead): Promise<ReadAnswer> {
    const session = this.#session(number);
    session.write(drafts);
    return this.#store.rows.holding(() => session.read(read));
  }

  /** @throws moved, and what a write throws */
  async commit(number: number, drafts: readonly Draft[]): Promise<void> {
    const session = this.#session(number);
    session.write(drafts);
    if (session.drafts.length === 0) return;
    // What holds at one position may not at the next. If that is not plain inside the append, look closely out here,
    // where answering again keeps nobody waiting, and come back.
    do await this.#store.rows.holding(() => session.advance());
    while (!(await this.#store.commit(session.drafts, () => session.holds())));
  }

  end(number: number): void {
    this.#sessions.delete(number);
  }

  #session(number: number): TransactionSession {
    let session = this.#sessions.get(number);
    if (session === undefined) {
      session = new TransactionSession(sessionRows(this.#store));
      this.#sessions.set(number, session);
    }
    return session;
  }
}

function sessionRows(store: TransactionStore): SessionRows {
  return {
    get position() {
      return store.standing.position;
    },
    shown: store.shown,
    reading: store.reading,
    overlaid(drafts): RowOverlay {
      const { clock, device } = store.standing;
      if (device === null) throw new CairnError('not-a-writer', 'this device is not in the space yet');
      store.shown.need(drafts.map(({ table, id }) => [table, id]));
      const ops = settleWrite(drafts, (table, id) => store.shown.get(table, id));
      return new RowOverlay(store.shown, ops, { stamp: nextStamp(clock, store.now()), device });
    },
    movedSince: (position, reads) => store.rows.movedSince(position, reads),
  };
}
