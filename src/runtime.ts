/**
 * The seam to the outside (DESIGN §1). Time, randomness, fetch, IndexedDB, locks and broadcast reach the
 * code below `worker` only through this object, so a test can hand in simulated parts and replay any
 * run from its seed. The worker fills it from the browser (`worker/browser-runtime`).
 */
export interface Runtime {
  /** Wall clock: milliseconds since the Unix epoch, an integer. May jump in either direction. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations and time limits. */
  monotonic(): number;
  /** Cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array<ArrayBuffer>;
  /** Calls back once after `ms` milliseconds, unless the returned function is called first. */
  setTimer(ms: number, callback: () => void): () => void;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly indexedDB: IDBFactory;
  /** Whether a transaction has to be left to commit by itself: see `adding` in store/transaction. */
  readonly isCommitUnsafe?: boolean;
  readonly locks: Locks;
  /** A channel to the other tabs of this origin; a message may be lost and never reaches its sender. */
  openChannel(name: string): Channel;
}

export interface Locks {
  /**
   * Runs `held` while holding the exclusive lock `name`, and settles as it does. Rejects with the signal's reason
   * when aborted while still waiting.
   */
  request<T>(name: string, signal: AbortSignal | null, held: () => Promise<T>): Promise<T>;
  /**
   * As `request`, but takes the lock at once from whoever holds it. What they hold goes on; the promise of their request rejects
   * with an `AbortError`.
   */
  steal<T>(name: string, held: () => Promise<T>): Promise<T>;
}

export interface Channel {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  close(): void;
}

/** A promise for the moment `ms` milliseconds from now; rejects with the signal's reason if it is aborted first. */
export function delay(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = runtime.setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
