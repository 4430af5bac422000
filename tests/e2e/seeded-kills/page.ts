/**
 * A device whose worker is killed again and again, at awaits that a seed chooses: one in four while it opens the space, the others
 * when it has the space open and writes and syncs. After each kill everything that was acknowledged has to be there, once.
 */
import {
  CairnError,
  createSpace,
  defineSchema,
  joinSpace,
  type Space,
  text,
} from '../../../src/client/index.ts';
import { Random } from '../../sim/random.ts';
import type { ToPage, ToWorker } from './messages.ts';
import workerUrl from './worker.ts?worker&url';

const schema = defineSchema({
  version: 1,
  tables: { notes: { title: text(), body: text({ default: '' }) } },
});
type Notes = Space<typeof schema>;

/** As many awaits as opening a space takes, and as some writes and a sync take after it. */
const opening = 45;
const working = 160;

export interface Report {
  readonly kills: number;
  /** How often the worker stood at an await of each kind when it was killed. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly acknowledged: readonly string[];
  /** In flight at a kill: there once or not at all. */
  readonly unsure: readonly string[];
}

class Device {
  readonly #relay: string;
  #space: Notes | null = null;
  #worker: Worker | null = null;
  #random = new Random(0);
  #name = '';
  /** How many awaits the next worker lives through; 0: it is armed later. */
  #nextLife = 0;
  #kills = 0;
  #wanted = 0;
  /** Deaths in a row in which the worker was opening; at the fifth the client gives up. */
  #openings = 0;
  #written = 0;
  readonly #kinds: Record<string, number> = {};
  /** Titles, and the titles written in one transaction with each. */
  readonly #acknowledged = new Map<string, readonly string[]>();
  readonly #unsure = new Map<string, readonly string[]>();

  constructor(relay: string) {
    this.#relay = relay;
  }

  get space(): Notes {
    if (this.#space === null) throw new Error('This device has no space');
    return this.#space;
  }

  readonly #make = (): Worker => {
    const worker = new Worker(workerUrl, { type: 'module', name: String(this.#nextLife) });
    this.#nextLife = 0;
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<Partial<ToPage> | null>) => {
      if (data?.frozenAt === undefined) return;
      this.#kills += 1;
      this.#kinds[data.frozenAt] = (this.#kinds[data.frozenAt] ?? 0) + 1;
      // One kill in three is followed by one of the next worker while it opens.
      const isNext = this.#kills < this.#wanted && this.#openings < 3 && this.#random.chance(1 / 3);
      this.#openings = isNext ? this.#openings + 1 : 0;
      if (isNext) this.#nextLife = 1 + this.#random.below(opening);
      worker.terminate();
    });
    return worker;
  };

  async create(): Promise<string> {
    const names = { memberName: 'Ada', deviceName: 'Ada’s' };
    this.#space = await createSpace({ schema, relay: this.#relay, worker: this.#make, ...names });
    await this.space.syncNow();
    return (await this.space.invite()).link;
  }

  async join(link: string): Promise<void> {
    const names = { memberName: 'Ben', deviceName: 'Ben’s' };
    this.#space = await joinSpace({ schema, relay: this.#relay, worker: this.#make, link, ...names });
  }

  /** Lets the worker be killed so many times. */
  async endure(name: string, seed: number, kills: number): Promise<Report> {
    this.#random = new Random(seed);
    this.#name = name;
    this.#wanted = kills;
    while (this.#kills < kills) {
      await this.#check();
      const before = this.#kills;
      const arm: ToWorker = { arm: 1 + this.#random.below(working) };
      this.#worker?.postMessage(arm);
      while (this.#kills === before) await this.#act();
    }
    await this.#check();
    return {
      kills: this.#kills,
      kinds: this.#kinds,
      acknowledged: [...this.#acknowledged.keys()],
      unsure: [...this.#unsure.keys()],
    };
  }

  /** What is asked while workers die; asked anew of the next one, which has to open the space first. */
  async #survive<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 20; tries++) {
      try {
        return await ask();
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown;
      }
    }
    throw new Error('No worker lives long enough to answer');
  }

  async #act(): Promise<void> {
    try {
      if (this.#random.chance(0.3)) await this.space.syncNow();
      else await this.#write();
    } catch (thrown) {
      if (!isDeath(thrown)) throw thrown;
    }
  }

  /** One row, or several in one transaction: all of them are there in the end, or none. */
  async #write(): Promise<void> {
    const count = this.#random.chance(0.6) ? 1 : 2 + this.#random.below(3);
    const titles = Array.from({ length: count }, () => `${this.#name} ${this.#written++}`);
    const body = 'x'.repeat(this.#random.below(300));
    for (const title of titles) this.#unsure.set(title, titles);
    if (titles.length === 1) await this.space.tables.notes.put({ title: titles[0] ?? '', body });
    else {
      await this.space.transaction((tx) => {
        for (const title of titles) tx.tables.notes.put({ title, body });
      });
    }
    for (const title of titles) {
      this.#unsure.delete(title);
      this.#acknowledged.set(title, titles);
    }
  }

  async #check(): Promise<void> {
    const counts = await this.#survive(() => this.counts());
    const wrong: string[] = [];
    for (const title of this.#acknowledged.keys()) {
      if (counts[title] !== 1) wrong.push(`acknowledged ${title}: ${counts[title] ?? 0} times`);
    }
    for (const [title, together] of this.#unsure) {
      if ((counts[title] ?? 0) > 1) wrong.push(`${title}: ${counts[title]} times`);
      if (counts[title] !== counts[together[0] ?? ''])
        wrong.push(`${title} is there without all of ${together}`);
    }
    if (wrong.length > 0) throw new Error(`After kill ${this.#kills}: ${wrong.join('; ')}`);
  }

  /** How often each title is there. */
  async counts(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { title } of await this.space.tables.notes.query()) counts[title] = (counts[title] ?? 0) + 1;
    return counts;
  }

  /** Syncs, and tells what is left to send, who is in the space and the digest over all rows. */
  async settle(): Promise<{ unsent: number; devices: number; holds: number; digest: string }> {
    await this.space.syncNow();
    const { unsent, devices } = this.space.status.value;
    const holds = devices.filter(({ hold }) => hold !== null).length;
    return { unsent, devices: devices.length, holds, digest: await this.space.digest() };
  }
}

const isDeath = (thrown: unknown): thrown is CairnError =>
  thrown instanceof CairnError && ['worker-died', 'moved'].includes(thrown.code);

declare global {
  var makeDevice: (relay: string) => void;
  var device: Device;
}

globalThis.makeDevice = (relay) => {
  globalThis.device = new Device(relay);
};
