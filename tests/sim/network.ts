/**
 * The simulated network between devices and the real relay handler: delays, loss before and after the
 * server, duplicates, and the reordering that follows from delays. A device that is offline reaches nobody.
 */
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

export interface NetworkFaults {
  /** Probability that a request never reaches the relay. */
  readonly loseRequest: number;
  /** Probability that the relay's answer never comes back. */
  readonly loseAnswer: number;
  /** Probability that the relay gets a request a second time, later. */
  readonly duplicate: number;
  /** Longest delay of one direction, milliseconds. */
  readonly delayMs: number;
}

export const calm: NetworkFaults = { loseRequest: 0, loseAnswer: 0, duplicate: 0, delayMs: 5 };

export type Handler = (request: Request) => Response | Promise<Response>;

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const gone = (): TypeError => new TypeError('Failed to fetch');

export class Network {
  faults: NetworkFaults = calm;
  /** Null while the relay is down. */
  handler: Handler | null = null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** What has happened, by name. */
  readonly counts = { requests: 0, lostRequests: 0, lostAnswers: 0, duplicates: 0 };

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** The `fetch` of one device; `online` is asked at each step of a request. */
  fetchOf(online: () => boolean): (url: string, init?: RequestInit) => Promise<Response> {
    return (url, init = {}) => {
      this.counts.requests++;
      return new Promise<Response>((resolve, reject) => {
        const signal = init.signal ?? null;
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        const body = init.body instanceof Uint8Array ? new Uint8Array(init.body) : null;
        const sent: Sent = { url, method: init.method ?? 'GET', headers: new Headers(init.headers), body };
        if (new Headers(init.headers).get('accept') === 'text/event-stream') return; // events may all be lost
        this.#later(() => {
          if (!online() || this.handler === null) return reject(gone());
          if (this.#random.chance(this.faults.loseRequest)) {
            this.counts.lostRequests++;
            return reject(gone());
          }
          const handler = this.handler;
          if (this.#random.chance(this.faults.duplicate)) {
            this.counts.duplicates++;
            this.#later(() => {
              if (this.handler === handler) void this.#deliver(handler, sent).catch(() => undefined);
            });
          }
          const loseAnswer = this.#random.chance(this.faults.loseAnswer);
          if (loseAnswer) this.counts.lostAnswers++;
          this.#deliver(handler, sent).then((answer) => {
            this.#later(() => {
              if (loseAnswer || !online() || this.handler !== handler) reject(gone());
              else resolve(answer());
            });
          }, reject);
        });
      });
    };
  }

  async #deliver(handler: Handler, sent: Sent): Promise<() => Response> {
    const { url, method, headers, body } = sent;
    const answer = await handler(
      new Request(url, { method, headers, ...(body === null ? {} : { body: new Uint8Array(body) }) }),
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return () =>
      new Response(bytes.length === 0 ? null : bytes, { status: answer.status, headers: answer.headers });
  }

  #later(run: () => void): void {
    this.#scheduler.setTimer(1 + this.#random.below(this.faults.delayMs), run);
  }
}
