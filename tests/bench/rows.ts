/**
 * The row shape of every figure, from a fixed seed: an id of 26 sortable characters, a title of about 40, a note of
 * about 120, done, a priority of 0 to 4, a due date and one of 50 lists; about 310 bytes as JSON.
 */
export interface BenchRow {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly done: boolean;
  readonly priority: number;
  readonly due: number;
  readonly list: string;
}

/** A small seeded generator (mulberry32): numbers from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const syllables = 'ba ko ri ten mar sol ped lun vex tor in qua shi gre fal nor wim dus hep lac'.split(' ');

function below(random: () => number, bound: number): number {
  return Math.floor(random() * bound);
}

/** 48 bits of time and 80 of chance, as the ids that Cairn makes. */
function sortableId(random: () => number, ms: number): string {
  let time = '';
  for (let rest = ms, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    time = alphabet.charAt(rest % 32) + time;
  let chance = '';
  for (let i = 0; i < 16; i++) chance += alphabet.charAt(below(random, 32));
  return time + chance;
}

const vocabulary = ((): readonly string[] => {
  const random = seeded(7);
  return Array.from({ length: 2000 }, () =>
    Array.from({ length: 1 + below(random, 3) }, () => syllables[below(random, syllables.length)]).join(''),
  );
})();

function phrase(random: () => number, length: number): string {
  let text = '';
  while (text.length < length)
    text += `${text === '' ? '' : ' '}${vocabulary[below(random, vocabulary.length)]}`;
  return text.slice(0, length);
}

export const listIds: readonly string[] = ((): readonly string[] => {
  const random = seeded(11);
  return Array.from({ length: 50 }, (_, i) => sortableId(random, 1.7e12 + i));
})();

/** By time, as they are made, or at random. */
export type IdOrder = 'sorted' | 'shuffled';

/** Rows one by one, for who does not keep them all. */
export function* eachRow(count: number, seed: number, order: IdOrder = 'sorted'): Generator<BenchRow> {
  const random = seeded(seed);
  for (let i = 0; i < count; i++) {
    const second = order === 'sorted' ? i : below(random, count);
    yield {
      id: sortableId(random, 1.75e12 + second * 1000),
      title: phrase(random, 32 + below(random, 17)),
      note: phrase(random, 100 + below(random, 41)),
      done: random() < 0.5,
      priority: below(random, 5),
      due: 1.76e12 + below(random, 3e10),
      list: listIds[below(random, 50)] ?? '',
    };
  }
}

export function makeRows(count: number, seed = 42): BenchRow[] {
  return [...eachRow(count, seed)];
}

/** Some rows at a time; what making them took is told, to be taken off what is measured. */
export class RowBatches {
  /** Milliseconds. */
  spent = 0;
  readonly #rows: Generator<BenchRow>;
  readonly #most: number;

  constructor(rows: Generator<BenchRow>, most: number) {
    this.#rows = rows;
    this.#most = most;
  }

  *[Symbol.iterator](): Generator<readonly BenchRow[]> {
    for (;;) {
      const began = performance.now();
      const batch: BenchRow[] = [];
      while (batch.length < this.#most) {
        const { value, done } = this.#rows.next();
        if (done === true) break;
        batch.push(value);
      }
      this.spent += performance.now() - began;
      if (batch.length === 0) return;
      yield batch;
    }
  }
}
