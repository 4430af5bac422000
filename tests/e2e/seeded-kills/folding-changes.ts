/** What is written: lists and their items, under ids in no order. */
import type { Draft } from '../../../src/model/draft.ts';
import type { Random } from '../../sim/random.ts';

type Cells = Record<string, string | number>;

/** So many rows fit one changeset. */
const atOnce = 1_000;
/** One row in so many is written anew so that hardly any page stays as it is. */
const scatter = 20;
const words = ['apples', 'Brot', 'çay', 'éclairs', 'молоко', '牛乳', 'batteries for the lamp in the hall'];

export class DrawnChanges {
  readonly #random: Random;
  readonly #lists: string[] = [];
  readonly #items: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** So many rows; one in ten is a list. */
  *first(count: number): Generator<readonly Draft[]> {
    for (let from = 0; from < count; from += atOnce) {
      yield Array.from({ length: Math.min(atOnce, count - from) }, (_, at) => this.#added(from + at));
    }
  }

  scattered(rows: number): readonly Draft[] {
    return Array.from({ length: Math.ceil(rows / scatter) }, () => this.#changed());
  }

  few(): readonly Draft[] {
    return Array.from({ length: 1 + this.#random.below(5) }, () => this.#changed());
  }

  #added(at: number): Draft {
    const id = Array.from(this.#random.bytes(10), (byte) => byte.toString(36)).join('');
    if (at % 10 !== 0) {
      this.#items.push(id);
      return put('items', id, { ...this.#item(), list: this.#random.pick(this.#lists) });
    }
    this.#lists.push(id);
    return put('lists', id, { name: `${this.#random.pick(words)} ${at}` });
  }

  /** One of a changeset in which the same row may come again. */
  #changed(): Draft {
    const random = this.#random;
    const drawn = random.next();
    if (drawn < 0.05) return this.#added(1 + random.below(1_000_000));
    if (drawn < 0.15) return { kind: 'delete', table: 'items', id: random.pick(this.#items) };
    if (drawn < 0.25) return put('lists', random.pick(this.#lists), { name: random.pick(words) });
    return put('items', random.pick(this.#items), this.#item());
  }

  #item(): Cells {
    const title = Array.from({ length: 1 + this.#random.below(6) }, () => this.#random.pick(words)).join(' ');
    return { title, n: this.#random.below(1_000) };
  }
}

function put(table: string, id: string, cells: Cells): Draft {
  return { kind: 'put', table, id, cells: new Map(Object.entries(cells)) };
}
