/**
 * A body put together from the parts in which it arrives. It takes memory for the bytes, at most twice over, and none for
 * how they were cut: whoever sends them one by one would else have each kept as an object of its own. The limit is for
 * the caller to judge before each part.
 */
import type { Bytes } from './bytes.ts';

const leastRoom = 64 * 1024;

export class Gathered {
  #bytes: Bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes a copy. */
  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#bytes.length) {
      const room = Math.max(length, 2 * this.#bytes.length, leastRoom);
      const roomier = new Uint8Array(room);
      roomier.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = roomier;
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  /** All of it, in a buffer of its own. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }
}
