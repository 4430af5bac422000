/** The `Runtime` of a real worker: the one place below the app where the browser's own clock, network and storage are named. */
import type { Channel, Runtime } from '../runtime.ts';

export function browserRuntime(): Runtime {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    setTimer(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    fetch: (url, init) => fetch(url, init),
    indexedDB,
    // WebKit, which every browser of iOS is. Chromium calls itself AppleWebKit too, and Chrome besides.
    isCommitUnsafe: /AppleWebKit(?!.*Chrom)/.test(navigator.userAgent),
    locks: {
      // A lock's promise settles as what was held does; its type says `any`, which would let anything through.
      request: async <T>(name: string, signal: AbortSignal | null, held: () => Promise<T>): Promise<T> =>
        navigator.locks.request(name, signal === null ? {} : { signal }, held),
      steal: async <T>(name: string, held: () => Promise<T>): Promise<T> =>
        navigator.locks.request(name, { steal: true }, held),
    },
    openChannel: (name) => new TabChannel(name),
  };
}

class TabChannel implements Channel {
  readonly #channel: BroadcastChannel;

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
  }

  post(message: unknown): void {
    this.#channel.postMessage(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#channel.addEventListener('message', (event) => listener(event.data));
  }

  close(): void {
    this.#channel.close();
  }
}
