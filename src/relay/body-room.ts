/**
 * Room for bodies that are on their way: of one caller so many bytes at a time, by what its requests state, so that a caller who sends
 * slowly, and much at once, takes no more memory than that (RELAY-7, RELAY-16). A device that syncs sends one body after the other.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';

const roomBytes = 4 * limits.httpBodyBytes;
const retryMs = 1000;

export class BodyRoom {
  readonly #taken = new Map<string, number>();

  /** Gives what frees it again. @throws rate-limited */
  take(who: string, bytes: number): () => void {
    const taken = this.#taken.get(who) ?? 0;
    if (taken + bytes > roomBytes) {
      throw new CairnError('rate-limited', 'Too many bodies at once', { retryMs });
    }
    this.#taken.set(who, taken + bytes);
    return () => {
      const left = (this.#taken.get(who) ?? 0) - bytes;
      if (left > 0) this.#taken.set(who, left);
      else this.#taken.delete(who);
    };
  }
}
