import { CairnError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** 64 kbit a second. */
const slowestBytesPerMs = 8;

/**
 * How long one request may go without a sign of life. Its `signal` aborts when the caller's does, or when `ms`
 * milliseconds have passed since the last `alive()`: a slow answer that keeps arriving is no dead one. Of a body on its
 * way out nothing is heard, so the first wait is as long as the slowest line worth waiting for takes to carry it.
 */
export class Patience {
  readonly #runtime: Runtime;
  readonly #ms: number;
  readonly #caller: AbortSignal | null;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#abort(this.#caller?.reason);
  #cancel: () => void = () => undefined;

  constructor(runtime: Runtime, ms: number, caller: AbortSignal | null, bodyBytes: number) {
    this.#runtime = runtime;
    this.#ms = ms;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    this.#wait(ms + bodyBytes / slowestBytesPerMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly alive = (): void => this.#wait(this.#ms);

  /** No more waiting; the signal never aborts from here on. */
  end(): void {
    this.#cancel();
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }

  #wait(ms: number): void {
    this.#cancel();
    this.#cancel = this.#runtime.setTimer(Math.ceil(ms), () => {
      this.#abort(
        new CairnError('timeout', `The relay was silent for ${Math.ceil(ms)} ms`, { ms: Math.ceil(ms) }),
      );
    });
  }

  #abort(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }
}
