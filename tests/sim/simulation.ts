/**
 * One simulated run: two devices with the real store and the real sync, and the real relay handler, in one process on a virtual clock.
 *
 *   setting up (calm) ──▶ the plan, judged after each action ──▶ faults stop ──▶ everything converges, judged once more
 *
 * The same seed and plan give the same run (TEST-1). A failing run is shrunk by leaving out actions.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { forgetKnownKeys, loadStrictVerifier } from '../../src/crypto/ed25519.ts';
import { deriveEpochKeys } from '../../src/crypto/epoch.ts';
import { loadHpke } from '../../src/crypto/hpke.ts';
import type { SpaceId } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import { decodeEntry, openEntry } from '../../src/format/entry.ts';
import type { DeviceNumber } from '../../src/format/stamp.ts';
import { createRelay } from '../../src/relay/app.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { ChangedRows, MemoryTable } from '../../src/store/memory-table.ts';
import { openSync } from '../../src/sync/context.ts';
import { invite } from '../../src/sync/invite.ts';
import { beginJoin, finishJoin } from '../../src/sync/join.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { Actor, relayOrigin } from './actor.ts';
import { calm, Network } from './network.ts';
import { Broken, digestOf, Oracle } from './oracle.ts';
import { type Action, drawPlan, markColumn } from './plan.ts';
import { Random } from './random.ts';
import { Scheduler, takeOver } from './scheduler.ts';

export interface Failure {
  readonly seed: number;
  /** Index of the action after which it broke; the plan's length: it never converged. */
  readonly at: number;
  readonly error: unknown;
  readonly plan: readonly Action[];
}

/** What a run did: equal for equal seeds. */
export interface Summary {
  readonly digest: string;
  /** How often what happened: steps, writes, requests, each kind of fault. */
  readonly counts: Readonly<Record<string, number>>;
}

const start = 1_700_000_000_000;
const day = 24 * 60 * 60 * 1000;
const planLength = 50;
/** Virtual time in which anything that will ever happen has happened. */
const patienceMs = 3 * 60 * 60 * 1000;

export function planOf(seed: number): Action[] {
  return drawPlan(new Random(seed).fork('plan'), 2, planLength);
}

export async function simulate(
  seed: number,
  plan: readonly Action[] = planOf(seed),
): Promise<Summary | Failure> {
  await Promise.all([loadHpke(), loadStrictVerifier()]);
  forgetKnownKeys();
  const world = new World(seed);
  let at = -1;
  try {
    await world.setUp();
    for (at = 0; at < plan.length; at++) {
      await world.act(plan[at] as Action); // the index is below the length
      await world.judge();
    }
    return await world.converge();
  } catch (error) {
    return { seed, at, error, plan };
  } finally {
    world.end();
  }
}

export function isFailure(outcome: Summary | Failure): outcome is Failure {
  return 'error' in outcome;
}

/** A failing plan with as many actions left out as can be, within a budget of runs. */
export async function shrink(failure: Failure, run = simulate, budget = 150): Promise<Failure> {
  let smallest = failure;
  let runs = 0;
  for (let chunk = Math.ceil(smallest.plan.length / 2); chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let from = 0; from < smallest.plan.length && runs < budget; ) {
      const plan = [...smallest.plan.slice(0, from), ...smallest.plan.slice(from + chunk)];
      runs++;
      const outcome = await run(failure.seed, plan);
      if (isFailure(outcome)) smallest = outcome;
      else from += chunk;
    }
  }
  return smallest;
}

export function describe({ seed, at, error, plan }: Failure): string {
  const history = plan
    .map((action, index) => `  ${index === at ? '>' : ' '} ${JSON.stringify(action)}`)
    .join('\n');
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `seed ${seed} broke at action ${at} of ${plan.length}: ${what}\n${history}`;
}

