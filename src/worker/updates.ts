/**
 * What the page is told without asking, gathered into one message a frame (APP-13): the first change after a quiet
 * time goes out at once, those that follow wait for the rest of the frame.
 */
import type { Runtime } from '../runtime.ts';
import type { Update, UpdateListener } from './protocol.ts';

/** The length of a frame, in milliseconds. */
const frameMs = 16;

/** The part of a `Runtime` that tells and takes time. */
export type Clock = Pick<Runtime, 'now' | 'monotonic' | 'setTimer'>;

export class Updates {
  readonly #runtime: Clock;
  readonly #collect: () => Update | null;
  readonly #listener: UpdateListener;
  #cancel: (() => void) | null = null;
  #lastSent = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** `collect` gives what there is to tell, or null for nothing; it is called at most once a frame. */
  constructor(runtime: Clock, collect: () => Update | null, listener: UpdateListener) {
    this.#runtime = runtime;
    this.#collect = collect;
    this.#listener = listener;
  }

  /** Something may have changed. */
  mark(): void {
    if (this.#closed || this.#cancel !== null) return;
    const wait = Math.max(0, this.#lastSent + frameMs - this.#runtime.monotonic());
    this.#cancel = this.#runtime.setTimer(wait, () => {
      this.#cancel = null;
      this.flush();
    });
  }

  /** Tells what there is now. */
  flush(): void {
    if (this.#closed) return;
    const update = this.#collect();
    if (update === null) return;
    this.#lastSent = this.#runtime.monotonic();
    this.#listener(update);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
