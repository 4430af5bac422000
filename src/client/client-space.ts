/**
 * A space on the page: tables, transactions, live queries and status over a link to the host. The same class
 * serves a stored space and an in-memory one. It holds no rows but those of live queries.
 */
import { type Failure, isError } from '../errors.ts';
import { loadPart } from '../load-part.ts';
import type { CellAuthor } from '../model/cell-author.ts';
import type { Schema } from '../model/schema.ts';
import type { SpaceStatus } from '../model/sync-status.ts';
import { Source } from '../observable.ts';
import type {
  Conflict,
  DeletedView,
  PlainQuery,
  Read,
  ReadAnswer,
  RowView,
  Started,
  Update,
  WriteOp,
} from '../worker/protocol.ts';
import { copied, type HostLink, type LinkListener } from './host-link.ts';
import { LiveQueries } from './live.ts';
import { putOp } from './put-op.ts';
import type { InviteLink, InviteOptions, Live, Space } from './space.ts';
import type { PlainTransaction } from './transaction.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Rows are shown and single ones written without it. @throws unavailable */
const loadTransaction = () => loadPart(() => import('./transaction.ts'));
/** So long after an opening it is loaded all the same, so that the first transaction finds it even without a network. */
const loadAfterMs = 250;

/** The untyped face of a table; `Table<S, T>` gives it its types. */
interface PlainTable {
  put(row: Readonly<Record<string, unknown>>): Promise<string>;
  patch(id: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  delete(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  get(id: string): Promise<RowView | null>;
  query(query?: PlainQuery): Promise<readonly RowView[]>;
  authors(id: string): Promise<readonly CellAuthor[]>;
  count(query?: PlainQuery): Promise<number>;
  deleted(limit?: number): Promise<readonly DeletedView[]>;
  live(query?: PlainQuery): Live<RowView>;
}

interface PlainSpace extends Omit<Space<Schema>, 'tables' | 'transaction'> {
  readonly tables: Readonly<Record<string, PlainTable>>;
  transaction<R>(fn: (tx: PlainTransaction) => Promise<R> | R): Promise<R>;
}

/** What connects a space to its host: the link, once it is told who listens, and what the host said at the start. */
export interface Connection {
  readonly link: HostLink;
  readonly started: Started;
  listen(listener: LinkListener): void;
  /** Called before each write: a moment at which the person is doing something. */
  onWrite?(): void;
}

export function clientSpace<S extends Schema>(schema: S, connection: Connection): Space<S> {
  const { link, started } = connection;
  const status = new Source<SpaceStatus>(started.status);
  const conflicts = new Source<readonly Conflict[]>(started.conflicts);
  const live = new LiveQueries(link);

  const hear = (update: Update): void => {
    for (const news of update.live) live.hear(news);
    if (update.conflicts !== undefined) conflicts.set(update.conflicts);
    if (update.status !== undefined) status.set(update.status);
  };
  const restart = (again: Started): void => {
    status.set(again.status);
    conflicts.set(again.conflicts);
    live.resume();
  };
  connection.listen({
    update: hear,
    died: () => live.pause(),
    replaced: restart,
    ended: (failure: Failure) => live.end(failure),
  });

  const write = async (op: WriteOp): Promise<void> => {
    const ops = [copied(op, `a ${op.kind} in ${op.table}`)];
    connection.onWrite?.();
    await link.ask((host) => host.write(ops));
  };
  const read = async (question: Read): Promise<ReadAnswer> => {
    const asked = copied(question, `a query of ${question.table}`);
    return link.ask((host) => host.read(asked));
  };

  const tables: Record<string, PlainTable> = {};
  for (const table of Object.keys(schema.tables)) {
    tables[table] = {
      put: async (row) => {
        const op = putOp(table, row);
        await write(op);
        return op.id;
      },
      patch: (id, values) => write({ kind: 'patch', table, id, values }),
      delete: (id) => write({ kind: 'delete', table, id }),
      restore: (id) => write({ kind: 'restore', table, id }),
      // The host answers each kind of read with its own kind of answer.
      get: async (id) => (await read({ kind: 'get', table, id })) as RowView | null,
      query: async (query = {}) => (await read({ kind: 'query', table, query })) as readonly RowView[],
      count: async (query = {}) => (await read({ kind: 'count', table, query })) as number,
      deleted: async (limit = 100) =>
        (await read({ kind: 'deleted', table, limit })) as readonly DeletedView[],
      authors: (id) => link.ask((host) => host.authors(table, id)),
      live: (query = {}) => live.start(table, copied(query, `a query of ${table}`)),
    };
  }

  setTimeout(() => void loadTransaction().catch(() => undefined), loadAfterMs);

  const space: PlainSpace = {
    id: started.space,
    schema,
    tables,
    transaction: async (fn) => {
      connection.onWrite?.();
      const { runTransaction } = await loadTransaction();
      return runTransaction(link, schema, fn);
    },
    status,
    conflicts,
    syncNow: async () => {
      await link.ask((host) => host.syncNow());
    },
    invite: (options: InviteOptions = {}): Promise<InviteLink> => {
      const { role = 'writer', uses = 1, lifeMs = 7 * dayMs } = options;
      return link.ask((host) => host.invite(role, uses, lifeMs));
    },
    digest: () => link.ask((host) => host.digest()),
    activity: () => link.ask((host) => host.activity()),
    close: async () => {
      if (link.isOver) return;
      try {
        await link.ask((host) => host.close());
      } catch (thrown) {
        // A worker that is gone holds nothing that would have to be let go; its end is what was wanted.
        if (!isError(thrown, 'worker-died') && !link.isOver) throw thrown;
      } finally {
        link.close();
      }
    },
    erase: async (options) => {
      await link.ask((host) => host.erase(options?.unsentSeen ?? null));
      link.close();
    },
  };
  // The types of `Space<S>` are those of the schema, which the host applies to every value; here they are erased.
  return space as unknown as Space<S>;
}
