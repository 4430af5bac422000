/**
 * Tokens that were verified, until they end: a device shows the same one for minutes, and only the first look has to verify its
 * signature. Bounded; what was used longest ago is forgotten, which costs one verification more.
 */
import { type SpaceId, spaceText } from '../format/bytes.ts';
import { limits } from '../limits.ts';
import type { Credential } from './authorise.ts';

/** A token and its name take about 600 bytes. */
const mostTokens = 10_000;

export class TokenMemory {
  /** In order of last use. A token is good for one space, so the space is part of its name. */
  readonly #kept = new Map<string, Credential>();
  readonly #most: number;

  constructor(most = mostTokens) {
    this.#most = most;
  }

  /** Null for a token that was not seen, or that is not of this time: then its claims have to be read. */
  find(token: string, space: SpaceId, now: number): Credential | null {
    const name = nameOf(token, space);
    const known = this.#kept.get(name);
    if (known === undefined) return null;
    this.#kept.delete(name);
    // A clock that was set back makes no token live longer than any may.
    if (now >= known.expires || now < known.expires - limits.tokenLifeMs) return null;
    this.#kept.set(name, known);
    return known;
  }

  keep(token: string, space: SpaceId, credential: Credential): void {
    this.#kept.set(nameOf(token, space), credential);
    if (this.#kept.size <= this.#most) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

const nameOf = (token: string, space: SpaceId): string => `${spaceText(space)} ${token}`;
