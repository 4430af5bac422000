/** One simulated device: a database that outlives its tabs, and tabs to open, kill and open again. */
import type { Draft } from '../../src/model/draft.ts';
import { localRecord } from '../../src/store/local-write.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { type Fault, FaultyTab, type Planned } from './faulty-indexeddb.ts';
import { type TestSpace, testSpace } from './space.ts';
import { TestOrigin, TestRuntime } from './test-runtime.ts';

export interface Tab {
  readonly faulty: FaultyTab;
  readonly runtime: TestRuntime;
  readonly store: Store;
}

export class TestDevice {
  readonly origin = new TestOrigin();
  /** The shared database; the names in it are this device's own. */
  readonly factory: IDBFactory;
  readonly space: TestSpace;

  private constructor(inner: IDBFactory, space: TestSpace) {
    this.factory = prefixed(inner, nextPrefix());
    this.space = space;
  }

  static async make(inner: IDBFactory): Promise<TestDevice> {
    return new TestDevice(inner, await testSpace());
  }

  runtime(plan?: (planned: Planned) => Fault | null): { faulty: FaultyTab; runtime: TestRuntime } {
    const faulty = new FaultyTab(this.factory, plan);
    return { faulty, runtime: new TestRuntime(faulty.factory, this.origin) };
  }

  async open(options: StoreOptions = {}, plan?: (planned: Planned) => Fault | null): Promise<Tab> {
    const { faulty, runtime } = this.runtime(plan);
    const store = await openStore(runtime, this.space.space, { tailEveryMs: null, ...options });
    return { faulty, runtime, store };
  }

  /** A tab of the space's founder, with both devices in the membership log. */
  async openFounded(options: StoreOptions = {}): Promise<Tab> {
    const tab = await this.open(options);
    await found(tab.store, this.space);
    return tab;
  }
}

export async function found(store: Store, { a, members }: Founder): Promise<void> {
  await store.append((standing) => (standing.keys ? null : { kind: 'device', sign: a.sign, wrap: a.wrap }));
  await store.append((standing) =>
    standing.membership.size > 0 ? null : { kind: 'members', from: 1, entries: members },
  );
}

/** What founding takes of a space. */
export interface Founder extends Pick<TestSpace, 'members'> {
  readonly a: Pick<TestSpace['a'], 'sign' | 'wrap'>;
}

/** One local transaction, as a page would write it. */
export function write(
  { store, runtime }: Pick<Tab, 'store' | 'runtime'>,
  ...drafts: Draft[]
): Promise<{ readonly position: number } | null> {
  return store.append((standing) => localRecord(drafts, store.rows, standing, runtime.now()));
}

export function put(table: string, id: string, cells: Record<string, string | number | null>): Draft {
  return { kind: 'put', table, id, cells: new Map(Object.entries(cells)) };
}

/** Test files of one browser share its databases: names begin with what no other file has. */
const file = crypto.randomUUID();
let prefixes = 0;
function nextPrefix(): string {
  prefixes += 1;
  return `${file} ${prefixes} `;
}

/** The same factory for databases of other names, so that tests share a browser without meeting. */
function prefixed(inner: IDBFactory, prefix: string): IDBFactory {
  return {
    open: (name: string, version?: number) => inner.open(prefix + name, version),
    deleteDatabase: (name: string) => inner.deleteDatabase(prefix + name),
    databases: () => inner.databases(),
    cmp: (a: unknown, b: unknown) => inner.cmp(a, b),
  };
}
