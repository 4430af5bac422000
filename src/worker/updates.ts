/**
 * What the page is told without asking, gathered into one message a frame (APP-13): the first change after a quiet
 * time goes out at once, those that follow wait for the rest of the frame, and until the page has taken in the message before: a page
 * that is slower than its worker gets fewer messages, not a queue of them.
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
  /** Messages that the page has not taken in yet. */
  #underWay = 0;
  #isMarked = false;
  #closed = false;

  /** `collect` gives what there is to tell, or null for nothing; it is called at most once a frame. */
  constructor(runtime: Clock, collect: () => Update | null, listener: UpdateListener) {
    this.#runtime = runtime;
    this.#collect = collect;
    this.#listener = listener;
  }

  /** Something may have changed. What is marked while it is collected is told by the next message. */
  mark(): void {
    this.#isMarked = true;
    this.#arm();
  }

  /** Tells what there is now. */
  flush(): void {
    if (this.#closed) return;
    this.#isMarked = false;
    this.#underWay += 1;
    const update = this.#collect();
    if (update === null) this.#taken();
    else {
      this.#lastSent = this.#runtime.monotonic();
      const taken = this.#listener(update);
      if (taken instanceof Promise) {
        // A page that failed at it has taken it in all the same.
        taken.then(
          () => this.#taken(),
          () => this.#taken(),
        );
      } else this.#taken();
    }
  }

  #taken(): void {
    this.#underWay -= 1;
    this.#arm();
  }

  #arm(): void {
    if (this.#closed || !this.#isMarked || this.#underWay > 0 || this.#cancel !== null) return;
    const wait = Math.max(0, this.#lastSent + frameMs - this.#runtime.monotonic());
    this.#cancel = this.#runtime.setTimer(wait, () => {
      this.#cancel = null;
      this.flush();
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
