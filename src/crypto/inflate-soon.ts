/**
 * `inflate` for those who can wait, with the platform's stream where that pays: native code needs no warming up, so the
 * first entries of a sync are inflated ten times as fast.
 *
 * 1. The platform's yes, with exactly the bytes that were declared, is fflate's too. Its no, its failure or its absence
 *    means nothing: fflate decides. So there is one verdict on every platform, and the journal, which is read
 *    synchronously, gives what was applied.
 * 2. As much memory and work as `inflate` takes, in order of size.
 */
import type { Bytes } from './bytes.ts';
import { inflate } from './inflate.ts';

/** Below this many bytes starting a stream takes longer than inflating. */
const worthThePlatform = 8 * 1024;
/** What the platform is given at once: it may answer with a thousand times as much before it can be stopped. */
const platformSlice = 16 * 1024;

/** As `inflate`. @throws too-large if the declared size is above the limit; malformed */
export async function inflateSoon(packed: Bytes, declaredSize: number, limit: number): Promise<Bytes> {
  const isWorthIt = packed.length >= worthThePlatform && declaredSize <= limit;
  const plain = isWorthIt ? await inflateByPlatform(packed, declaredSize) : null;
  return plain ?? inflate(packed, declaredSize, limit);
}

/** Null where the platform has no such stream, says no, or gives more or less. */
async function inflateByPlatform(packed: Bytes, size: number): Promise<Bytes | null> {
  const plain = new Uint8Array(size);
  let filled = 0;
  try {
    const { readable, writable } = new DecompressionStream('deflate-raw');
    const writer = writable.getWriter();
    // What fails there fails the reading too.
    const ignore = (): undefined => undefined;
    for (let at = 0; at < packed.length; at += platformSlice) {
      writer.write(packed.subarray(at, at + platformSlice)).catch(ignore);
    }
    writer.close().catch(ignore);
    const reader = readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return filled === size ? plain : null;
      if (filled + value.length > size) {
        reader.cancel().catch(ignore);
        return null;
      }
      plain.set(value, filled);
      filled += value.length;
    }
  } catch {
    return null;
  }
}
