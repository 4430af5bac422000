/** The real relay handler in this process, and profiles whose network leads to it and can be cut. */
import { createRelay, type Relay } from '../../src/relay/app.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { Origin } from '../worker/origin.ts';

export const relayOrigin = 'https://relay.test';

export function startRelay(now: () => number = () => Date.now()): Relay {
  const clock = {
    now,
    setTimer(ms: number, callback: () => void) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
  return createRelay({ storage: new MemoryStorage(), clock, origin: relayOrigin });
}

/** A profile that reaches the relay while `online`. */
export class Profile extends Origin {
  readonly network: { online: boolean };
  readonly #counts: { refused: number };

  constructor(relay: Relay) {
    const network = { online: true };
    const counts = { refused: 0 };
    super(async (url, init) => {
      if (network.online) return relay.fetch(new Request(url, init));
      counts.refused += 1;
      throw new TypeError('Failed to fetch');
    });
    this.network = network;
    this.#counts = counts;
  }

  /** Requests that found no network. */
  get refused(): number {
    return this.#counts.refused;
  }
}
