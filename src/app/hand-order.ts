/** Keys of an order by hand (fractional indexing): a row that is moved gets a key between its new neighbours', and they keep theirs. */
import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';

export interface Ordered {
  readonly id: string;
  readonly order: string;
}

/**
 * The keys to write so that `moved` stands before row `at` of `others`, which are in order. Most often that is one key. Neighbours whose keys
 * are alike (written at the same moment, or never) or are none (any app may have written them) get new ones, as many as it takes.
 */
export function keysForMove(
  others: readonly Ordered[],
  at: number,
  moved: Ordered,
): readonly { readonly id: string; readonly order: string }[] {
  let low = at - 1;
  while (low >= 0 && !isKey(others[low]?.order)) low -= 1;
  const lower = others[low]?.order ?? null;
  let high = at;
  while (high < others.length && !isAbove(others[high]?.order, lower)) high += 1;
  const between = [...others.slice(low + 1, at), moved, ...others.slice(at, high)];
  const keys = generateNKeysBetween(lower, others[high]?.order ?? null, between.length);
  return between.map(({ id }, index) => ({ id, order: keys[index] ?? '' }));
}

/** `count` keys in order, between two. */
export function keysBetween(start: string, end: string, count: number): readonly string[] {
  return generateNKeysBetween(start, end, count);
}

/** A key behind `last`; `otherwise` if that is no key that one can stand behind. */
export function keyBehind(last: string, otherwise: string): string {
  return isKey(last) ? generateKeyBetween(last, null) : otherwise;
}

function isAbove(key: string | undefined, lower: string | null): boolean {
  return isKey(key) && (lower === null || key > lower);
}

/** True for a key that another can stand before and behind. */
function isKey(key: string | undefined): key is string {
  // The library takes other characters for digits, and gives keys that stand elsewhere.
  if (key === undefined || !/^[A-Za-z][0-9A-Za-z]+$/.test(key)) return false;
  try {
    return generateKeyBetween(null, key) < key && key < generateKeyBetween(key, null);
  } catch {
    return false;
  }
}
