/**
 * Runs cycles for as long as this tab leads: when, `cycle-plan` says; what, `one-cycle`. Here time, triggers and the relay's
 * events meet, and what is known of sync is told.
 */
import { CairnError, type Failure, isError, toFailure } from '../errors.ts';
import type { RelayEvent } from '../format/wire.ts';
import type { SealWait } from '../model/sync-status.ts';
import { type Observable, Source } from '../observable.ts';
import { randomFraction } from '../remote/back-off.ts';
import { followEvents } from '../remote/event-stream.ts';
import type { SyncContext } from './context.ts';
import { begun, type CyclePlan, ended, startPlan, type Trigger, triggered, watched } from './cycle-plan.ts';
import { type CycleResult, runCycle } from './one-cycle.ts';
import { type Heard, Presence } from './presence.ts';

/** What the tab that leads knows of sync, and the journal does not say. */
export interface CycleState {
  readonly syncing: boolean;
  /** Wall time, ms, as of which everything was compared with the relay last; null: never. A failed cycle keeps it. */
  readonly comparedAt: number | null;
  /** What ended the last cycle; null after one that ended well. */
  readonly lastError: Failure | null;
  /** Wall time, ms, at which the next cycle is due; null while one runs. */
  readonly nextTryAt: number | null;
  /** The relay has answered for this space. */
  readonly registered: boolean;
  /** Our clock minus the relay's, ms; null: not measured. */
  readonly clockOffset: number | null;
  /** Why changes could not be sealed in the last cycle that got that far; null if all could. */
  readonly waits: SealWait | null;
  readonly heard: readonly Heard[];
}

export const unknownCycle: CycleState = {
  syncing: false,
  comparedAt: null,
  lastError: null,
  nextTryAt: null,
  registered: false,
  clockOffset: null,
  waits: null,
  heard: [],
};

export interface Cycle {
  readonly state: Observable<CycleState>;
  /** Something happened that may be worth a cycle. Local writes are noticed without. */
  poke(trigger: Trigger): void;
  /** Someone looks at a page of the space in another tab: a try after a failure comes soon. */
  seen(): void;
  /** The result of one whole cycle that begins from now on. @throws what that cycle fails with */
  now(): Promise<CycleResult>;
  /** Settles when the signal has ended everything. */
  readonly ended: Promise<void>;
}

/**
 * Runs cycles until `signal` aborts, the first at once. `before` is what was known from an earlier turn; `isSeen` tells whether
 * someone looks at the page of this tab.
 */
export function startCycle(
  ctx: SyncContext,
  signal: AbortSignal,
  before: CycleState = unknownCycle,
  isSeen: () => boolean = () => false,
): Cycle {
  const runner = new Runner(ctx, signal, before, isSeen);
  const over = runner.run();
  return {
    state: runner.state,
    poke: (trigger) => runner.poke(trigger),
    seen: () => runner.seen(),
    now: () => runner.now(),
    ended: over,
  };
}

interface Waiter {
  readonly resolve: (result: CycleResult) => void;
  readonly reject: (reason: unknown) => void;
}

class Runner {
  readonly state: Source<CycleState>;
  readonly #ctx: SyncContext;
  readonly #signal: AbortSignal;
  readonly #isSeen: () => boolean;
  readonly #presence = new Presence();
  #plan: CyclePlan;
  #waiters: Waiter[] = [];
  #wake: () => void = () => undefined;
  /** Has the event stream try again, if it waits. */
  #listenAgain: () => void = () => undefined;
  /**
   * An event stream that cannot be opened speaks against what the last cycle found. Once only, until a stream has opened or the
   * relay was gone and is back: where no stream is let through, each would bring a cycle, and each cycle the next stream.
   */
  #mayDoubt = true;

  constructor(ctx: SyncContext, signal: AbortSignal, before: CycleState, isSeen: () => boolean) {
    this.#ctx = ctx;
    this.#signal = signal;
    this.#isSeen = isSeen;
    this.#plan = startPlan(ctx.runtime.monotonic());
    this.state = new Source<CycleState>({ ...before, syncing: false, nextTryAt: null });
  }

