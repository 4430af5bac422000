import { loadPart } from '../load-part.ts';
import { foldConflicts } from '../model/conflict.ts';
import type { RowKey } from '../model/row.ts';
import { changesetsIn } from './decoded.ts';
import { foldRecord, withConflicts } from './fold.ts';
import { JournalWeight } from './fold-limits.ts';
import type { FoldMembers } from './fold-members.ts';
import { ChangedRows } from './memory-table.ts';
import { isPageGone } from './page-store.ts';
import type { AppliedRecord, JournalRecord } from './record.ts';
import { Rows } from './rows.ts';
import type { Standing } from './standing.ts';

/**
 * Standing and rows after the same records: the two folds of the journal, moved together.
 *
 * 1. `next` refuses a record that does not follow, and changes nothing; `advance` cannot fail after it. So
 *    what was added to the journal is always folded whole.
 * 2. Conflicts follow from the record, the standing and the rows it meets, in the journal's order.
 * 3. Whoever folds a record of others' making awaits `ready` first: what membership records take is loaded with the first.
 */
export class Folded {
  standing: Standing;
  readonly rows: Rows;
  /** Of the journal above the base. */
  readonly weight = new JournalWeight();
  readonly #loadFoldMembers: LoadFoldMembers;
  #foldMembers: FoldMembers | null = null;

  constructor(
    standing: Standing,
    rows: Rows = new Rows(),
    loadFoldMembers: LoadFoldMembers = importFoldMembers,
  ) {
    this.standing = standing;
    this.rows = rows;
    if (standing.base !== rows.base) rows.rest(standing.base);
    this.#loadFoldMembers = loadFoldMembers;
  }

  /**
   * Undefined if `record` can be folded now, else when it can; rows that it takes stay at hand for whoever holds them.
   * @throws unavailable if the code for it cannot be loaded, storage-…
   */
  ready(record: JournalRecord): Promise<void> | undefined {
    if (record.kind === 'folded') return this.rows.ready(record.base);
    if (record.kind === 'applied') return this.#bringLosers(record);
    if (record.kind !== 'members' || this.#foldMembers !== null) return undefined;
    return this.#loadFoldMembers().then((loaded) => {
      this.#foldMembers = loaded;
    });
  }

  /** The standing that `record` would lead to. Throws `internal` if it does not follow, `malformed` if it does not decode. */
  next(record: JournalRecord): Standing {
    return foldRecord(this.standing, record, this.#foldMembers);
  }

  /** Folds a record; `next` is what `next(record)` gave. Rows whose state changes go to `changed`. */
  advance(record: JournalRecord, next: Standing, changed: ChangedRows): void {
    let { conflicts } = this.standing;
    const own = next.device;
    let ops = 0;
    for (const { changeset, device } of changesetsIn(record)) {
      ops += changeset.ops.length;
      this.rows.apply(changeset, device, next.position, changed, (op, version) => {
        // What this device writes loses nothing of its own.
        const row = own === null || device === own ? undefined : this.rows.peek(op.table, op.id);
        conflicts = foldConflicts(conflicts, row, op, version, own);
      });
    }
    if (ops > 0) this.weight.add(next.position, ops, bytesIn(record));
    if (next.base !== this.standing.base) {
      this.rows.rest(next.base);
      this.weight.drop(next.base.boundary);
    }
    this.standing = withConflicts(next, conflicts);
  }

  /** Merges the rows of a record that the standing contains already: what a saved fold leaves to be done. */
  replay(position: number, record: JournalRecord): void {
    const changed = new ChangedRows();
    let ops = 0;
    for (const { changeset, device } of changesetsIn(record)) {
      ops += changeset.ops.length;
      this.rows.apply(changeset, device, position, changed);
    }
    if (ops > 0) this.weight.add(position, ops, bytesIn(record));
  }

  /** Brings the rows in which a write of this device may lose to `record`. */
  #bringLosers(record: AppliedRecord): Promise<void> | undefined {
    const { device, base } = this.standing;
    if (base.tables.size === 0 || device === null) return undefined;
    const keys: RowKey[] = [];
    for (const { changeset, device: author } of changesetsIn(record)) {
      if (author === device) continue;
      for (const { kind, table, id } of changeset.ops) if (kind === 'put') keys.push([table, id]);
    }
    return this.rows.bring(keys).catch((thrown: unknown) => {
      // Swept since two folds of another tab, which this one reads of in a moment: what it could have lost, that one has seen.
      if (!isPageGone(thrown)) throw thrown;
    });
  }
}

export type LoadFoldMembers = () => Promise<FoldMembers>;

const importFoldMembers: LoadFoldMembers = async () =>
  (await loadPart(() => import('./fold-members.ts'))).foldMembers;

/** How many bytes of changes a record holds, as they lie in it. */
function bytesIn(record: JournalRecord): number {
  if (record.kind === 'local') return record.changeset.length;
  if (record.kind !== 'applied') return 0;
  let bytes = 0;
  for (const { entries } of record.logs) {
    for (const entry of entries) if (entry.kind === 'opened') bytes += entry.packed.length;
  }
  return bytes;
}
