/**
 * A `Runtime` for tests of the store: any IndexedDB, a clock that a test sets, timers that a test fires, and
 * channels between tabs that may lose messages. Timers of up to a second (pauses between tries) fire at once.
 */
import type { Channel, Runtime } from '../../src/runtime.ts';

export class TestRuntime implements Runtime {
  time = 1_790_000_000_000;
  readonly indexedDB: IDBFactory;
  readonly #origin: TestOrigin;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  #elapsed = 0;

  constructor(indexedDB: IDBFactory, origin: TestOrigin = new TestOrigin()) {
    this.indexedDB = indexedDB;
    this.#origin = origin;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    return this.#origin.randomBytes(length);
  }

  setTimer(ms: number, callback: () => void): () => void {
    if (ms <= 1000) {
      let cancelled = false;
      queueMicrotask(() => {
        if (!cancelled) callback();
      });
      return () => {
        cancelled = true;
      };
    }
    const timer = { at: this.#elapsed + ms, run: callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `ms` milliseconds pass: fires the timers that fall due, in their order. */
  advance(ms: number): void {
    this.#elapsed += ms;
    this.time += ms;
    const due = [...this.#timers].filter((timer) => timer.at <= this.#elapsed).sort((a, b) => a.at - b.at);
    for (const timer of due) if (this.#timers.delete(timer)) timer.run();
  }

  fetch(): Promise<Response> {
    return Promise.reject(new TypeError('The store must not use the network'));
  }

  readonly locks = {
    request: <T>(_name: string, _signal: AbortSignal | null, held: () => Promise<T>): Promise<T> => held(),
    steal: <T>(_name: string, held: () => Promise<T>): Promise<T> => held(),
  };

  openChannel(name: string): Channel {
    return this.#origin.openChannel(name);
  }
}

/** What the tabs of one origin share. */
export class TestOrigin {
  /** True: messages between tabs are lost. */
  deaf = false;
  readonly #channels = new Map<string, Set<TestChannel>>();
  #random = 0;

  /** Never the same twice, which is all the store asks of random bytes. */
  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    this.#random += 1;
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, this.#random);
    return bytes;
  }

  openChannel(name: string): Channel {
    const peers = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, peers);
    return new TestChannel(this, peers);
  }
}

class TestChannel implements Channel {
  #listener: ((message: unknown) => void) | null = null;
  readonly #origin: TestOrigin;
  readonly #peers: Set<TestChannel>;

  constructor(origin: TestOrigin, peers: Set<TestChannel>) {
    this.#origin = origin;
    this.#peers = peers;
    peers.add(this);
  }

  post(message: unknown): void {
    if (this.#origin.deaf) return;
    const copy = structuredClone(message);
    for (const peer of this.#peers) {
      if (peer !== this) queueMicrotask(() => peer.#listener?.(copy));
    }
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#peers.delete(this);
    this.#listener = null;
  }
}
