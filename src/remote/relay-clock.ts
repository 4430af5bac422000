import type { Runtime } from '../runtime.ts';

/**
 * How the relay's clock stands to ours, measured by the answers that state it (RELAY-2).
 *
 * 1. A measurement lies between the sending of a request and the arrival of its answer; the middle is taken, so
 *    it is wrong by half the way there and back at most.
 * 2. It tells whose clock is wrong and dates tokens. It never moves our own clock: the relay is not trusted with that.
 */
export class RelayClock {
  readonly #runtime: Pick<Runtime, 'now'>;
  #offset: number | null = null;

  constructor(runtime: Pick<Runtime, 'now'>) {
    this.#runtime = runtime;
  }

  /** Our wall clock minus the relay's, in milliseconds; null while no answer has stated its time. */
  get offset(): number | null {
    return this.#offset;
  }

  /** The relay's time now, as far as it is known: ours before the first measurement. */
  now(): number {
    return this.#runtime.now() - (this.#offset ?? 0);
  }

  /** Takes the time that an answer stated; `sentAt` is our wall time when its request went out. */
  measure(relayNow: number, sentAt: number): void {
    const heardAt = this.#runtime.now();
    // A wall clock that was set meanwhile gives no middle.
    const middle = heardAt >= sentAt ? sentAt + (heardAt - sentAt) / 2 : heardAt;
    this.#offset = Math.round(middle - relayNow);
  }
}
