/**
 * How many rows are shown, and how many are live and wait for a row that they refer to. Counted anew some time after a change, never at
 * its cost: few rows when it is asked how many there are, many at most once in `restMs` and at most a twentieth of the time, a piece at
 * a time while something else is asked for.
 */
import { isLive, type RowState } from '../model/row.ts';
import { present } from '../store/away.ts';
import type { Rows } from '../store/rows.ts';
import type { StoreRows } from './shown-rows.ts';
import type { Clock } from './updates.ts';

export interface RowCount {
  readonly live: number;
  readonly hidden: number;
}

const restMs = 200;
const shareOfTime = 20;
/** So many rows are counted before others have their turn. */
const turnRows = 2_000;
/** How long others have their turn when there are any, milliseconds. */
const wayMs = 100;

export class RowCounts {
  readonly #clock: Clock;
  readonly #rows: Rows;
  readonly #shown: StoreRows;
  readonly #onNews: () => void;
  #value: RowCount | null = null;
  /** What changed since the last count began. */
  #isStale = false;
  #cancel: (() => void) | null = null;
  #isCounting = false;
  #restMs = restMs;
  #isOver = false;
  /** Something was asked for since the last turn. */
  #isAsked = false;

  constructor(clock: Clock, rows: Rows, shown: StoreRows, onNews: () => void) {
    this.#clock = clock;
    this.#rows = rows;
    this.#shown = shown;
    this.#onNews = onNews;
    this.changed();
  }

  get value(): RowCount | null {
    if (this.#isStale && this.#areFew) this.#countAtOnce();
    return this.#value;
  }

  changed(): void {
    this.#isStale = true;
    if (!this.#areFew) this.#arm();
  }

  /** To be told when something else is asked for. */
  asked(): void {
    this.#isAsked = true;
  }

  close(): void {
    this.#isOver = true;
    this.#cancel?.();
  }

  /** All rows are at hand and soon counted. */
  get #areFew(): boolean {
    return this.#rows.base.tables.size === 0 && this.#rows.above.size <= turnRows;
  }

  #countAtOnce(): void {
    const count = { live: 0, hidden: 0 };
    for (const table of Object.keys(this.#shown.schema.tables)) {
      for (const [, row] of this.#rows.above.scan(table)) {
        if (isLive(row)) count[attached(this.#shown, table, row) ? 'live' : 'hidden'] += 1;
      }
    }
    this.#isStale = false;
    this.#value = count;
  }

  #arm(): void {
    if (this.#cancel !== null || this.#isCounting || this.#isOver) return;
    this.#cancel = this.#clock.setTimer(this.#restMs, () => {
      this.#cancel = null;
      void this.#count();
    });
  }

  async #count(): Promise<void> {
    this.#isCounting = true;
    this.#isStale = false;
    const began = this.#clock.monotonic();
    try {
      const count = { live: 0, hidden: 0 };
      let looked = 0;
      for await (const [table, , row] of this.#rows.all(Object.keys(this.#shown.schema.tables))) {
        if (this.#isOver) return;
        looked += 1;
        if (looked % turnRows === 0) await this.#giveWay();
        if (!isLive(row)) continue;
        count[(await present(() => attached(this.#shown, table, row))) ? 'live' : 'hidden'] += 1;
      }
      this.#set(count);
    } catch {
      // What cannot be read is told where it is asked for; here it stays unknown.
      this.#set(null);
    } finally {
      this.#isCounting = false;
      this.#restMs = Math.max(restMs, shareOfTime * (this.#clock.monotonic() - began));
      if (this.#isStale) this.#arm();
    }
  }

  async #giveWay(): Promise<void> {
    const ms = this.#isAsked ? wayMs : 0;
    this.#isAsked = false;
    await new Promise<void>((goOn) => this.#clock.setTimer(ms, goOn));
  }

  #set(value: RowCount | null): void {
    const before = this.#value;
    this.#value = value;
    if (before?.live !== value?.live || before?.hidden !== value?.hidden) this.#onNews();
  }
}

function attached(shown: StoreRows, table: string, { cells }: RowState): boolean {
  return shown.isAttached(table, (column) => cells.get(column)?.value);
}
