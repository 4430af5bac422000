/**
 * What turns one answer of a query into the next, so that live queries send little (DESIGN §7).
 *
 * 1. `applyDifference(before, difference(before, after))` is `after`.
 * 2. It is minimal: `removed` names exactly the rows that went, `changed` the new rows, those with other values, and
 *    the fewest others that have to move.
 * 3. Rows that stay keep their identity: applying gives back the objects of `before`.
 */
export interface Difference<R extends { readonly id: string }> {
  readonly removed: readonly string[];
  /** Rows with their index in the new answer, ascending: new, changed or moved. */
  readonly changed: readonly (readonly [index: number, row: R])[];
}

/** The difference between two lists of rows, each id at most once in a list. */
export function difference<R extends { readonly id: string }>(
  before: readonly R[],
  after: readonly R[],
): Difference<R> {
  const places = new Map<string, number>();
  for (const [index, row] of before.entries()) places.set(row.id, index);
  const changed: [number, R][] = [];
  /** Rows that are the same in both, with their places in both. */
  const same: { readonly index: number; readonly row: R; readonly place: number }[] = [];
  const met = new Set<string>();
  for (const [index, row] of after.entries()) {
    met.add(row.id);
    const place = places.get(row.id);
    if (place !== undefined && sameRow(before[place], row)) same.push({ index, row, place });
    else changed.push([index, row]);
  }
  const staying = longestRise(same.map(({ place }) => place));
  for (const [at, { index, row }] of same.entries()) if (!staying.has(at)) changed.push([index, row]);
  changed.sort(([a], [b]) => a - b);
  const removed = before.filter((row) => !met.has(row.id)).map((row) => row.id);
  return { removed, changed };
}

/** True when a difference changes nothing. */
export function isEmptyDifference(difference: Difference<{ readonly id: string }>): boolean {
  return difference.removed.length === 0 && difference.changed.length === 0;
}

/** The list after a difference. */
export function applyDifference<R extends { readonly id: string }>(
  before: readonly R[],
  { removed, changed }: Difference<R>,
): readonly R[] {
  if (removed.length === 0 && changed.length === 0) return before;
  const gone = new Set(removed);
  for (const [, row] of changed) gone.add(row.id);
  const staying = before.filter((row) => !gone.has(row.id));
  const after: R[] = [];
  let next = 0;
  for (const [index, row] of changed) {
    while (after.length < index && next < staying.length) {
      after.push(staying[next]);
      next += 1;
    }
    after.push(row);
  }
  return after.concat(staying.slice(next));
}

/** Indexes of one longest strictly rising subsequence (patience sorting, O(n log n)). */
function longestRise(values: readonly number[]): ReadonlySet<number> {
  /**
   * The index of the least last value of a rise of each length, and before each index its predecessor in its rise.
   */
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [index, value] of values.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]] < value) low = middle + 1;
      else high = middle;
    }
    previous.push(low === 0 ? -1 : tails[low - 1]);
    tails[low] = index;
  }
  const rise = new Set<number>();
  for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index]) rise.add(index);
  return rise;
}

/** Rows are the same when all their columns are, JSON compared by content. */
export function sameRow(a: object, b: object): boolean {
  return samePlain(a, b);
}

function samePlain(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    // Both are plain data with this key of their own.
    const [x, y] = [(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]];
    if (!samePlain(x, y)) return false;
  }
  return true;
}