class World {
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #storage = new MemoryStorage();
  readonly #actors: readonly [Actor, Actor];
  #release: () => void;
  #oracle: Oracle | null = null;
  #space: SpaceId | null = null;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#scheduler = new Scheduler(random.fork('order'), start);
    this.#network = new Network(this.#scheduler, random.fork('network'));
    const actor = (name: string): Actor =>
      new Actor(name, this.#scheduler, random.fork(name), this.#network, new IDBFactory());
    this.#actors = [actor('ada'), actor('ben')];
    this.#release = takeOver(this.#scheduler);
    this.#startRelay();
  }

  end(): void {
    for (const actor of this.#actors) actor.kill(day);
    this.#release();
  }

  /** Ada makes a space and invites Ben, who joins: on a calm network. */
  async setUp(): Promise<void> {
    const [ada, ben] = this.#actors;
    const runtime = ada.begin();
    const first = await this.#settle(makeSpace(runtime, { memberName: 'Ada', deviceName: 'phone' }, {}));
    this.#space = first.space;
    this.#oracle = new Oracle(this.#storage, first.space);
    ada.lead(first);
    await this.#until(() => ada.cycle?.state.value.registered === true, 'Ada registers the space');
    const term = first.standing.term;
    const ctx = openSync({
      runtime,
      store: first,
      relay: relayOrigin,
      schemaVersion: 1,
      readableSince: 1,
      term,
    });
    const terms = { role: 'writer', uses: 1, lifeMs: day, appUrl: 'http://app.test/' } as const;
    const { link } = await this.#settle(invite(ctx, terms, new AbortController().signal));
    const second = ben.begin();
    const store = await this.#settle(
      beginJoin(second, link, { memberName: 'Ben', deviceName: 'laptop' }, {}),
    );
    await this.#settle(finishJoin({ runtime: second, store }, new AbortController().signal));
    ben.lead(store);
    await this.#until(
      () => this.#actors.every(({ store }) => store?.standing.membership.devices.size === 2),
      'both know both',
    );
  }

  async act(action: Action): Promise<void> {
    const actor = 'device' in action ? this.#actors[action.device] : undefined;
    switch (action.kind) {
      case 'write':
        void actor?.write(action.ops);
        return this.#pass(5);
      case 'wait':
        return this.#pass(action.ms);
      case 'online':
        if (actor) actor.profile.online = action.online;
        actor?.cycle?.poke('online');
        return;
      case 'sync':
        actor?.cycle?.poke('asked');
        return this.#pass(1);
      case 'storage':
        return actor?.arm(action.after, action.fault);
      case 'kill':
        return actor?.kill(action.downMs);
      case 'relay-restart':
        this.#network.handler = null;
        this.#scheduler.setTimer(action.downMs, () => this.#startRelay());
        return;
      case 'network':
        this.#network.faults = action.faults;
    }
  }

  async judge(): Promise<void> {
    const { now } = this.#scheduler;
    await this.#aside(async () => {
      await this.#oracle?.observe(now);
      await this.#oracle?.judge(this.#actors);
    });
  }

  /** Faults stop; in hours of virtual time all is sent, applied and equal to what was written. */
  async converge(): Promise<Summary> {
    this.#network.faults = calm;
    for (const actor of this.#actors) {
      actor.profile.online = true;
      actor.disarm();
    }
    await this.#until(
      () => this.#actors.every(({ store }) => store !== null && isQuiet(store, this.#actors)),
      'everything is sent and applied',
    );
    await this.judge();
    const digest = await this.#aside(() => this.#checkContents());
    const sum = (of: (actor: Actor) => number): number =>
      this.#actors.reduce((total, actor) => total + of(actor), 0);
    const counts = {
      steps: this.#scheduler.steps,
      writes: sum(({ committed }) => committed.length),
      storageFaults: sum(({ counts }) => counts.faults),
      deaths: sum(({ counts }) => counts.deaths),
      ...this.#network.counts,
    };
    return { digest, counts };
  }

  /** Every write stands at the relay once, and every device shows exactly what they come to. */
  async #checkContents(): Promise<string> {
    const [ada] = this.#actors;
    const epochKey = ada.store?.keyring.epochs.get(1);
    if (!epochKey || !this.#space) throw new Broken('the epoch key is gone');
    const { entry: key } = await deriveEpochKeys(epochKey, this.#space, 1);
    const rows = new MemoryTable();
    const seen = new Set<string>();
    const marks = new Map<CborValue, string>();
    for (const { log, size } of await this.#storage.readHeads(this.#space)) {
      const entries = await this.#storage.readEntries(this.#space, log, 1, size, Number.MAX_SAFE_INTEGER);
      for (const bytes of entries) {
        for (const changeset of (await openEntry(key, decodeEntry(bytes))).changesets) {
          const name = `${log} ${changeset.stamp}`;
          if (seen.has(name)) throw new Broken(`change ${name} stands twice at the relay`);
          seen.add(name);
          for (const op of changeset.ops) {
            const mark = op.kind === 'put' ? op.cells.get(markColumn) : undefined;
            if (mark === undefined) continue;
            const other = marks.get(mark) ?? name;
            if (other !== name) throw new Broken(`write ${mark} was made twice: ${other} and ${name}`);
            marks.set(mark, name);
          }
          rows.apply(changeset, log as DeviceNumber, 1, new ChangedRows());
        }
      }
    }
    for (const { committed } of this.#actors) {
      for (const { device, changeset } of committed) {
        const name = `${device} ${changeset.stamp}`;
        if (!seen.has(name)) throw new Broken(`change ${name} never came to the relay`);
      }
    }
    const expected = await digestOf({ rows });
    for (const { store, profile } of this.#actors) {
      if (!store || (await digestOf(store)) !== expected)
        throw new Broken(`${profile.name} shows other rows`);
    }
    return expected;
  }

  #startRelay(): void {
    const relay = createRelay({
      storage: this.#storage,
      origin: relayOrigin,
      clock: { now: () => this.#scheduler.now, setTimer: (ms, run) => this.#scheduler.setTimer(ms, run) },
      rates: { device: { perSecond: 1e6, burst: 1e6 }, address: { perSecond: 1e6, burst: 1e6 } },
      report: (error) => this.#actors[0].surprises.push(error),
    });
    this.#network.handler = (request) => relay.fetch(request);
  }

  async #pass(ms: number): Promise<void> {
    await this.#scheduler.run(() => false, this.#scheduler.now + ms);
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    const ended = (): boolean => done() || this.#actors.some(({ surprises }) => surprises.length > 0);
    const outcome = await this.#scheduler.run(ended, this.#scheduler.now + patienceMs);
    for (const { surprises } of this.#actors) if (surprises.length > 0) throw surprises[0];
    if (outcome !== 'done') throw new Broken(`${what}: never, ${outcome}; ${await this.#standings()}`);
  }

  async #standings(): Promise<string> {
    const lines = await Promise.all(
      this.#actors.map(async (actor) => {
        for (const surprise of actor.surprises) throw surprise;
        const status = await actor.status();
        return `${actor.profile.name}: ${JSON.stringify({ reasons: status?.reasons, error: status?.lastError })}`;
      }),
    );
    return lines.join('; ');
  }

  async #settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    await this.#until(() => settled, 'a step of setting up ends');
    return promise;
  }

  /** Runs what only looks, outside of the simulated world: its hashing takes no turn in it. */
  async #aside<T>(look: () => Promise<T>): Promise<T> {
    this.#release();
    try {
      return await look();
    } finally {
      this.#release = takeOver(this.#scheduler);
    }
  }
}

/** True if nothing is unsent here and every log is applied as far as its own device has sealed it. */
function isQuiet(store: NonNullable<Actor['store']>, actors: readonly Actor[]): boolean {
  const { outbox, sealed, cursors } = store.standing;
  if (outbox.length > 0 || sealed.length > 0) return false;
  return actors.every((actor) => {
    const other = actor.store?.standing;
    if (!other || other.device === null) return false;
    return (other.ownLog.cursor?.size ?? 0) === (cursors.get(other.device)?.size ?? 0);
  });
}
