/**
 * The virtual clock and the one queue through which everything of a simulated run happens.
 *
 * 1. Nothing of a run waits on real time. Timers, network deliveries, IndexedDB steps and the completion of
 *    WebCrypto calls are all tasks of this queue, so the order of events is a function of the seed.
 * 2. Tasks stand in lanes. Within a lane they run in order; which lane goes next is drawn from the seed, so
 *    different seeds explore different interleavings of storage, crypto and network.
 * 3. Between two tasks every promise reaction that is ready runs to its end.
 * 4. When no lane has a task, the clock jumps to the next timer.
 */
import type { Random } from './random.ts';

type Task = () => void | Promise<void>;

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
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
  readonly #random: Random;
  readonly #lanes = new Map<string, Task[]>();
  #timers: Timer[] = [];
  #order = 0;

  constructor(random: Random, start: number) {
    this.#random = random;
    this.now = start;
  }

  /** Adds a task to a lane; it runs when its lane is drawn. */
  enqueue(lane: string, task: Task): void {
    const tasks = this.#lanes.get(lane);
    if (tasks === undefined) this.#lanes.set(lane, [task]);
    else tasks.push(task);
  }

  /** Calls back `ms` virtual milliseconds from now; returns the way to cancel. */
  setTimer(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    const index = this.#timers.findIndex((other) => other.at > timer.at);
    if (index < 0) this.#timers.push(timer);
    else this.#timers.splice(index, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Runs tasks until `done` holds, virtual time passes `deadline`, or nothing is left to happen. */
  async run(done: () => boolean, deadline: number): Promise<'done' | 'deadline' | 'idle'> {
    for (;;) {
      await drain();
      if (done()) return 'done';
      const task = this.#nextTask();
      if (task !== null) {
        this.steps++;
        await task();
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
      this.steps++;
      timer.run();
    }
  }

  #nextTask(): Task | null {
    const ready = [...this.#lanes.keys()];
    if (ready.length === 0) return null;
    const lane = ready.length === 1 ? ready[0] : this.#random.pick(ready);
    if (lane === undefined) return null;
    const tasks = this.#lanes.get(lane);
    const task = tasks?.shift();
    if (tasks?.length === 0) this.#lanes.delete(lane);
    return task ?? null;
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
        const real: Promise<unknown> = member.apply(target, args);
        return new Promise((resolve, reject) => {
          scheduler.enqueue('crypto', () => real.then(resolve, reject));
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