  async run(): Promise<void> {
    const stopHearing = this.#ctx.store.onChange(({ kinds }) => {
      if (kinds.has('local')) this.poke('local-write');
    });
    const onAbort = (): void => this.#wake();
    this.#signal.addEventListener('abort', onAbort);
    const events = followEvents(
      this.#ctx.runtime,
      this.#ctx.relay,
      {
        opened: () => {
          this.#mayDoubt = true;
          // Whatever was told while nobody listened is news, beacons included.
          this.#presence.expectNews();
          this.poke('server-event');
        },
        event: (event) => this.#heardOf(event),
        // What was compared holds no longer by itself: the relay may be gone.
        ended: () => this.poke('server-event'),
        unreached: () => {
          if (this.#mayDoubt) this.poke('server-event');
          this.#mayDoubt = false;
        },
        waiting: (reached) => {
          this.#listenAgain = reached;
        },
      },
      this.#signal,
    );
    try {
      while (!this.#signal.aborted) {
        await this.#untilDue();
        if (!this.#signal.aborted) await this.#runOne();
      }
      await events;
    } finally {
      stopHearing();
      this.#signal.removeEventListener('abort', onAbort);
      const waiters = this.#waiters;
      this.#waiters = [];
      for (const { reject } of waiters) reject(this.#overError());
      this.#tell({ syncing: false, nextTryAt: null });
    }
  }

  poke(trigger: Trigger): void {
    if (this.#signal.aborted) return;
    const plan = triggered(this.#plan, trigger, this.#ctx.runtime.monotonic());
    // Most triggers of a swarm change nothing: none of them is told, and no timer set anew.
    if (plan !== this.#plan) this.#setPlan(plan);
  }

  seen(): void {
    const { runtime } = this.#ctx;
    const plan = watched(this.#plan, runtime.monotonic(), randomFraction(runtime));
    if (plan !== this.#plan) this.#setPlan(plan);
  }

  now(): Promise<CycleResult> {
    if (this.#signal.aborted) return Promise.reject(this.#overError());
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.poke('asked');
    });
  }

  async #untilDue(): Promise<void> {
    for (;;) {
      const left = this.#plan.phase === 'waiting' ? this.#plan.at - this.#ctx.runtime.monotonic() : 0;
      if (left <= 0 || this.#signal.aborted) return;
      await new Promise<void>((resolve) => {
        const cancel = this.#ctx.runtime.setTimer(left, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  async #runOne(): Promise<void> {
    const { runtime, relay } = this.#ctx;
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#plan = begun(this.#plan);
    this.#tell({ syncing: true, nextTryAt: null });
    const failedBefore = this.state.value.lastError !== null;
    try {
      const compared = (comparedAt: number): void => this.#tell({ comparedAt, registered: true });
      const answered = (): void => {
        // How the cycle ends is open, but that nothing comes back is not true any more.
        if (isSilence(this.state.value.lastError)) this.#tell({ lastError: null });
      };
      const result = await runCycle(this.#ctx, this.#presence, compared, this.#signal, answered);
      this.#tell({ waits: result.waits });
      if (failedBefore) this.#mayDoubt = true;
      this.#end(ended(this.#plan, { ok: true }, runtime.monotonic(), 0), null);
      if (!result.told) this.poke('presence');
      this.#listenAgain();
      for (const { resolve } of waiters) resolve(result);
    } catch (thrown) {
      // Neither a turn that ends nor a log that someone else moved is anything wrong.
      const moved = isError(thrown, 'moved');
      const failure = this.#signal.aborted || moved ? this.state.value.lastError : toFailure(thrown);
      const end = { ok: false, retryMs: retryMsOf(thrown) } as const;
      this.#end(ended(this.#plan, end, runtime.monotonic(), randomFraction(runtime)), failure);
      if (moved) this.poke('presence');
      if (this.#isSeen()) this.seen();
      if (failure?.code === 'unknown-space') this.#tell({ registered: false });
      for (const { reject } of waiters) reject(this.#signal.aborted ? this.#overError() : thrown);
    }
    this.#tell({ clockOffset: relay.clock.offset ?? this.state.value.clockOffset });
  }

  #end(plan: CyclePlan, lastError: Failure | null): void {
    const { heard } = this.#presence;
    this.#tell({ syncing: false, lastError, ...(heard.length > 0 ? { heard } : {}) });
    this.#setPlan(plan);
  }

  /** What is not news to us asks for no cycle. */
  #heardOf(event: RelayEvent): void {
    const { membership, device, cursors } = this.#ctx.store.standing;
    if ('members' in event) {
      if (event.members > membership.size) this.poke('server-event');
    } else if ('log' in event) {
      if (event.log !== device && event.size > (cursors.get(event.log)?.size ?? 0)) this.poke('server-event');
    } else if (event.beacon !== device) {
      this.#presence.expectNews();
      this.poke('presence');
    }
  }

  #setPlan(plan: CyclePlan): void {
    this.#plan = plan;
    if (plan.phase === 'waiting') {
      const { runtime } = this.#ctx;
      this.#tell({ nextTryAt: runtime.now() + Math.max(0, Math.round(plan.at - runtime.monotonic())) });
    }
    this.#wake();
  }

  #tell(changes: Partial<CycleState>): void {
    this.state.set({ ...this.state.value, ...changes });
  }

  /** What ends the turn, if it has a code; a turn that was taken away has none. */
  #overError(): CairnError {
    const { reason }: { readonly reason: unknown } = this.#signal;
    return reason instanceof CairnError ? reason : new CairnError('moved', 'Another tab syncs now');
  }
}

/** The last cycle got no answer at all. */
function isSilence(failure: Failure | null): boolean {
  return failure?.code === 'offline' || failure?.code === 'timeout';
}

/** How long the relay asked to be left alone; null if it did not. */
function retryMsOf(thrown: unknown): number | null {
  if (!(thrown instanceof CairnError)) return null;
  const { retryMs } = thrown.values;
  return typeof retryMs === 'number' && retryMs >= 0 ? retryMs : null;
}
