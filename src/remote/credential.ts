import type { Signer } from '../crypto/ed25519.ts';
import { type SpaceId, toBase64Url } from '../format/bytes.ts';
import { makeToken } from '../format/token.ts';
import { limits } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import type { RelayClock } from './relay-clock.ts';

/** A token is made anew so long before it ends: a request under way should not meet its end. */
const renewBeforeMs = 60_000;

interface Kept {
  readonly token: Promise<string>;
  /** On the runtime's monotonic clock. */
  readonly until: number;
}

/**
 * The access token of one key for one space at one relay: signed when first needed, kept for four minutes, dated by the
 * relay's clock so that a device with a wrong one can still sync (RELAY-1, RELAY-2).
 */
export class Credential {
  readonly #runtime: Runtime;
  readonly #clock: RelayClock;
  readonly #signer: Signer;
  readonly #relay: string;
  readonly #space: SpaceId;
  #kept: Kept | null = null;

  constructor(runtime: Runtime, clock: RelayClock, signer: Signer, relay: string, space: SpaceId) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#signer = signer;
    this.#relay = relay;
    this.#space = space;
  }

  /** The value of an `Authorization` header. */
  async header(): Promise<string> {
    const now = this.#runtime.monotonic();
    if (this.#kept === null || now >= this.#kept.until) {
      this.#kept = { token: this.#sign(), until: now + limits.tokenLifeMs - renewBeforeMs };
    }
    const kept = this.#kept;
    try {
      return `Bearer ${await kept.token}`;
    } catch (thrown) {
      if (this.#kept === kept) this.#kept = null;
      throw thrown;
    }
  }

  /** The next request signs a new one. */
  drop(): void {
    this.#kept = null;
  }

  async #sign(): Promise<string> {
    const scope = { relay: this.#relay, space: this.#space, now: this.#clock.now() };
    return toBase64Url(await makeToken(this.#signer, scope));
  }
}
