/**
 * How much of the journal may lie above the base (DESIGN §7). More than `due` is folded; beyond `most` writers wait for that.
 * Much is written in one go where one fold follows the other: there the limits grow with the base, so that pages are not written anew for
 * each few rows.
 */
import type { Base } from './base.ts';

export interface Weight {
  readonly ops: number;
  readonly bytes: number;
}

const least: Weight = { ops: 20_000, bytes: 8 * 1024 * 1024 };
const greatest: Weight = { ops: 128_000, bytes: 32 * 1024 * 1024 };

export function dueWeight(base: Base, isBulk: boolean): Weight {
  if (!isBulk) return least;
  const rows = [...base.tables.values()].reduce((sum, { entries }) => sum + entries, 0);
  const share = Math.min(1, rows / 8 / greatest.ops);
  return {
    ops: Math.max(least.ops, greatest.ops * share),
    bytes: Math.max(least.bytes, greatest.bytes * share),
  };
}

export function isBeyond(weight: Weight, limit: Weight): boolean {
  return weight.ops >= limit.ops || weight.bytes >= limit.bytes;
}

/** What of the journal lies above the base, by its records. */
export class JournalWeight {
  readonly #records: (Weight & { readonly position: number })[] = [];
  #ops = 0;
  #bytes = 0;

  get total(): Weight {
    return { ops: this.#ops, bytes: this.#bytes };
  }

  add(position: number, ops: number, bytes: number): void {
    this.#records.push({ position, ops, bytes });
    this.#ops += ops;
    this.#bytes += bytes;
  }

  /** Lets go of the records up to a position. */
  drop(through: number): void {
    const kept = this.#records.findIndex(({ position }) => position > through);
    for (const { ops, bytes } of this.#records.splice(0, kept < 0 ? this.#records.length : kept)) {
      this.#ops -= ops;
      this.#bytes -= bytes;
    }
  }
}
