/** A clock that stands still until it is moved, with timers that fire as it passes them. */
export class TestClock {
  #now: number;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #ids = 0;

  constructor(now = 1_790_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const id = this.#ids++;
    this.#timers.set(id, { at: this.#now + ms, callback });
    return () => this.#timers.delete(id);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves on, and lets everything that a timer started come to rest before the next one fires. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at);
      const [first] = due;
      if (first === undefined) break;
      const [id, { at, callback }] = first;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      callback();
      await rest();
    }
    this.#now = until;
    await rest();
  }

  /** Sets it, forwards or back, without firing anything. */
  set(now: number): void {
    this.#now = now;
  }
}

/** Lets promises that are ready settle, those of the crypto threads too. */
async function rest(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
