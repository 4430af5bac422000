/** The transactions that are running on one page (APP-16). */
import { CairnError } from '../errors.ts';
import { nextStamp } from '../model/clock.ts';
import type { Draft } from '../model/draft.ts';
import { settleWrite } from '../store/local-write.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import type { Standing } from '../store/standing.ts';
import type { Read, ReadAnswer } from './protocol.ts';
import { RowOverlay } from './row-overlay.ts';
import type { ShownRows } from './shown-rows.ts';
import { type SessionRows, TransactionSession } from './transaction-session.ts';

/** What transactions read and write. */
export interface TransactionStore {
  readonly standing: Standing;
  readonly rows: Pick<MemoryTable, 'movedSince'>;
  readonly shown: ShownRows;
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
  read(number: number, drafts: readonly Draft[], read: Read): ReadAnswer {
    const session = this.#session(number);
    session.write(drafts);
    return session.read(read);
  }

  /** @throws moved, and what a write throws */
  async commit(number: number, drafts: readonly Draft[]): Promise<void> {
    const session = this.#session(number);
    session.write(drafts);
    if (session.drafts.length === 0) return;
    // What holds at one position may not at the next. If that is not plain inside the append, look closely out here,
    // where answering again keeps nobody waiting, and come back.
    do session.advance();
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
    overlaid(drafts): ShownRows {
      const { clock, device } = store.standing;
      if (device === null) throw new CairnError('not-a-writer', 'this device is not in the space yet');
      const ops = settleWrite(drafts, (table, id) => store.shown.get(table, id));
      return new RowOverlay(store.shown, ops, { stamp: nextStamp(clock, store.now()), device });
    },
    movedSince: (position, reads) => store.rows.movedSince(position, reads),
  };
}
