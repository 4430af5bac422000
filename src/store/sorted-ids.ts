import { compareText } from '../format/bytes.ts';

/**
 * The distinct ids of a table in ascending order of their UTF-8 bytes, cheap to extend: new ids wait unsorted until somebody looks,
 * then are sorted and merged in. Ids that rise with time, as ours do, only go at the end.
 */
export class SortedIds {
  #sorted: readonly string[] = [];
  #waiting: string[] = [];

  /** Adds an id that is not here yet. */
  add(id: string): void {
    this.#waiting.push(id);
  }

  /** All ids, ascending; the array stays as it is when ids are added. */
  sorted(): readonly string[] {
    if (this.#waiting.length === 0) return this.#sorted;
    const added = this.#waiting.sort(compareText);
    this.#waiting = [];
    this.#sorted = merged(this.#sorted, added);
    return this.#sorted;
  }
}

function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  const last = a.at(-1);
  const first = b[0];
  if (last === undefined) return b;
  if (first === undefined) return a;
  if (compareText(last, first) < 0) return a.concat(b);
  const all: string[] = [];
  let i = 0;
  for (const id of b) {
    for (let next = a[i]; next !== undefined && compareText(next, id) < 0; next = a[i]) {
      all.push(next);
      i += 1;
    }
    all.push(id);
  }
  for (; i < a.length; i += 1) {
    const rest = a[i];
    if (rest !== undefined) all.push(rest);
  }
  return all;
}
