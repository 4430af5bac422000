/** What cells of a CSV file say, in the words that people and other programs write. `undefined`: it is not understood, and nothing is guessed. */
import { dayOf } from './measures.ts';

const yes: ReadonlySet<string> = new Set(
  'done x true yes y 1 ✓ ✔ checked completed complete finished ja oui si sí'.split(' '),
);
const no: ReadonlySet<string> = new Set(
  ['', '-'].concat('false no n 0 open todo undone unchecked incomplete nein non'.split(' ')),
);
const priorityWords: ReadonlyMap<string, number> = new Map([
  ['high', 1],
  ['medium', 2],
  ['normal', 2],
  ['low', 3],
]);

export function doneOf(cell: string): boolean | undefined {
  const word = cell.toLowerCase();
  if (yes.has(word)) return true;
  return no.has(word) ? false : undefined;
}

/** 1 is the highest; null is none. */
export function priorityOf(cell: string): number | null | undefined {
  if (cell === '') return null;
  const known = priorityWords.get(cell.toLowerCase());
  if (known !== undefined) return known;
  return /^[1-9]\d{0,5}$/.test(cell) ? Number(cell) : undefined;
}

/** A day, as midnight UTC in milliseconds, of an ISO 8601 date with or without a time; other ways to write days say one thing here and another there. */
export function dueOf(cell: string): number | null | undefined {
  if (cell === '') return null;
  const [, day = ''] = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/.exec(cell) ?? [];
  const at = dayOf(day);
  // "2027-02-30" is read as a day of March by some engines.
  return at !== null && new Date(at).toISOString().startsWith(day) ? at : undefined;
}
