import type { CairnError } from '../errors.ts';

/**
 * The death of a worker, for those who wait for its answers. Not a promise to race against: that would keep every answer
 * ever given for as long as the worker lives. Here a question that was answered leaves nothing behind.
 */
export class Death {
  #reason: CairnError | null = null;
  readonly #waiting = new Set<(reason: CairnError) => void>();

  /** The first reason stays. */
  comes(reason: CairnError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener(reason);
  }

  /** Calls `listener` once: when it comes, or at once if it has. */
  tell(listener: (reason: CairnError) => void): void {
    if (this.#reason === null) this.#waiting.add(listener);
    else listener(this.#reason);
  }

  /** The answer, unless death comes first: then it rejects with the reason. */
  or<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.tell(reject);
      const given = (): boolean => this.#waiting.delete(reject);
      answer.then(
        (value) => {
          given();
          resolve(value);
        },
        (thrown: unknown) => {
          given();
          reject(thrown);
        },
      );
    });
  }
}
