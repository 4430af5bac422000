/**
 * A stretch of texts in the order of their UTF-8 bytes, half open: `from` is in it, `to` is not; null is no end.
 */
import { compareText } from '../format/bytes.ts';

export interface TextRange {
  readonly from: string;
  readonly to: string | null;
}

/** The texts that are in both; null if there are none. */
export function meet(a: TextRange, b: TextRange): TextRange | null {
  const from = compareText(a.from, b.from) < 0 ? b.from : a.from;
  const to = b.to === null || (a.to !== null && compareText(a.to, b.to) < 0) ? a.to : b.to;
  return to === null || compareText(from, to) < 0 ? { from, to } : null;
}

/** Every text that starts with this one. */
export function startingWith(prefix: string): TextRange {
  return { from: prefix, to: endOf(prefix) };
}

/** The least text above all that start with this one; null if there is none. */
export function endOf(prefix: string): string | null {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const code = last.codePointAt(0) ?? 0;
    // U+D800 to U+DFFF are no characters.
    if (code < 0x10ffff) return points.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return null;
}

/** The least text above this one. */
export function behind(text: string): string {
  return `${text}\0`;
}

/** The text up to the first half of a surrogate pair that stands alone: what has a UTF-8 form. */
export function wellFormedStart(text: string): string {
  const at = text.search(/\p{Surrogate}/u);
  return at < 0 ? text : text.slice(0, at);
}
