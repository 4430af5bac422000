/** The world of one run: the clock, the network, the relay and the devices, and how time passes in it. */
import { createRelay } from '../../src/relay/app.ts';
import type { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { Broken } from './broken.ts';
import type { Device } from './device.ts';
import { Network } from './network.ts';
import type { Random } from './random.ts';
import { relayOrigin } from './request.ts';
import { Scheduler, takeOver } from './scheduler.ts';

/** Virtual time in which anything that will ever happen has happened. */
const patienceMs = 3 * 60 * 60 * 1000;
const day = 24 * 60 * 60 * 1000;

export class World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly storage: MemoryStorage;
  readonly devices: Device[] = [];
  readonly #surprises: unknown[] = [];
  #release: () => void;

  constructor(random: Random, start: number, storage: MemoryStorage) {
    this.scheduler = new Scheduler(random.fork('order'), start);
    this.network = new Network(this.scheduler, random.fork('network'));
    this.storage = storage;
    this.#release = takeOver(this.scheduler);
    this.startRelay();
  }

  end(): void {
    for (const { tabs } of this.devices) for (const tab of tabs) tab.kill(day);
    this.#release();
  }

  startRelay(): void {
    const relay = createRelay({
      storage: this.storage,
      origin: relayOrigin,
      clock: { now: () => this.scheduler.now, setTimer: (ms, run) => this.scheduler.setTimer(ms, run) },
      rates: { device: { perSecond: 1e6, burst: 1e6 }, address: { perSecond: 1e6, burst: 1e6 } },
      report: (error) => this.#surprises.push(error),
    });
    this.network.handler = (request) => relay.fetch(request);
  }

  async pass(ms: number): Promise<void> {
    await this.scheduler.run(() => false, this.scheduler.now + ms);
  }

  /** Lets things happen until `done` holds, `ms` at most; true if it does. */
  async passUntil(done: () => boolean, ms: number): Promise<boolean> {
    return (await this.scheduler.run(done, this.scheduler.now + ms)) === 'done';
  }

  async until(done: () => boolean, what: string): Promise<void> {
    const all = [this.#surprises, ...this.devices.map(({ surprises }) => surprises)];
    const isOver = (): boolean => done() || all.some(({ length }) => length > 0);
    const outcome = await this.scheduler.run(isOver, this.scheduler.now + patienceMs);
    for (const [surprise] of all) if (surprise !== undefined) throw surprise;
    if (outcome !== 'done') throw new Broken(`${what}: never, ${outcome}; ${this.#standings()}`);
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    await this.until(() => settled, 'a step of setting up ends');
    return promise;
  }

  /** Runs what only looks, outside of the simulated world: its hashing takes no turn in it. */
  async aside<T>(look: () => Promise<T>): Promise<T> {
    this.#release();
    try {
      for (const surprise of this.#surprises) throw surprise;
      return await look();
    } finally {
      this.#release = takeOver(this.scheduler);
    }
  }

  #standings(): string {
    return this.devices
      .flatMap(({ tabs }) => tabs)
      .map((tab) => {
        const status = tab.status();
        return `${tab.name}: ${JSON.stringify({ reasons: status?.reasons, error: status?.lastError })}`;
      })
      .join('; ');
  }
}
