/**
 * One run of a transaction's function, as the worker sees it (APP-16).
 *
 * 1. Every read it was answered holds at one position of the journal, `#position`, with the writes made before the
 *    read laid over it. A later read moves that position forward if every earlier answer would be the same
 *    there; else it ends as `moved`.
 * 2. The commit is one append, decided at a position at which every answer still holds.
 *
 * That an answer still holds is first judged cheaply (no row or table that it could rest on has changed) and, if that
 * does not show it, by answering again and comparing. Inside an append only the cheap way is taken.
 */
import { CairnError } from '../errors.ts';
import { sameRow } from '../model/difference.ts';
import type { Draft } from '../model/draft.ts';
import type { RowKey } from '../model/row.ts';
import { requiredRefs, type Schema } from '../model/schema.ts';
import { present } from '../store/away.ts';
import type { Reads } from '../store/memory-table.ts';
import type { ReadAnswer, RowRead } from './protocol.ts';
import type { Reading } from './reading.ts';
import type { RowOverlay } from './row-overlay.ts';
import type { ShownRows } from './shown-rows.ts';

/** What a session needs of the store that it reads. */
export interface SessionRows {
  readonly position: number;
  readonly shown: ShownRows;
  readonly reading: Reading;
  /** The rows with these drafts laid over them. @throws Away, not-found */
  overlaid(drafts: readonly Draft[]): RowOverlay;
  movedSince(position: number, reads: Reads): boolean;
}

interface AnsweredRead {
  readonly read: RowRead;
  /** How many drafts came before it. */
  readonly drafts: number;
  readonly answer: ReadAnswer;
}

export class TransactionSession {
  readonly #rows: SessionRows;
  readonly #drafts: Draft[] = [];
  readonly #answered: AnsweredRead[] = [];
  readonly #readRows: RowKey[] = [];
  readonly #readTables = new Set<string>();
  #position: number;
  /** Reads are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(rows: SessionRows) {
    this.#rows = rows;
    this.#position = rows.position;
  }

  get drafts(): readonly Draft[] {
    return this.#drafts;
  }

  write(drafts: readonly Draft[]): void {
    this.#drafts.push(...drafts);
  }

  /** @throws moved, not-found, value-invalid, storage-… */
  read(read: RowRead): Promise<ReadAnswer> {
    const drafts = this.#drafts.length;
    const answered = this.#last.then(() => this.#read(read, drafts));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  /** Moves on to where the store stands now. @throws moved if an answer would be another there, storage-… */
  async advance(): Promise<void> {
    for (;;) {
      const { position } = this.#rows;
      if (this.holds()) {
        this.#position = position;
        return;
      }
      for (const { read, drafts, answer: before } of this.#answered) {
        const { answer } = await this.#answer(read, drafts);
        if (!sameAnswer(before, answer)) {
          throw new CairnError('moved', `what was read of ${read.table} has changed`, { table: read.table });
        }
      }
      // Each held at a moment from `position` on; all of them hold there if nothing moved meanwhile.
      this.#position = position;
    }
  }

  /** True if it is plain that every answer still holds. */
  holds(): boolean {
    return !this.#rows.movedSince(this.#position, { rows: this.#readRows, tables: this.#readTables });
  }

  async #read(read: RowRead, drafts: number): Promise<ReadAnswer> {
    for (;;) {
      await this.advance();
      const { answer, moment } = await this.#answer(read, drafts);
      // An earlier answer may have ceased to hold before this one did hold.
      if (!this.holds()) continue;
      this.#position = moment;
      this.#answered.push({ read, drafts, answer });
      if (read.kind === 'get') this.#readRows.push([read.table, read.id]);
      else this.#readTables.add(read.table);
      for (const table of ancestors(this.#rows.shown.schema, read.table)) this.#readTables.add(table);
      return answer;
    }
  }

  /** The answer after the first `drafts` drafts, and the position at which it held. */
  async #answer(
    read: RowRead,
    drafts: number,
  ): Promise<{ readonly answer: ReadAnswer; readonly moment: number }> {
    const { shown, reading } = this.#rows;
    const moment = (): number => this.#rows.position;
    if (drafts === 0) return reading.answer(shown, read, moment);
    for (;;) {
      const { overlay, since } = await present(() => ({
        overlay: this.#rows.overlaid(this.#drafts.slice(0, drafts)),
        since: this.#rows.position,
      }));
      const answered = await reading.answer(overlay, read, () => ({
        position: this.#rows.position,
        // The rows written to were copied from those below.
        isStale: this.#rows.movedSince(since, { rows: overlay.written, tables: [] }),
      }));
      if (!answered.moment.isStale) return { answer: answered.answer, moment: answered.moment.position };
    }
  }
}

/** The tables whose rows decide whether a row of `table` is shown. */
function ancestors(schema: Schema, table: string): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const { target } of requiredRefs(schema.tables[name] ?? {})) {
      if (found.has(target)) continue;
      found.add(target);
      visit(target);
    }
  };
  visit(table);
  return found;
}

/** Answers are plain data: rows, lists of rows, numbers, null. */
function sameAnswer(a: ReadAnswer, b: ReadAnswer): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return sameRow(a, b);
}
