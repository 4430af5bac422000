/** A value that changes, and those who want to hear of it. Listeners hear the newest value, never a queue. */
export interface Observable<T> {
  readonly value: T;
  /** Calls `listener` with the value now and after every change, until the returned function is called. */
  subscribe(listener: (value: T) => void): () => void;
}

/**
 * An observable with a writable value. A listener that unsubscribes while being told is not told again; one that throws
 * is its own trouble: the others are told all the same, and the error surfaces as an uncaught one.
 */
export class Source<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) listener(value);
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => this.#listeners.delete(listener);
  }
}
