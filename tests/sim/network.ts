/**
 * The simulated network between tabs and the real relay handler: delays, loss before and after the server, duplicates, the
 * reordering that follows from delays, answers cut short, error answers in the relay's place, and a relay that lies. A device that is
 * offline reaches nobody.
 */
import { type ProblemCode, problems, toProblem } from '../../src/format/problem.ts';
import { type HostileRelay, PastAnswers } from './hostile-relay.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Profile, VirtualRuntime } from './virtual-runtime.ts';

export interface NetworkFaults {
  /** Probability that a request never reaches the relay. */
  readonly loseRequest: number;
  /** Probability that the relay's answer never comes back. */
  readonly loseAnswer: number;
  /** Probability that the relay gets a request a second time, later. */
  readonly duplicate: number;
  /** Probability that an answer is cut short. */
  readonly truncate: number;
  /** Probability that an error comes in the place of the answer, before or after the relay has done what was asked. */
  readonly refuse: number;
  /** Longest delay of one direction, milliseconds. */
  readonly delayMs: number;
}

export const calm: NetworkFaults = {
  loseRequest: 0,
  loseAnswer: 0,
  duplicate: 0,
  truncate: 0,
  refuse: 0,
  delayMs: 5,
};

export type Handler = (request: Request) => Response | Promise<Response>;

/** Who sees all that goes over the wire. */
export interface Witness {
  /** A tab sends. */
  left(tab: VirtualRuntime, path: string, body: Uint8Array | null): void;
  /** The relay has handled something. */
  handled(path: string): Promise<void>;
}

interface Sent {
  readonly url: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

const gone = (): TypeError => new TypeError('Failed to fetch');

export class Network {
  faults: NetworkFaults = calm;
  /** Null while the relay is down. */
  handler: Handler | null = null;
  /** Null while it is honest. */
  hostile: HostileRelay | null = null;
  readonly past = new PastAnswers();
  witness: Witness | null = null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** When a tab last asked for changes, while the answer was that its token is no good. */
  readonly #refused = new WeakMap<VirtualRuntime, number>();
  /** What has happened, by name. */
  readonly counts = { requests: 0, lost: 0, duplicates: 0, truncated: 0, refused: 0, lies: 0 };

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** The `fetch` of one tab. */
  fetchOf(tab: VirtualRuntime, profile: Profile): (url: string, init?: RequestInit) => Promise<Response> {
    return (url, init = {}) => {
      this.counts.requests++;
      return new Promise<Response>((resolve, reject) => {
        const signal = init.signal ?? null;
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        const body = init.body instanceof Uint8Array ? new Uint8Array(init.body) : null;
        const headers = new Headers(init.headers);
        const path = new URL(url).pathname.replace(/^\/v1\/spaces\/[\w-]+/, '');
        if (headers.get('accept') === 'text/event-stream') return; // events may all be lost
        this.witness?.left(tab, path, body);
        const wall = tab.now();
        if (path === '/changes') profile.asks(wall, this.#refused.get(tab) ?? null);
        const hear = (settle: () => void): void =>
          this.#later(() => this.#scheduler.enqueue('network', settle, tab));
        const fail = (): void => this.#scheduler.enqueue('network', () => reject(gone()), tab);
        this.#later(() => {
          const { handler } = this;
          if (!profile.online || handler === null || this.#random.chance(this.faults.loseRequest)) {
            this.counts.lost++;
            return fail();
          }
          const sent: Sent = { url, path, method: init.method ?? 'GET', headers, body };
          if (this.#random.chance(this.faults.duplicate)) {
            this.counts.duplicates++;
            this.#later(() => {
              if (this.handler === handler) void this.#deliver(handler, sent).catch(() => undefined);
            });
          }
          const loses = this.#random.chance(this.faults.loseAnswer);
          this.#answer(handler, sent, profile, wall).then((answer) => {
            if (path === '/changes' && answer.status === 401) this.#refused.set(tab, wall);
            else if (path === '/changes') this.#refused.delete(tab);
            hear(() => {
              if (loses || !profile.online || this.handler !== handler) {
                this.counts.lost++;
                reject(gone());
              } else resolve(responseOf(answer));
            });
          }, reject);
        });
      });
    };
  }

  /** What comes back: the relay's own answer, or what was made of it on the way. */
  async #answer(handler: Handler, sent: Sent, profile: Profile, wall: number): Promise<Answer> {
    const refuses = this.#random.chance(this.faults.refuse);
    if (refuses && this.#random.chance(0.5)) return this.#refusal();
    const honest = await this.#deliver(handler, sent);
    if (refuses) return this.#refusal();
    if (this.hostile === null) this.past.note(sent.path, honest);
    const told = (await this.hostile?.answer(sent.path, honest)) ?? honest;
    if (told !== honest) {
      this.counts.lies++;
      profile.isDeceived(wall);
    }
    if (told.body.length === 0 || !this.#random.chance(this.faults.truncate)) return told;
    this.counts.truncated++;
    return { ...told, body: told.body.slice(0, this.#random.below(told.body.length)) };
  }

  /** An error that a relay, or something before it, answers now and then. */
  #refusal(): Answer {
    this.counts.refused++;
    const codes: readonly (ProblemCode | null)[] = [
      'rate-limited',
      'unavailable',
      'internal',
      'too-large',
      'token-time',
      'unauthorized',
      null,
    ];
    const code = this.#random.pick(codes);
    const json = { 'content-type': 'application/problem+json' };
    if (code === null) {
      const text = new TextEncoder().encode('<h1>Bad gateway</h1>');
      return { status: 502, headers: new Headers({ 'content-type': 'text/html' }), body: text };
    }
    const values: Readonly<Record<string, number>> =
      code === 'rate-limited'
        ? { retryMs: this.#random.pick([0, 1_000, 30_000]) }
        : code === 'token-time'
          ? { now: this.#scheduler.now }
          : {};
    const problem = JSON.stringify(toProblem(code, 'of the simulator', values));
    return { status: problems[code], headers: new Headers(json), body: new TextEncoder().encode(problem) };
  }

  async #deliver(handler: Handler, sent: Sent): Promise<Answer> {
    const { url, path, method, headers, body } = sent;
    const answer = await handler(
      new Request(url, { method, headers, ...(body === null ? {} : { body: new Uint8Array(body) }) }),
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    await this.witness?.handled(path);
    return { status: answer.status, headers: answer.headers, body: bytes };
  }

  #later(run: () => void): void {
    this.#scheduler.setTimer(1 + this.#random.below(this.faults.delayMs), run);
  }
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body.length === 0 ? null : body, { status, headers });
}
