/**
 * A relay that lies in its answers while a phase of a run lasts, and is honest before and after. What it stores is the honest relay's, so
 * that what devices were told under an honest one stays true; it acknowledges nothing that it does not store.
 */
import type { SpaceId } from '../../src/format/bytes.ts';
import type { DeviceNumber } from '../../src/format/stamp.ts';
import {
  decodeChangesAnswer,
  decodeReadAnswer,
  encodeChangesAnswer,
  encodeReadAnswer,
} from '../../src/format/wire.ts';
import type { MemoryStorage } from '../../src/relay/memory-storage.ts';
import type { Answer } from './network.ts';
import type { Random } from './random.ts';

export const manners = ['flip', 'repeat', 'withhold', 'foreign', 'swap', 'clock'] as const;
/**
 *   flip      some bits of an answer are others
 *   repeat    an answer that was right once: old heads, and a membership log that was shorter
 *   withhold  heads, membership entries or beacons are left out
 *   foreign   entries of another log, or of other positions
 *   swap      entries in another order; a head as another log's
 *   clock     its time is hours off
 */
export type Manner = (typeof manners)[number];

const mostRemembered = 64;

export class HostileRelay {
  readonly #manners: readonly Manner[];
  readonly #random: Random;
  readonly #storage: MemoryStorage;
  readonly #space: SpaceId;
  readonly #past: readonly Answer[];

  /** `past`: answers to `/changes` that were given before. */
  constructor(
    told: readonly Manner[],
    random: Random,
    storage: MemoryStorage,
    space: SpaceId,
    past: readonly Answer[],
  ) {
    this.#manners = told;
    this.#random = random;
    this.#storage = storage;
    this.#space = space;
    this.#past = past;
  }

  /** What it says in the place of an honest answer; that very answer when it does not lie this time. */
  async answer(path: string, honest: Answer): Promise<Answer> {
    if (honest.status !== 200 || honest.body.length === 0 || this.#random.chance(0.3)) return honest;
    const manner = this.#random.pick(this.#manners);
    switch (manner) {
      case 'flip':
        return { ...honest, body: this.#flipped(honest.body) };
      case 'repeat':
        return path === '/changes' && this.#past.length > 0 ? this.#random.pick(this.#past) : honest;
      case 'withhold':
      case 'clock':
        return path === '/changes' ? { ...honest, body: this.#changes(honest.body, manner) } : honest;
      case 'foreign':
      case 'swap':
        if (path === '/changes' && manner === 'swap') return { ...honest, body: this.#renamed(honest.body) };
        return path === '/entries/read'
          ? { ...honest, body: await this.#entries(honest.body, manner) }
          : honest;
    }
  }

  #flipped(body: Uint8Array): Uint8Array<ArrayBuffer> {
    const flipped = new Uint8Array(body);
    for (let bits = 1 + this.#random.below(3); bits > 0; bits -= 1) {
      const at = this.#random.below(flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << this.#random.below(8));
    }
    return flipped;
  }

  #changes(body: Uint8Array, manner: 'withhold' | 'clock'): Uint8Array<ArrayBuffer> {
    const answer = decodeChangesAnswer(body);
    if (manner === 'clock') {
      const off = this.#random.pick([-7_200_000, -400_000, 400_000, 7_200_000]);
      return encodeChangesAnswer({ ...answer, now: answer.now + off });
    }
    const keep = <T>(list: readonly T[]): T[] => list.filter(() => this.#random.chance(0.5));
    const { members } = answer;
    const shown = this.#random.chance(0.3)
      ? { size: Math.max(0, members.from - 1), from: members.from, entries: [] }
      : members;
    return encodeChangesAnswer({
      ...answer,
      members: shown,
      heads: keep(answer.heads),
      beacons: keep(answer.beacons),
    });
  }

  /** With a head under the number of another log, of a device that may never have written. */
  #renamed(body: Uint8Array): Uint8Array<ArrayBuffer> {
    const answer = decodeChangesAnswer(body);
    const [head, ...others] = answer.heads;
    if (head === undefined) return new Uint8Array(body);
    // A number below 24 is the one byte behind its name.
    const at = Buffer.from(head).indexOf('\x63log') + 4;
    const renamed = new Uint8Array(head.with(at, 1 + this.#random.below(4)));
    return encodeChangesAnswer({ ...answer, heads: [renamed, ...others] });
  }

  async #entries(body: Uint8Array, manner: 'foreign' | 'swap'): Promise<Uint8Array<ArrayBuffer>> {
    const { logs } = decodeReadAnswer(body);
    const others = (await this.#storage.readHeads(this.#space)).map(({ log }) => log);
    const told = await Promise.all(
      logs.map(async ({ log, start, entries }) => {
        if (manner === 'swap') return { log, start, entries: [...entries].reverse() };
        const other = this.#random.pick(others);
        const from = this.#random.chance(0.5) ? start : 1;
        const given = await this.#storage.readEntries(
          this.#space,
          other,
          from,
          from + entries.length - 1,
          1e6,
        );
        return { log: log as DeviceNumber, start, entries: given.length > 0 ? given : entries };
      }),
    );
    return encodeReadAnswer({ logs: told });
  }
}

/** The answers to `/changes` that a hostile relay may repeat. */
export class PastAnswers {
  readonly list: Answer[] = [];

  note(path: string, answer: Answer): void {
    if (path !== '/changes' || answer.status !== 200) return;
    this.list.push(answer);
    if (this.list.length > mostRemembered) this.list.shift();
  }
}
