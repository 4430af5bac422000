/**
 * One simulated run: two to four devices with one to three tabs each, with the real store and the real sync, and the real relay handler, in
 * one process on a virtual clock.
 *
 *   a space that all have joined ──▶ the plan, judged after each action ──▶ faults stop ──▶ everything converges, judged once more
 *
 * The same seed and plan give the same run (TEST-1). A failing run is shrunk by leaving out actions.
 */
import type { Store } from '../../src/store/store.ts';
import 'fake-indexeddb/auto';
import { forgetKnownKeys, loadStrictVerifier } from '../../src/crypto/ed25519.ts';
import { loadHpke } from '../../src/crypto/hpke.ts';
import { Device } from './device.ts';
import { HostileRelay } from './hostile-relay.ts';
import { calm } from './network.ts';
import { Oracle } from './oracle.ts';
import { type Action, drawPlan, drawShape, type Shape } from './plan.ts';
import { Random } from './random.ts';
import type { Tab } from './tab.ts';
import { copyDisk, names, type Template, templateOf } from './template.ts';
import { World } from './world.ts';

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

const planLength = 40;

export const shapeOf = (seed: number): Shape => drawShape(new Random(seed).fork('shape'));

export function planOf(seed: number): Action[] {
  return drawPlan(new Random(seed).fork('plan'), shapeOf(seed).length, planLength);
}

