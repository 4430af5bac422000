/**
 * Where a page ends (DESIGN §7). From its first entry on a page takes entries while their weights fit together; if all that are left fit,
 * they are the last page. Otherwise it ends after the entry whose key hash is least, of equal ones the first, among the places where the
 * page has at least its least weight; if there is no such place, before the entry that does not fit.
 *
 * 1. Given its first entry, where a page ends follows from the entries alone, and from none behind the first that does not fit.
 * 2. A page has no more weight than fits unless it has `fewest` entries: a leaf of one, a node of two (so that each level has
 *    fewer pages than the one below it).
 *
 * The key hash is FNV-1a with 32 bits over the key's UTF-8 bytes (offset basis 0x811c9dc5, prime 0x01000193) and, since that of keys which
 * differ in their last byte alone differs in few bits, the final mix of MurmurHash3: h ^= h >>> 16, h *= 0x85ebca6b, h ^= h >>> 13,
 * h *= 0xc2b2ae35, h ^= h >>> 16.
 */
import { limits } from '../limits.ts';

/** Bounds for the weights of a page's entries together. */
export interface PageSizes {
  readonly least: number;
  readonly most: number;
  /** So many entries a page has whatever they weigh, unless there are no more. */
  readonly fewest: number;
}

export interface Weighed {
  readonly key: string;
  readonly weight: number;
}

/** The sizes of pages that have so much weight besides their entries. */
export const sizesBeside = (headWeight: number, fewest: number): PageSizes => ({
  least: limits.pageLeastBytes - headWeight,
  most: limits.pageBytes - headWeight,
  fewest,
});

/** How many entries the first page has, if others follow it; 0 if all of these stand together unless more come. */
export function pageEnd(entries: readonly Weighed[], { least, most, fewest }: PageSizes): number {
  let weight = 0;
  let end = 0;
  let leastHash = Number.POSITIVE_INFINITY;
  for (let count = 0; count < entries.length; count++) {
    const entry = entries[count];
    if (entry === undefined) break;
    if (weight + entry.weight > most && count >= fewest) return end === 0 ? count : end;
    weight += entry.weight;
    if (weight < least || count + 1 < fewest) continue;
    const hash = keyHash(entry.key);
    if (hash < leastHash) {
      leastHash = hash;
      end = count + 1;
    }
  }
  return 0;
}

/** 32 bits: see above. */
export function keyHash(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit < 0x80) {
      hash = step(hash, unit);
    } else if (unit < 0x800) {
      hash = step(step(hash, 0xc0 | (unit >> 6)), tail(unit));
    } else if (unit < 0xd800 || unit > 0xdfff) {
      hash = step(step(step(hash, 0xe0 | (unit >> 12)), tail(unit >> 6)), tail(unit));
    } else {
      const point = key.codePointAt(i++) ?? 0;
      hash = step(step(hash, 0xf0 | (point >> 18)), tail(point >> 12));
      hash = step(step(hash, tail(point >> 6)), tail(point));
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const step = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** The last byte of a character's UTF-8 whose lowest six bits are these. */
const tail = (bits: number): number => 0x80 | (bits & 63);
