/** Runs asynchronous work one at a time, in the order asked for. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    // Its failure is told to whoever asked for it; the next one starts all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
