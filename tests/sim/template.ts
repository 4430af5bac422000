/**
 * A space that several devices have joined, on a calm network, made once a process for each number of devices; every run starts from copies of
 * its disks. It is the same in every process, so a run is still a function of its seed.
 */
import { IDBFactory } from 'fake-indexeddb';
import type { Bytes, SpaceId } from '../../src/format/bytes.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { beginJoin, finishJoin } from '../../src/sync/join.ts';
import { unknownSync } from '../../src/worker/known-sync.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { Broken } from './broken.ts';
import { Device } from './device.ts';
import { Random } from './random.ts';
import { World } from './world.ts';

export const names = ['ada', 'ben', 'cem', 'dot'];

export interface Template {
  readonly space: SpaceId;
  readonly epochKey: Bytes;
  /** When it was finished. */
  readonly now: number;
  /** What each device stores, and the relay. */
  readonly disks: readonly Disk[];
  copyRelay(): Promise<MemoryStorage>;
}

/** The databases of one device: their stores, and what lies in them by key. */
type Disk = readonly {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly {
    readonly name: string;
    readonly keys: readonly IDBValidKey[];
    readonly values: readonly unknown[];
  }[];
}[];

const seed = 20_261_121;
const start = 1_700_000_000_000;
const day = 24 * 60 * 60 * 1000;
const templates = new Map<number, Promise<Template>>();

export function templateOf(devices: number): Promise<Template> {
  const made = templates.get(devices) ?? make(devices);
  templates.set(devices, made);
  return made;
}

async function make(count: number): Promise<Template> {
  const random = new Random(seed);
  const storage = new MemoryStorage();
  const world = new World(random, start, storage);
  try {
    const add = (space: SpaceId | null): Device => {
      const name = names[world.devices.length] ?? 'nobody';
      const device = new Device(name, 1, world, random.fork(name), new IDBFactory(), space);
      world.devices.push(device);
      return device;
    };
    const first = add(null).tab(0);
    const { runtime } = first.begin();
    const store = await world.settle(makeSpace(runtime, { memberName: 'Ada', deviceName: 'phone' }, {}));
    first.serve(store, unknownSync);
    await world.until(() => first.life?.sync.registered === true, 'Ada registers the space');
    for (let joined = 1; joined < count; joined++) {
      first.enter();
      const invited = first.life?.side?.invite('writer', 1, day);
      if (invited === undefined) throw new Broken('Ada has no sync');
      const { link } = await world.settle(invited);
      const tab = add(store.space).tab(0);
      const begun = tab.begin();
      const joining = await world.settle(
        beginJoin(begun.runtime, link, { memberName: `Member ${joined}`, deviceName: 'laptop' }, {}),
      );
      tab.enter();
      await world.settle(
        finishJoin({ runtime: begun.runtime, store: joining }, new AbortController().signal),
      );
      tab.serve(joining, unknownSync);
    }
    await world.until(
      () =>
        world.devices.every(({ stores: [store] }) => {
          const { membership, joining } = store?.standing ?? {};
          return membership?.devices.size === count && (joining == null || joining.state === 'confirmed');
        }),
      'all know all',
    );
    const rest = (): boolean =>
      world.devices.every(({ tabs }) => tabs.every(({ life }) => life?.faulty.isIdle === true));
    if (!(await world.passUntil(rest, 10_000))) throw new Broken('the disks never come to rest');
    const epochKey = store.keyring.epochs.get(1);
    if (epochKey === undefined) throw new Broken('the epoch key is gone');
    return await world.aside(async () => ({
      space: store.space,
      epochKey,
      now: world.scheduler.now,
      disks: await Promise.all(world.devices.map(({ profile }) => readDisk(profile.indexedDB))),
      copyRelay: () => copyRelay(storage, store.space),
    }));
  } finally {
    world.end();
  }
}

async function readDisk(factory: IDBFactory): Promise<Disk> {
  const databases = await factory.databases();
  return Promise.all(
    databases.map(async ({ name = '', version = 1 }) => {
      const database = await done(factory.open(name));
      const stores = [...database.objectStoreNames];
      const transaction = database.transaction(stores, 'readonly');
      const read = stores.map(async (store) => {
        const from = transaction.objectStore(store);
        const [keys, values] = await Promise.all([done(from.getAllKeys()), done(from.getAll())]);
        return { name: store, keys, values };
      });
      const all = await Promise.all(read);
      database.close();
      return { name, version, stores: all };
    }),
  );
}

/** A device's storage with that in it. */
export async function copyDisk(disk: Disk): Promise<IDBFactory> {
  const factory = new IDBFactory();
  for (const { name, version, stores } of disk) {
    const request = factory.open(name, version);
    request.onupgradeneeded = () => {
      for (const { name: store, keys, values } of stores) {
        const to = request.result.createObjectStore(store);
        for (const [index, key] of keys.entries()) to.put(values[index], key);
      }
    };
    (await done(request)).close();
  }
  return factory;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function copyRelay(storage: MemoryStorage, space: SpaceId): Promise<MemoryStorage> {
  const copy = new MemoryStorage();
  for (const log of [0, ...(await storage.readHeads(space)).map(({ log }) => log)]) {
    const stored = await storage.readLog(space, log);
    if (stored === null) continue;
    const { size } = stored.frontier;
    const entries = await storage.readEntries(space, log, 1, size, Number.MAX_SAFE_INTEGER);
    const leaves = await storage.readLeaves(space, log, 1, size);
    const added = entries.map((entry, index) => ({ entry, leaf: leaves[index] ?? new Uint8Array(32) }));
    await copy.append(space, log, { expected: null, entries: added, after: stored });
  }
  for (const beacon of await storage.readBeacons(space)) await copy.putBeacon(space, beacon);
  return copy;
}
