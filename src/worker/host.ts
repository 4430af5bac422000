/**
 * The object that the page talks to: it answers each call of the protocol from the space that was opened, and turns
 * everything that is thrown into a `Result` (APP-18). What a space is, stored or in memory, is handed in.
 */
import { CairnError, type Result, toFailure } from '../errors.ts';
import type { Activity } from '../model/activity.ts';
import type { CellAuthor } from '../model/cell-author.ts';
import type {
  PageEvent,
  PageState,
  PlainQuery,
  Read,
  ReadAnswer,
  Role,
  RowRead,
  SpaceHost,
  Started,
  StartRequest,
  UpdateListener,
  WriteOp,
} from './protocol.ts';
import type { RowService } from './row-service.ts';

/** A space that a host has opened. Methods throw what the protocol's methods answer as errors. */
export interface OpenedSpace {
  readonly rows: RowService;
  readonly started: Started;
  pageEvent(event: PageEvent): void;
  syncNow(): Promise<void>;
  invite(role: Role, uses: number, lifeMs: number): Promise<{ link: string; expires: number }>;
  digest(): Promise<string>;
  activity(): Promise<readonly Activity[]>;
  authors(table: string, id: string): Promise<readonly CellAuthor[]>;
  close(): Promise<void>;
  erase(unsentSeen: number | null): Promise<void>;
}

export interface Opener {
  /** The name of a lock that is held for as long as the host lives, once it is held. */
  hello(): Promise<string>;
  open(request: StartRequest, page: PageState, onUpdate: UpdateListener): Promise<OpenedSpace>;
}

export class Host implements SpaceHost {
  readonly #opener: Opener;
  #space: OpenedSpace | null = null;
  #used = false;

  constructor(opener: Opener) {
    this.#opener = opener;
  }

  hello(): Promise<Result<{ readonly lock: string }>> {
    return result(async () => ({ lock: await this.#opener.hello() }));
  }

  start(request: StartRequest, page: PageState, onUpdate: UpdateListener): Promise<Result<Started>> {
    return result(async () => {
      if (this.#used) throw new CairnError('closed', 'a worker hosts one space, and this one has had its');
      this.#used = true;
      this.#space = await this.#opener.open(request, page, onUpdate);
      return this.#space.started;
    });
  }

  write(ops: readonly WriteOp[]): Promise<Result<null>> {
    return done(() => this.#open.rows.writing((writing) => writing.write(ops)));
  }

  read(read: Read): Promise<Result<ReadAnswer>> {
    return result(() => this.#open.rows.read(read));
  }

  transactionRead(tx: number, ops: readonly WriteOp[], read: RowRead): Promise<Result<ReadAnswer>> {
    return result(() => this.#open.rows.writing((writing) => writing.transactionRead(tx, ops, read)));
  }

  transactionCommit(tx: number, ops: readonly WriteOp[]): Promise<Result<null>> {
    return done(() => this.#open.rows.writing((writing) => writing.transactionCommit(tx, ops)));
  }

  transactionEnd(tx: number): Promise<Result<null>> {
    return done(() => this.#open.rows.writing(async (writing) => writing.transactionEnd(tx)));
  }

  watch(live: number, table: string, query: PlainQuery): Promise<Result<null>> {
    return done(() => this.#open.rows.watch(live, table, query));
  }

  unwatch(live: number): Promise<Result<null>> {
    return done(() => this.#open.rows.unwatch(live));
  }

  pageEvent(event: PageEvent): Promise<Result<null>> {
    return done(() => this.#open.pageEvent(event));
  }

  syncNow(): Promise<Result<null>> {
    return done(() => this.#open.syncNow());
  }

  invite(role: Role, uses: number, lifeMs: number): Promise<Result<{ link: string; expires: number }>> {
    return result(() => this.#open.invite(role, uses, lifeMs));
  }

  digest(): Promise<Result<string>> {
    return result(() => this.#open.digest());
  }

  activity(): Promise<Result<readonly Activity[]>> {
    return result(() => this.#open.activity());
  }

  authors(table: string, id: string): Promise<Result<readonly CellAuthor[]>> {
    return result(() => this.#open.authors(table, id));
  }

  close(): Promise<Result<null>> {
    return done(async () => {
      const space = this.#open;
      this.#space = null;
      await space.close();
    });
  }

  erase(unsentSeen: number | null): Promise<Result<null>> {
    return done(async () => {
      await this.#open.erase(unsentSeen);
      this.#space = null;
    });
  }

  get #open(): OpenedSpace {
    if (this.#space === null) throw new CairnError('closed', 'no space is open here');
    return this.#space;
  }
}

async function result<T>(answer: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await answer() };
  } catch (thrown) {
    return { ok: false, error: toFailure(thrown) };
  }
}

function done(work: () => void | Promise<void>): Promise<Result<null>> {
  return result(async () => {
    await work();
    return null;
  });
}
