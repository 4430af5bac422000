/** What is wrong with a name that a person typed, in words. */
import { longestName } from '../client/index.ts';

/** Null for a good one; `blank` is what is said of an empty one. A letter takes one byte to four, so length alone does not tell. */
export function wrongName(name: string, blank: string): string | null {
  if (name.trim() === '') return blank;
  return new TextEncoder().encode(name.trim()).length > longestName ? 'That name is too long.' : null;
}