export async function simulate(
  seed: number,
  plan: readonly Action[] = planOf(seed),
): Promise<Summary | Failure> {
  await Promise.all([loadHpke(), loadStrictVerifier()]);
  const shape = shapeOf(seed);
  let run: Run | null = null;
  let at = -1;
  try {
    const template = await templateOf(shape.length);
    forgetKnownKeys();
    run = await Run.begin(seed, shape, template);
    for (at = 0; at < plan.length; at++) {
      await run.act(plan[at] as Action); // the index is below the length
      await run.judge();
    }
    return await run.converge();
  } catch (error) {
    return { seed, at, error, plan };
  } finally {
    run?.end();
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
  const shape = `devices with ${shapeOf(seed).join(', ')} tabs`;
  return `seed ${seed} broke at action ${at} of ${plan.length} (${shape}): ${what}\n${history}`;
}

class Run {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #template: Template;
  readonly #random: Random;

  private constructor(world: World, oracle: Oracle, template: Template, random: Random) {
    this.#world = world;
    this.#oracle = oracle;
    this.#template = template;
    this.#random = random;
  }

  static async begin(seed: number, shape: Shape, template: Template): Promise<Run> {
    const random = new Random(seed);
    const { space, epochKey } = template;
    const [storage, ...disks] = await Promise.all([template.copyRelay(), ...template.disks.map(copyDisk)]);
    const world = new World(random, template.now + 60_000, storage);
    for (const [index, disk] of disks.entries()) {
      const name = names[index] ?? 'nobody';
      world.devices.push(new Device(name, shape[index] ?? 1, world, random.fork(name), disk, space));
    }
    const oracle = new Oracle(storage, space, epochKey, world.devices, () => world.scheduler.now);
    world.network.witness = oracle;
    const run = new Run(world, oracle, template, random.fork('hostile'));
    for (const { tabs } of world.devices) for (const tab of tabs) void tab.open();
    await world.until(() => run.#allOpen, 'all tabs are open');
    return run;
  }

  end(): void {
    this.#world.end();
  }

  get #tabs(): readonly Tab[] {
    return this.#world.devices.flatMap(({ tabs }) => tabs);
  }

  get #allOpen(): boolean {
    return this.#tabs.every(({ store }) => store !== null);
  }

  async act(action: Action): Promise<void> {
    const world = this.#world;
    const { network, scheduler } = world;
    const device = 'device' in action ? world.devices[action.device] : undefined;
    const tab = 'tab' in action ? device?.tab(action.tab) : undefined;
    switch (action.kind) {
      case 'write':
        if (tab) void device?.write(tab, action.ops);
        return world.pass(5);
      case 'wait':
        return world.pass(action.ms);
      case 'online':
        if (device) device.profile.online = action.online;
        for (const one of device?.tabs ?? []) this.#poke(one, action.online);
        return;
      case 'sync':
        if (tab) this.#sync(tab);
        return world.pass(1);
      case 'storage':
        return tab?.arm(action.after, action.fault);
      case 'drop':
        return tab?.drop();
      case 'kill':
        return tab?.kill(action.downMs);
      case 'freeze':
        return tab && this.#freeze((action.leader ? device?.leader : null) ?? tab, action);
      case 'quota':
        if (!device) return;
        device.room = action.writes;
        scheduler.setTimer(action.ms, () => {
          device.room = Number.POSITIVE_INFINITY;
        });
        return;
      case 'clock':
        if (!device) return;
        device.profile.skewMs = action.skewMs;
        device.profile.wasSkewed = true;
        scheduler.setTimer(action.ms, () => {
          device.profile.skewMs = 0;
        });
        return;
      case 'relay-restart':
        network.handler = null;
        scheduler.setTimer(action.downMs, () => world.startRelay());
        return;
      case 'hostile': {
        const hostile = this.#hostile(action.manners);
        network.hostile = hostile;
        scheduler.setTimer(action.ms, () => {
          if (network.hostile === hostile) network.hostile = null;
        });
        return;
      }
      case 'network':
        network.faults = action.faults;
        for (const { profile } of world.devices) profile.loseMessage = action.loseMessage;
    }
  }

  #poke(tab: Tab, online: boolean): void {
    if (tab.isFrozen) return;
    tab.enter();
    tab.life?.side?.pageEvent(online ? 'online' : 'offline');
  }

  #sync(tab: Tab): void {
    if (tab.isFrozen) return;
    tab.enter();
    // What it fails with is in the status as well.
    tab.life?.side?.syncNow().catch(() => undefined);
  }

  /** A tab is frozen when none of its transactions runs: no browser freezes one in the middle of them. */
  async #freeze(tab: Tab, { working, ms }: Extract<Action, { readonly kind: 'freeze' }>): Promise<void> {
    const { life } = tab;
    if (life === null || tab.isFrozen) return;
    const { scheduler } = this.#world;
    const rests = (): boolean => life.faulty.isIdle;
    const works = (): boolean => rests() && scheduler.isWorking(life.runtime);
    const found = working && (await this.#world.passUntil(works, 2_000));
    if (!found && !(await this.#world.passUntil(rests, 1_000))) return;
    if (tab.life !== life) return;
    tab.freeze();
    this.#world.scheduler.setTimer(ms, () => {
      if (tab.life === life) tab.thaw();
    });
  }

  #hostile(manners: ConstructorParameters<typeof HostileRelay>[0]): HostileRelay {
    const { storage, network } = this.#world;
    return new HostileRelay(manners, this.#random, storage, this.#template.space, network.past.list);
  }

  async judge(): Promise<void> {
    await this.#world.aside(() => this.#oracle.judge());
  }

  /** Every page that a tab rests on is where it looks for it. */
  async #readAll(): Promise<void> {
    for (const tab of this.#tabs) {
      const { store } = tab;
      if (store === null) continue;
      tab.enter();
      await this.#world.settle(countOf(store));
    }
  }

  /** Faults stop; in hours of virtual time all is sent, applied and equal to what was written. */
  async converge(): Promise<Summary> {
    const { devices, network, scheduler } = this.#world;
    network.faults = calm;
    network.hostile = null;
    for (const device of devices) {
      const { profile, tabs } = device;
      device.room = Number.POSITIVE_INFINITY;
      profile.online = true;
      profile.skewMs = 0;
      profile.loseMessage = 0;
      for (const tab of tabs) {
        tab.disarm();
        tab.thaw();
      }
    }
    await this.#world.until(() => this.#isQuiet, 'everything is sent and applied');
    await this.#readAll();
    await this.judge();
    const digest = await this.#world.aside(() => this.#oracle.checkContents());
    const sum = (of: (device: Device) => number): number =>
      devices.reduce((total, one) => total + of(one), 0);
    const counts = {
      steps: scheduler.steps,
      tabs: this.#tabs.length,
      writes: sum(({ committed }) => committed.length),
      terms: sum(({ stores: [store] }) => store?.standing.term ?? 0),
      storageFaults: sum(({ counts }) => counts.storageFaults),
      deaths: sum(({ counts }) => counts.deaths),
      freezes: sum(({ counts }) => counts.freezes),
      folds: sum(({ counts }) => counts.folds),
      ...network.counts,
    };
    return { digest, counts };
  }

  /** Nothing is unsent or held anywhere, and every tab has applied every log as far as its own device has sealed it. */
  get #isQuiet(): boolean {
    const { devices } = this.#world;
    return devices.every(({ tabs }) =>
      tabs.every(({ store }) => {
        if (store === null) return false;
        const { outbox, sealed, cursors, holds } = store.standing;
        if (outbox.length > 0 || sealed.length > 0 || holds.size > 0) return false;
        return devices.every(({ stores: [other] }) => {
          const { device, ownLog } = other?.standing ?? {};
          if (device == null) return false;
          return (ownLog?.cursor?.size ?? 0) === (cursors.get(device)?.size ?? 0);
        });
      }),
    );
  }
}

async function countOf({ rows }: Store): Promise<number> {
  let count = 0;
  for await (const _ of rows.all()) count += 1;
  return count;
}
