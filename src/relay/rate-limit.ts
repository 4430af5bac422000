/**
 * Token buckets (RELAY-16): each key has `burst` requests at hand and gets `perSecond` back. One at its limit waits for
 * itself alone. The number of buckets is bounded; the ones used longest ago are forgotten, which only fills them up.
 *
 * Kept in memory: of several relays over one store each counts for itself.
 */
import { CairnError } from '../errors.ts';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Rates {
  /** Of one device, or one invitation's key, of a space. */
  readonly device: Rate;
  /** Of one network address, for everything before membership: creating spaces, bad tokens, unknown keys. */
  readonly address: Rate;
}

export const defaultRates: Rates = {
  device: { perSecond: 30, burst: 300 },
  address: { perSecond: 5, burst: 100 },
};

interface Bucket {
  left: number;
  at: number;
}

const mostBuckets = 10_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** In order of last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Whether `take` would let a request of that key through: looks and takes nothing. */
  check(key: string): boolean {
    return this.#left(key, this.#now()) >= 1;
  }

  /** Takes one request of that key. @throws rate-limited with `retryMs` */
  take(key: string): void {
    const left = this.#take(key);
    if (left >= 1) return;
    const retryMs = Math.ceil(((1 - left) / this.#rate.perSecond) * 1000);
    throw new CairnError('rate-limited', 'Too many requests', { retryMs });
  }

  /** The same without throwing: false if none was left. */
  tryTake(key: string): boolean {
    return this.#take(key) >= 1;
  }

  /** Undoes a `take`: what was taken ahead turned out not to count. */
  giveBack(key: string): void {
    const kept = this.#buckets.get(key);
    if (kept !== undefined) kept.left = Math.min(this.#rate.burst, kept.left + 1);
  }

  /** What was left before; one is taken if that is at least one. */
  #take(key: string): number {
    const now = this.#now();
    const left = this.#left(key, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: left < 1 ? left : left - 1, at: now });
    this.#forget();
    return left;
  }

  #left(key: string, now: number): number {
    const { perSecond, burst } = this.#rate;
    const kept = this.#buckets.get(key);
    if (kept === undefined) return burst;
    // A wall clock may be set back; that gives nothing and costs nothing.
    return Math.min(burst, kept.left + (Math.max(0, now - kept.at) / 1000) * perSecond);
  }

  #forget(): void {
    if (this.#buckets.size <= mostBuckets) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}

/**
 * What of a network address counts as one: an IPv4 address, or the first 64 bits of an IPv6 address (a household is
 * given at least that many).
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%');
  const [before = '', after = ''] = plain.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === '' ? [] : after.split(':');
  const zeros = plain.includes('::') ? Math.max(0, 8 - head.length - tail.length) : 0;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
