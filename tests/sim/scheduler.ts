/**
 * The virtual clock and the one queue through which everything of a simulated run happens.
 *
 * 1. Nothing of a run waits on real time. Timers, network deliveries, IndexedDB steps and the completion of
 *    WebCrypto calls are all tasks of this queue, so the order of events is a function of the seed.
 * 2. Tasks stand in lanes. Within a lane they run in order; which lane goes next is drawn from the seed, so
 *    different seeds explore different interleavings of storage, crypto and network.
 * 3. Between two tasks every promise reaction that is ready runs to its end. So whatever happens until the next task is the doing of the
 *    one tab that this task belongs to, and a tab is frozen by keeping its tasks until it thaws.
 * 4. When no lane has a task, the clock jumps to the next timer.
 */
import type { Random } from './random.ts';
import { atOnce } from './sync-crypto.ts';

type Task = () => void | Promise<void>;

/** Whom a task belongs to: a tab. What belongs to nobody (the network, the disk) is never frozen. */
export interface Owner {
  readonly name: string;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
  readonly owner: Owner | null;
}

interface Lane {
  readonly name: string;
  readonly owner: Owner | null;
  readonly tasks: Task[];
}

const realSetImmediate = globalThis.setImmediate;

/** Lets every promise reaction and stream step of the process that is ready run to its end. */
async function drain(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => realSetImmediate(resolve));
}

export class Scheduler {
  now: number;
  /** Tasks run so far: where a run is, for messages and for limits. */
  steps = 0;
  /** Whose code runs. */
  current: Owner | null = null;
  readonly #random: Random;
  /** Those that have tasks. */
  readonly #lanes: Lane[] = [];
  readonly #frozen = new Map<Owner, Task[]>();
  readonly #gone = new WeakSet<Owner>();
  #timers: Timer[] = [];

  constructor(random: Random, start: number) {
    this.#random = random;
    this.now = start;
  }

  /** Adds a task to a lane of its owner; it runs when its lane is drawn. */
  enqueue(lane: string, task: Task, owner: Owner | null = null): void {
    if (owner !== null && this.#gone.has(owner)) return;
    const found = this.#lanes.find((other) => other.owner === owner && other.name === lane);
    if (found === undefined) this.#lanes.push({ name: lane, owner, tasks: [task] });
    else found.tasks.push(task);
  }

  /** Calls back `ms` virtual milliseconds from now; returns the way to cancel. */
  setTimer(ms: number, run: () => void, owner: Owner | null = null): () => void {
    let cancelled = false;
    const fire = (): void => {
      // A frozen owner's timer may be cancelled by what runs before it when it thaws.
      if (!cancelled) run();
    };
    const timer: Timer = { at: this.now + Math.max(0, Math.ceil(ms)), run: fire, owner };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.at ?? 0) > timer.at) index -= 1;
    this.#timers.splice(index, 0, timer);
    return () => {
      cancelled = true;
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /** From here on nothing of the owner runs, until `thaw`. */
  freeze(owner: Owner): void {
    if (!this.#frozen.has(owner)) this.#frozen.set(owner, []);
  }

  /** What came due meanwhile runs now, in its order. */
  thaw(owner: Owner): void {
    const kept = this.#frozen.get(owner) ?? [];
    this.#frozen.delete(owner);
    for (const task of kept) this.enqueue('thawed', task, owner);
  }

  /** True while the owner waits for work of the platform. */
  isWorking(owner: Owner): boolean {
    return this.#lanes.some((lane) => lane.owner === owner && lane.name === 'crypto');
  }

  isFrozen(owner: Owner): boolean {
    return this.#frozen.has(owner);
  }

  /** Nothing of the owner runs any more. */
  forget(owner: Owner): void {
    this.#gone.add(owner);
    this.#frozen.delete(owner);
    const lanes = this.#lanes.filter((lane) => lane.owner !== owner);
    this.#lanes.splice(0, this.#lanes.length, ...lanes);
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Runs tasks until `done` holds, virtual time passes `deadline`, or nothing is left to happen. */
  async run(done: () => boolean, deadline: number): Promise<'done' | 'deadline' | 'idle'> {
    for (;;) {
      await drain();
      if (done()) return 'done';
      const lane = this.#nextLane();
      if (lane !== null) {
        const task = lane.tasks.shift();
        if (lane.tasks.length === 0) this.#lanes.splice(this.#lanes.indexOf(lane), 1);
        if (task !== undefined) await this.#step(lane.owner, task);
        continue;
      }
      const timer = this.#timers[0];
      if (timer === undefined) return 'idle';
      if (timer.at > deadline) {
        this.now = Math.max(this.now, deadline);
        return 'deadline';
      }
      this.#timers.shift();
      this.now = Math.max(this.now, timer.at);
      await this.#step(timer.owner, timer.run);
    }
  }

  async #step(owner: Owner | null, task: Task): Promise<void> {
    const kept = owner === null ? undefined : this.#frozen.get(owner);
    if (kept !== undefined) {
      kept.push(task);
      return;
    }
    this.steps++;
    this.current = owner;
    await task();
  }

  #nextLane(): Lane | null {
    const { length } = this.#lanes;
    if (length === 0) return null;
    return this.#lanes[length === 1 ? 0 : this.#random.below(length)] ?? null;
  }
}

/**
 * Puts a scheduler under everything in this process that would otherwise run on real time: `setImmediate`
 * (which drives the IndexedDB of the simulation) and WebCrypto (which completes on other threads). Returns the way back.
 */
export function takeOver(scheduler: Scheduler): () => void {
  const realSubtle = globalThis.crypto.subtle;
  const subtle = new Proxy(realSubtle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const real: Promise<unknown> = atOnce(String(name), args) ?? member.apply(target, args);
        // No thread works on it, and known keys are shared by all that runs in this process: it waits for no tab.
        if (name === 'importKey') return real;
        // Its owner may be gone by the time it fails.
        real.catch(() => undefined);
        return new Promise((resolve, reject) => {
          scheduler.enqueue('crypto', () => real.then(resolve, reject), scheduler.current);
        });
      };
    },
  });
  Object.defineProperty(globalThis.crypto, 'subtle', { configurable: true, get: () => subtle });
  const immediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): object => {
    scheduler.enqueue('storage', () => callback(...args));
    return {};
  };
  globalThis.setImmediate = immediate as unknown as typeof setImmediate; // nobody in a run clears an immediate
  return () => {
    globalThis.setImmediate = realSetImmediate;
    Object.defineProperty(globalThis.crypto, 'subtle', { configurable: true, get: () => realSubtle });
  };
}
