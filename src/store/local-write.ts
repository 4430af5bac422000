import { deflate } from '../crypto/deflate.ts';
import { tagLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { Op } from '../format/changeset.ts';
import { encodeChangeset } from '../format/changeset-writing.ts';
import { encodeBody } from '../format/opened-entry.ts';
import { limits } from '../limits.ts';
import { nextStamp } from '../model/clock.ts';
import { type Draft, settleDraft } from '../model/draft.ts';
import { canWrite } from '../model/membership-state.ts';
import { isLive, type RowState } from '../model/row.ts';
import type { LocalRecord } from './record.ts';
import type { Rows } from './rows.ts';
import type { Standing } from './standing.ts';

/**
 * From what a transaction wrote to the one record that holds it (PUSH-1). Pure and at once, so it runs inside `decide` and
 * again whenever another tab was first.
 *
 * 1. All ops share one stamp, above everything this store has seen (MRG-12).
 * 2. A changeset that would not fit one sealed entry, deflated, is refused before anything is written (PUSH-11).
 * 3. Only a current device of a member who may write writes.
 *
 * @throws Away for rows of the base that are not at hand
 */
export function localRecord(
  drafts: readonly Draft[],
  rows: Pick<Rows, 'get' | 'need'>,
  standing: Standing,
  now: number,
): LocalRecord | null {
  const { device } = standing;
  if (device === null || !canWrite(standing.membership, device)) {
    throw new CairnError('not-a-writer', 'This device may not write in the space');
  }
  rows.need(drafts.map(({ table, id }) => [table, id]));
  const ops = settleWrite(drafts, (table, id) => rows.get(table, id));
  if (ops.length === 0) return null;
  const decoded = { stamp: nextStamp(standing.clock, now), ops };
  const changeset = encodeChangeset(decoded);
  checkFits(changeset);
  return { kind: 'local', device, changeset, decoded };
}

/**
 * The ops that drafts come to on top of rows as they are. A patch needs a live row and a restore a row that was here once: else
 * `not-found`. Deleting what is not live, and restoring what is, are nothing.
 */
export function settleWrite(
  drafts: readonly Draft[],
  rowAt: (table: string, id: string) => RowState | undefined,
): Op[] {
  const lives = new Lives(rowAt);
  return settleDraft(
    drafts.filter((draft) => lives.take(draft)),
    rowAt,
  );
}

/** Which rows are live in the middle of a transaction. */
class Lives {
  readonly #rowAt: (table: string, id: string) => RowState | undefined;
  readonly #written = new Map<string, Map<string, boolean>>();

  constructor(rowAt: (table: string, id: string) => RowState | undefined) {
    this.#rowAt = rowAt;
  }

  /** True if the draft does something. */
  take(draft: Draft): boolean {
    const { kind, table, id } = draft;
    switch (kind) {
      case 'put':
        this.#set(table, id, true);
        return true;
      case 'patch':
        if (!this.#live(table, id)) throw notFound(draft);
        return true;
      case 'delete': {
        const live = this.#live(table, id);
        this.#set(table, id, false);
        return live;
      }
      case 'restore': {
        const live = this.#live(table, id);
        if (!live && !this.#known(table, id)) throw notFound(draft);
        this.#set(table, id, true);
        return !live;
      }
    }
  }

  #live(table: string, id: string): boolean {
    const written = this.#written.get(table)?.get(id);
    if (written !== undefined) return written;
    const row = this.#rowAt(table, id);
    return row !== undefined && isLive(row);
  }

  #known(table: string, id: string): boolean {
    return this.#written.get(table)?.has(id) || this.#rowAt(table, id) !== undefined;
  }

  #set(table: string, id: string, live: boolean): void {
    const ids = this.#written.get(table) ?? new Map<string, boolean>();
    this.#written.set(table, ids);
    ids.set(id, live);
  }
}

function notFound({ kind, table, id }: Draft): CairnError {
  return new CairnError('not-found', `There is no row to ${kind}: ${table} ${id}`, { table, id });
}

/** More than an entry's header and framing can take beside its sealed body. */
const entryOverhead = 256;

function checkFits(changeset: Bytes): void {
  const room = limits.entryBytes - entryOverhead - tagLength;
  const body = encodeBody([changeset]);
  if (body.length <= room) return;
  if (body.length <= limits.bodyBytes && deflate(body).length <= room) return;
  throw new CairnError('transaction-too-large', `A transaction of ${changeset.length} bytes fits no entry`, {
    size: changeset.length,
    limit: limits.entryBytes,
  });
}
