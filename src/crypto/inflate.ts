/**
 * Opens raw deflate (RFC 1951) by fflate, synchronous: under a strict Content-Security-Policy its asynchronous calls cannot
 * start, and on bodies of our size it is no slower than a native stream.
 *
 * 1. `inflate` takes memory for the declared size, after that passed the limit, and a bounded amount besides.
 * 2. It refuses a stream that yields more or less than was declared, after bounded work: a few bytes can stand for a
 *    thousand times as many, so a long stream is inflated in slices and dropped at the first byte too many.
 * 3. Only what is wrong with the stream makes it malformed: who passes a malformed entry never looks at it again.
 */
import { Inflate, inflateSync } from 'fflate';
import { CairnError } from '../errors.ts';
import type { Bytes } from './bytes.ts';

/**
 * The longest stream inflated in one go, which takes half the time: what changesets that travel together come to. At worst
 * 68 MB pass by, unkept, in some 0.3 s; no more for each byte that was sent than many short streams would take.
 */
const wholeUpTo = 64 * 1024;
/** At worst a slice gives 4 MB at once. */
const slice = 4 * 1024;

/** @throws too-large if the declared size is above the limit; malformed */
export function inflate(packed: Bytes, declaredSize: number, limit: number): Bytes {
  if (declaredSize > limit) {
    const values = { size: declaredSize, limit };
    throw new CairnError('too-large', `Inflates to ${declaredSize} bytes, more than ${limit}`, values);
  }
  const isWhole = packed.length <= wholeUpTo;
  // Before anything is inflated, and outside the `try`: memory that is not to be had says nothing of the stream.
  // One spare byte shows that there was more.
  const out = new Uint8Array(isWhole ? declaredSize + 1 : declaredSize);
  let isExact: boolean;
  try {
    isExact = (isWhole ? inflateWhole : inflateInSlices)(packed, out) === declaredSize;
  } catch {
    throw new CairnError('malformed', 'Not a deflate stream');
  }
  if (!isExact) throw new CairnError('malformed', `Does not inflate to the declared ${declaredSize} bytes`);
  return isWhole ? out.slice(0, declaredSize) : out;
}

/** How many bytes came, of at most as many as there is room for; -1 for nothing at all. */
function inflateWhole(packed: Bytes, out: Bytes): number {
  // Nothing at all is no stream, though fflate would take it for one that is still to come.
  if (packed.length === 0) return -1;
  // Given a buffer fflate never makes another and drops what does not fit.
  return inflateSync(packed, { out }).length;
}

/** How many bytes came; throws as soon as there is no room, which ends the work. */
function inflateInSlices(packed: Bytes, out: Bytes): number {
  let filled = 0;
  const stream = new Inflate((part) => {
    out.set(part, filled);
    filled += part.length;
  });
  for (let at = 0; at < packed.length; at += slice) {
    stream.push(packed.subarray(at, at + slice), at + slice >= packed.length);
  }
  return filled;
}
