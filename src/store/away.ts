/**
 * Thrown where something is asked for that has not been read from disk yet. Reading rows is written as if all of them were at hand, so
 * that what it gives holds at one moment; `present` brings what was missing and begins again. No error: nobody looks at where it came from,
 * which takes longer to note than a row to read.
 */
export class Away {
  /** Settled when what was missing has been read; may throw what reading throws. */
  readonly bring: () => Promise<void>;

  constructor(bring: () => Promise<void>) {
    this.bring = bring;
  }
}

/** What `work` gives once everything it looks at is at hand. `work` runs at once, begins anew each time, and changes nothing. */
export async function present<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof Away)) throw thrown;
      await thrown.bring();
    }
  }
}
