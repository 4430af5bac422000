/**
 * The keys of an index: texts whose order by UTF-8 bytes is that of the values they stand for, then of ids.
 *
 *     key    group, then LF unless the group is cut, then the id
 *     group  the values, one after the other:
 *
 *     null `!` · false `#` · true `$`
 *     number   the 64 bits of the double, six a digit, the first bit turned, without the zeros at the end, then `,`; of a
 *              negative one all bits are turned, the ones at the end are left out, and it ends with `~`
 *     text     `~`, the text with U+0000 to U+000C written as FF and a character, then TAB; a text of more than 64 characters is
 *              *cut*: its first 64, then VT, and the group ends there
 *
 * 1. The order of two keys is that of their values by `compareValues`, the first column first, then that of their ids. Rows of one
 *    cut group share it whatever their values from the cut one on: readers sort those themselves.
 * 2. No whole or cut group begins with another. Keys begin with the group of some first values just if their rows have these values,
 *    or, where it is cut, values that are cut alike.
 * 3. A key is at most `longestIndexKey` bytes, and well-formed text if its values and its id are.
 * 4. A boolean takes one byte, a whole number under 128 at most four, a day eight.
 */
import type { Comparable } from './query.ts';

/** What a change of the layout counts up: keys of another format are made anew. */
export const indexKeyFormat = 1;

const longestText = 64;

/** Bytes: four texts of characters that take four bytes each, with their ends; LF; an id. */
export const longestIndexKey: number = 4 * (longestText * 4 + 2) + 1 + 128;

export function indexKey(values: readonly Comparable[], id: string): string {
  return keyIn(values.reduce(groupWith, ''), id);
}

/** The key of a row of a group. */
export function keyIn(group: string, id: string): string {
  return isCut(group) ? group + id : `${group}\n${id}`;
}

/** The group of some first values and one more; a cut one takes no more. */
export function groupWith(group: string, value: Comparable): string {
  if (isCut(group)) return group;
  if (value === null) return `${group}!`;
  if (typeof value === 'boolean') return group + (value ? '$' : '#');
  if (typeof value === 'number') return group + numberKey(value);
  const start = textStart(value);
  return `${group}~${escaped(start)}${start.length < value.length ? '\v' : '\t'}`;
}

/** What the groups of all texts that start with `prefix` start with, behind first values that are not cut. */
export function groupsOfPrefix(group: string, prefix: string): string {
  return `${group}~${escaped(textStart(prefix))}`;
}

/** True for a group whose rows may differ in their values, since a text was cut. */
export function isCut(group: string): boolean {
  return group.endsWith('\v');
}

/** The group of a key: of its first columns, or of all. Of a cut one there is no less than the cut text. */
export function groupOf(key: string, columns: number = Number.POSITIVE_INFINITY): string {
  let at = 0;
  for (let column = 0; column < columns; column++) {
    const first = key.charAt(at);
    if (first === '\n' || first === '' || key[at - 1] === '\v') break;
    at += 1;
    if ('!#$'.includes(first)) continue;
    // `includes` says yes to the '' behind the end of what is no key.
    const ends = first === '~' ? '\t\v' : ',~';
    while (!ends.includes(key.charAt(at))) at += 1;
    at += 1;
  }
  return key.slice(0, at);
}

export function idOf(key: string): string {
  const group = groupOf(key);
  return key.slice(isCut(group) ? group.length : group.length + 1);
}

/** In the order of their bytes, none of which is changed by JSON; all stand above `,` and below `~`. */
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

const double = new DataView(new ArrayBuffer(8));

function numberKey(value: number): string {
  // 0 and -0 are equal.
  double.setFloat64(0, value === 0 ? 0 : value);
  const turned = value < 0 ? -1 : 0;
  const high = double.getUint32(0) ^ (turned || 0x80000000);
  const low = double.getUint32(4) ^ turned;
  let key = '';
  const add = (digit: number): void => {
    key += digits.charAt(digit & 63);
  };
  for (let shift = 26; shift > 0; shift -= 6) add(high >>> shift);
  add((high << 4) | (low >>> 28));
  for (let shift = 22; shift > 0; shift -= 6) add(low >>> shift);
  add((low << 2) | (turned & 3));
  const empty = digits.at(turned);
  let end = key.length;
  while (key[end - 1] === empty) end -= 1;
  return key.slice(0, end) + (turned === 0 ? ',' : '~');
}

/** The first 64 characters. */
function textStart(text: string): string {
  if (text.length <= longestText) return text;
  let at = 0;
  for (let count = 0; count < longestText && at < text.length; count++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}

/** The text without U+0000 to U+000B, in the same order; few texts have any. */
function escaped(text: string): string {
  let written = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x0c) continue;
    written += `${text.slice(from, at)}\f${String.fromCharCode(unit + 0x30)}`;
    from = at + 1;
  }
  return from === 0 ? text : written + text.slice(from);
}
