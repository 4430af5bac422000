/**
 * `transaction(fn)` on the page (APP-16). Writes are collected here and travel with the next read or the commit; the
 * host answers each read at one position of the journal with the transaction's own writes laid over it, or
 * says `moved`; then `fn` runs again. Nothing is written before the commit, which is one append.
 */
import { CairnError, isError, type Result } from '../errors.ts';
import type { Schema } from '../model/schema.ts';
import type { PlainQuery, ReadAnswer, RowRead, RowView, WriteOp } from '../worker/protocol.ts';
import { copied, type HostLink, type OpenHost } from './host-link.ts';
import { putOp } from './put-op.ts';

/** How often `fn` is run before the transaction gives up. */
const maxRuns = 10;

/** The untyped face of one table inside a transaction; `Transaction<S>` gives it its types. */
export interface PlainTransactionTable {
  put(row: Readonly<Record<string, unknown>>): string;
  patch(id: string, changes: Readonly<Record<string, unknown>>): void;
  delete(id: string): void;
  restore(id: string): void;
  get(id: string): Promise<RowView | null>;
  query(query?: PlainQuery): Promise<readonly RowView[]>;
  count(query?: PlainQuery): Promise<number>;
}

export interface PlainTransaction {
  readonly tables: Readonly<Record<string, PlainTransactionTable>>;
}

let lastTransaction = 0;

export async function runTransaction<R>(
  link: HostLink,
  schema: Schema,
  fn: (tx: PlainTransaction) => Promise<R> | R,
): Promise<R> {
  for (let run = 1; run <= maxRuns; run += 1) {
    const session = new Session(link);
    try {
      const result = await fn({ tables: tablesOf(schema, session) });
      await session.commit();
      return result;
    } catch (thrown) {
      // Also when `fn` caught the `moved` of a read and threw something of its own: it decided on what no longer holds.
      if (!session.moved) throw thrown;
    } finally {
      session.end();
    }
  }
  throw new CairnError('moved', `what the transaction read changed in each of ${maxRuns} runs`, {
    runs: maxRuns,
  });
}

/** One run of `fn`. */
class Session {
  readonly #link: HostLink;
  readonly #number: number;
  #ops: WriteOp[] = [];
  #hasRead = false;
  #over = false;
  moved = false;

  constructor(link: HostLink) {
    lastTransaction += 1;
    this.#link = link;
    this.#number = lastTransaction;
  }

  write(op: WriteOp): void {
    this.#checkRunning();
    this.#ops.push(copied(op, `a ${op.kind} in ${op.table}`));
  }

  async read(read: RowRead): Promise<ReadAnswer> {
    this.#checkRunning();
    const question = copied(read, `a query of ${read.table}`);
    const ops = this.#takeOps();
    this.#hasRead = true;
    return this.#ask((host) => host.transactionRead(this.#number, ops, question));
  }

  async commit(): Promise<void> {
    this.#checkRunning();
    this.#over = true;
    if (this.moved) throw new CairnError('moved', 'a read of the transaction no longer holds');
    const ops = this.#takeOps();
    if (this.#hasRead) await this.#ask((host) => host.transactionCommit(this.#number, ops));
    else if (ops.length > 0) await this.#ask((host) => host.write(ops));
  }

  end(): void {
    this.#over = true;
    // Nobody waits for this: a host that is gone has forgotten the transaction already.
    if (this.#hasRead) this.#link.ask((host) => host.transactionEnd(this.#number)).catch(() => {});
  }

  async #ask<T>(question: (host: OpenHost) => Promise<Result<T>>): Promise<T> {
    try {
      return await this.#link.ask(question);
    } catch (thrown) {
      if (isError(thrown, 'moved')) this.moved = true;
      throw thrown;
    }
  }

  #takeOps(): readonly WriteOp[] {
    const ops = this.#ops;
    this.#ops = [];
    return ops;
  }

  #checkRunning(): void {
    if (this.#over) throw new CairnError('closed', 'the transaction is over');
  }
}

function tablesOf(schema: Schema, session: Session): Record<string, PlainTransactionTable> {
  const tables: Record<string, PlainTransactionTable> = {};
  for (const table of Object.keys(schema.tables)) {
    tables[table] = {
      put: (row) => {
        const op = putOp(table, row);
        session.write(op);
        return op.id;
      },
      patch: (id, values) => session.write({ kind: 'patch', table, id, values }),
      delete: (id) => session.write({ kind: 'delete', table, id }),
      restore: (id) => session.write({ kind: 'restore', table, id }),
      // The host answers each kind of read with its own kind of answer.
      get: async (id) => (await session.read({ kind: 'get', table, id })) as RowView | null,
      query: async (query = {}) =>
        (await session.read({ kind: 'query', table, query })) as readonly RowView[],
      count: async (query = {}) => (await session.read({ kind: 'count', table, query })) as number,
    };
  }
  return tables;
}
