import { CairnError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** 64 kbit a second: the slowest line worth waiting for with a body of ours. */
const slowestBytesPerMs = 8;

/** How long an answer is waited for. */
export interface Wait {
  /** Without a sign of life, milliseconds. */
  readonly ms: number;
  /** At least so much of a body must arrive each millisecond, in the long run; null: as little as it likes. */
  readonly bytesPerMs: number | null;
}

/**
 * How long one request may go on. Its `signal` aborts when the caller's does, or when the relay was silent for `ms`
 * milliseconds. Of a body on its way out nothing is heard, so the first wait is as long as the slowest line worth waiting for
 * takes to carry it. A slow answer that keeps arriving is no dead one; but one that has fallen `ms` behind its least rate
 * is, or whoever sends a byte now and then could hold a cycle for good.
 */
export class Patience {
  readonly #runtime: Runtime;
  readonly #wait: Wait;
  readonly #caller: AbortSignal | null;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#abort(this.#caller?.reason);
  #cancel: () => void = () => undefined;
  /** When the answer began, on the monotonic clock, and how much of it has come. */
  #answeredAt: number | null = null;
  #arrived = 0;

  constructor(runtime: Runtime, wait: Wait, caller: AbortSignal | null, bodyBytes: number) {
    this.#runtime = runtime;
    this.#wait = wait;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    this.#until(wait.ms + bodyBytes / slowestBytesPerMs, 'was silent');
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The answer has begun, or so many bytes of its body have come. */
  readonly alive = (bytes = 0): void => {
    const { ms, bytesPerMs } = this.#wait;
    const now = this.#runtime.monotonic();
    this.#answeredAt ??= now;
    this.#arrived += bytes;
    const due = bytesPerMs === null ? now : this.#answeredAt + this.#arrived / bytesPerMs;
    const left = due + ms - now;
    if (left < ms) this.#until(Math.max(0, left), 'answered too slowly');
    else this.#until(ms, 'was silent');
  };

  /** No more waiting; the signal never aborts from here on. */
  end(): void {
    this.#cancel();
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }

  #until(left: number, what: string): void {
    this.#cancel();
    const ms = Math.ceil(left);
    this.#cancel = this.#runtime.setTimer(ms, () => {
      this.#abort(new CairnError('timeout', `The relay ${what} (${ms} ms)`, { ms }));
    });
  }

  #abort(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }
}
