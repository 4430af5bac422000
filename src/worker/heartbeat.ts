/**
 * Signs of life of the tab that leads, for those that wait. What is counted is the waiting tab's own time, a tick at a time: one that
 * was frozen itself has heard nothing either, and must not conclude from that.
 */
import type { Channel, Runtime } from '../runtime.ts';

/** Between two signs of life, and between two ticks of those that listen; milliseconds. */
const beatMs = 2_000;
/** Ticks in a row without a sign until the leader counts as frozen. */
const mostMissed = 4;

export class Heartbeat {
  readonly #runtime: Runtime;
  readonly #channel: Channel;
  #missed = 0;

  constructor(runtime: Runtime, name: string) {
    this.#runtime = runtime;
    this.#channel = runtime.openChannel(`${name}-alive`);
    this.#channel.onMessage(() => {
      this.#missed = 0;
    });
  }

  /** Gives signs of life until the returned function is called. */
  beat(): () => void {
    this.#channel.post(null);
    return this.#every(() => this.#channel.post(null));
  }

  /** Calls `silent` once when the leader gives no sign any more, unless the returned function is called before. */
  watch(silent: () => void): () => void {
    this.#missed = 0;
    const stop = this.#every(() => {
      this.#missed += 1;
      if (this.#missed < mostMissed) return;
      stop();
      silent();
    });
    return stop;
  }

  close(): void {
    this.#channel.close();
  }

  #every(call: () => void): () => void {
    let over = false;
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.#runtime.setTimer(beatMs, () => {
        call();
        if (!over) next();
      });
    };
    next();
    return () => {
      over = true;
      cancel();
    };
  }
}
