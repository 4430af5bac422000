/** A runtime whose time a test moves and whose network a test is. */
import type { Runtime } from '../../src/runtime.ts';
import { rest } from '../sync/rest.ts';

export { rest } from '../sync/rest.ts';

export class ManualRuntime implements Runtime {
  time = 1_790_000_000_000;
  elapsed = 0;
  /** What is asked of the network, and the test's answer. */
  answer: (url: string, init: RequestInit) => Promise<Response> = () =>
    Promise.reject(new TypeError('Failed to fetch'));
  readonly requests: { readonly url: string; readonly init: RequestInit }[] = [];
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  #drawn = 0;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.elapsed;
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    this.#drawn += 1;
    return new Uint8Array(length).fill(this.#drawn);
  }

  setTimer(ms: number, run: () => void): () => void {
    const timer = { at: this.elapsed + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves both clocks on, timer by timer. */
  async pass(ms: number): Promise<void> {
    await rest();
    const until = this.elapsed + ms;
    for (;;) {
      const [due] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (due === undefined) break;
      this.#timers.delete(due);
      this.time += due.at - this.elapsed;
      this.elapsed = due.at;
      due.run();
      await rest();
    }
    this.time += until - this.elapsed;
    this.elapsed = until;
    await rest();
  }

  readonly fetch = (url: string, init: RequestInit = {}): Promise<Response> => {
    this.requests.push({ url, init });
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
      this.answer(url, init).then(resolve, reject);
    });
  };

  readonly indexedDB: IDBFactory = new Proxy({} as IDBFactory, {
    get: () => {
      throw new TypeError('no storage is used here');
    },
  });
  readonly locks: Runtime['locks'] = {
    request: (_name, _signal, held) => held(),
    steal: (_name, held) => held(),
  };
  openChannel(): never {
    throw new TypeError('no channel is used here');
  }
}
