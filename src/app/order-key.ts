/**
 * The place of a new row at the end of an order by hand. Keys are those of `fractional-indexing`, compared as text: `g` says that seven
 * digits in base 62 follow, which are the time in milliseconds; so devices that add at the same time need not know of each other, and
 * each one's rows stand in the order in which they were written.
 */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The key of a moment, milliseconds since the epoch up to the year 2081. */
export function keyOfTime(ms: number): string {
  let key = '';
  for (let rest = ms; key.length < 7; rest = Math.floor(rest / digits.length)) {
    key = (digits[rest % digits.length] ?? '') + key;
  }
  return `g${key}`;
}

/** A key behind `last`, the greatest there is, also when a clock that is ahead wrote that. */
export async function keyAtEnd(last: string, now: number): Promise<string> {
  const key = keyOfTime(now);
  return last < key ? key : (await import('./hand-order.ts')).keyBehind(last, key);
}
