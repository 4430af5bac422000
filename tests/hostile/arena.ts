/**
 * A device behind the hostile proxy, others with an honest way to the same relay, and what is true: every fault is judged by it.
 * Time stands still but while an answer pauses.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { CairnError } from '../../src/errors.ts';
import { type Bytes, equal } from '../../src/format/bytes.ts';
import { rootOf } from '../../src/format/merkle.ts';
import { membershipLog } from '../../src/relay/storage.ts';
import { allRows, type Device, settle, World } from '../sync/world.ts';
import type { Elsewhere } from './logs.ts';
import { HostileProxy } from './proxy.ts';

const hour = 60 * 60_000;

export class Arena {
  readonly world: World;
  readonly proxy: HostileProxy;
  /** Behind the proxy. */
  readonly ada: Device;
  /** With an honest way to the relay. */
  readonly ben: Device;
  readonly cid: Device;
  readonly elsewhere: Elsewhere;
  /** Every row that was written, with its title. */
  readonly #written = new Map<string, string>();
  readonly #close: () => Promise<void>;
  #drawn = 0;

  private constructor(
    world: World,
    proxy: HostileProxy,
    devices: readonly [Device, Device, Device],
    elsewhere: Elsewhere,
    close: () => Promise<void>,
  ) {
    this.world = world;
    this.proxy = proxy;
    [this.ada, this.ben, this.cid] = devices;
    this.elsewhere = elsewhere;
    this.#close = close;
  }

  static async open(seed: number): Promise<Arena> {
    const world = new World(seed);
    const server = createServer(getRequestListener((request) => world.relay.fetch(request)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The system gave no port');
    const wait = (ms: number): Promise<void> => new Promise((resolve) => world.setTimer(ms, resolve));
    const proxy = await HostileProxy.open(address.port, wait);
    const ada = await world.found('Ada');
    await ada.cycle();
    const ben = await world.join(ada, 'Ben');
    const cid = await world.join(ada, 'Cid');
    const elsewhere = await another(world);
    world.meddle = async ({ device, request }, go) => {
      if (device !== 'Ada') return go();
      const { method, headers } = request;
      const body = method === 'GET' ? null : await request.arrayBuffer();
      const { pathname } = new URL(request.url);
      return fetch(`http://127.0.0.1:${proxy.port}${pathname}`, { method, headers, body, redirect: 'error' });
    };
    const arena = new Arena(world, proxy, [ada, ben, cid], elsewhere, async () => {
      await proxy.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    });
    await arena.write();
    await settle(ada, ben, cid);
    return arena;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Something new on each side: on the relay by the others, unsent here. */
  async write(): Promise<void> {
    // A beacon is told no sooner than two seconds after the one before.
    this.world.time += 3_000;
    for (const device of [this.ben, this.cid, this.ben]) {
      await this.#put(device);
      await device.cycle();
    }
    await this.#put(this.ada);
  }

  async #put(device: Device): Promise<void> {
    const id = `${device.name} ${this.#drawn++}`;
    this.#written.set(id, `what ${id} is`);
    await device.put(id, { title: `what ${id} is` });
  }

  /** One cycle of the device behind the proxy, and how it ends. */
  async cycle(): Promise<string[]> {
    const thrown = await this.#whilePausing(this.ada.tryCycle());
    const holds = [...this.ada.standing.holds.values()].map(({ reason }) => `held: ${reason}`);
    if (thrown instanceof CairnError) return [thrown.code, ...holds];
    if (thrown !== null) throw thrown;
    return holds.length > 0 ? holds : ['well'];
  }

  /** Lets time pass while the relay keeps us waiting, and only then. */
  async #whilePausing<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    work.then(end, end);
    while (!isOver) {
      if (this.proxy.pausing > 0) await this.world.pass(3_000);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    return work;
  }

  /** What the device holds that is not so; empty, whatever the relay did. */
  async untrue(): Promise<string[]> {
    const { ada, world } = this;
    const { space, standing } = ada.store;
    const found: string[] = [];
    for await (const [, id, row] of allRows(ada.store)) {
      const title = row.cells.get('title')?.value;
      if (title !== this.#written.get(id)) found.push(`row ${id} is ${String(title)}`);
    }
    for (const [log, { size, root }] of standing.cursors) {
      if (log === standing.device) continue;
      const leaves = await world.storage.readLeaves(space, log, 1, Math.max(1, size));
      if (!equal(rootOf(leaves.slice(0, size)), root)) found.push(`log ${log} at ${size}`);
    }
    const members = await world.storage.readEntries(space, membershipLog, 1, 1000, Number.MAX_SAFE_INTEGER);
    const known = standing.membershipEntries;
    if (known.some((entry, index) => !isSame(entry, members[index]))) found.push('the membership log');
    const own = standing.device === null ? null : await world.storage.readLog(space, standing.device);
    if (standing.ownLog.acknowledged > (own?.frontier.size ?? 0)) found.push('an acknowledgement');
    for (const [id, title] of this.#written) {
      if (id.startsWith('Ada') && ada.title(id) !== title) found.push(`${id} was lost`);
    }
    return found;
  }

  /** The relay is honest again, and time has passed; what the devices then are of one mind about. */
  async healed(): Promise<{ digests: Set<string>; held: number; unsent: number; rows: number }> {
    const { ada, ben, cid, proxy, world } = this;
    proxy.heal();
    proxy.drop();
    world.time += hour;
    await settle(ada, ben, cid);
    const { holds, outbox, sealed } = ada.standing;
    return {
      digests: new Set(await Promise.all([ada, ben, cid].map((device) => device.digest()))),
      held: holds.size,
      unsent: outbox.length + sealed.length,
      rows: this.#written.size - ada.store.rows.above.size,
    };
  }
}

const isSame = (one: Bytes, other: Bytes | undefined): boolean => other !== undefined && equal(one, other);

/** Another space at the same relay, with a log in it. */
async function another(world: World): Promise<Elsewhere> {
  const zed = await world.found('Zed');
  for (let i = 0; i < 4; i++) {
    await zed.put(`of Zed ${i}`);
    await zed.cycle();
  }
  const yan = await world.join(zed, 'Yan');
  await yan.put('of Yan');
  await yan.cycle();
  const { space, standing } = zed.store;
  return {
    members: standing.membershipEntries,
    heads: (await world.storage.readHeads(space)).map(({ head }) => head),
    entries: await world.storage.readEntries(space, zed.number, 1, 4, Number.MAX_SAFE_INTEGER),
  };
}
