/**
 * What turns one answer of a query into the next, so that live queries send little (DESIGN §7). It speaks of places and not of
 * ids: applying it copies runs of the list and looks at no row that stays.
 *
 * 1. `applyDifference(before, differenceOf(gone, coming))` is `before` without the rows at `gone`, and with each of `coming` before the
 *    row that had its place.
 * 2. Rows that stay keep their identity: applying gives back the objects of `before`.
 */
export interface Difference<R> {
  /** Runs of the list before that are not in the one after, ascending. */
  readonly removed: readonly (readonly [at: number, count: number])[];
  /** Runs of the list after that were not in the one before, ascending: new, changed or moved rows. */
  readonly added: readonly (readonly [at: number, rows: readonly R[]])[];
}

/** A row and the place in the list before of the row that it is to stand before. */
export type Coming<R> = readonly [place: number, row: R];

/** The difference that takes out the rows at `gone` and puts in `coming`; places of the list before, both ascending. */
export function differenceOf<R>(gone: readonly number[], coming: readonly Coming<R>[]): Difference<R> {
  const removed: [number, number][] = [];
  for (const place of gone) {
    const run = removed.at(-1);
    if (run !== undefined && run[0] + run[1] === place) run[1] += 1;
    else removed.push([place, 1]);
  }
  const added: [number, R[]][] = [];
  let passed = 0;
  for (const [number, [place, row]] of coming.entries()) {
    while (passed < gone.length && (gone[passed] ?? 0) < place) passed += 1;
    const at = place - passed + number;
    const run = added.at(-1);
    if (run !== undefined && run[0] + run[1].length === at) run[1].push(row);
    else added.push([at, [row]]);
  }
  return { removed, added };
}

/** True when a difference changes nothing. */
export function isEmptyDifference(difference: Difference<unknown>): boolean {
  return difference.removed.length === 0 && difference.added.length === 0;
}

/** The list after a difference. */
export function applyDifference<R>(before: readonly R[], { removed, added }: Difference<R>): readonly R[] {
  const [firstGone = before.length] = removed[0] ?? [];
  const [firstNew = before.length] = added[0] ?? [];
  // Until the first change, places are the same in both; most of what comes goes at the end.
  const after = before.slice(0, Math.min(firstGone, firstNew));
  let from = after.length;
  let next = 0;
  const stay = (length: number): void => {
    while (from < before.length && after.length < length) {
      const gone = removed[next];
      if (gone !== undefined && gone[0] === from) {
        from += gone[1];
        next += 1;
      } else {
        after.push(before[from]);
        from += 1;
      }
    }
  };
  for (const [at, rows] of added) {
    stay(at);
    for (const row of rows) after.push(row);
  }
  stay(Number.POSITIVE_INFINITY);
  return after;
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
