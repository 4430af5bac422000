/**
 * The rows of a store: the memory table above the base (DESIGN §7).
 *
 * 1. What is read holds at one moment: the row as all of the journal that was folded made it, wherever it lies.
 * 2. A row of the base is at hand once it was read; asking for one that is not throws `Away`, which brings it.
 * 3. What was brought stays at hand while anyone `holds`, so that whoever begins again finds it.
 */
import { compareText } from '../format/bytes.ts';
import type { Changeset, Op } from '../format/changeset.ts';
import type { DeviceNumber, Version } from '../format/stamp.ts';
import { mergeRows } from '../model/merge.ts';
import type { RowKey, RowState } from '../model/row.ts';
import { Away, present } from './away.ts';
import { type Base, type BaseReader, emptyBase } from './base.ts';
import { type ChangedRows, MemoryTable, type Reads } from './memory-table.ts';
import { isPageGone } from './page-store.ts';

/** So many rows of the base stay at hand when nobody holds them. */
const mostKept = 20_000;

export class Rows {
  readonly above = new MemoryTable();
  readonly #load: () => Promise<OpenBase>;
  readonly #around: RowsAround;
  #open: OpenBase | null = null;
  #base: Base = emptyBase;
  #reader: BaseReader | null = null;
  /** Rows of the base that were read; `null` where it has none. */
  #brought = new Map<string, Map<string, RowState | null>>();
  #keptCount = 0;
  #holders = 0;
  #broken: Base | null = null;

  /** `load` gives what reads pages, when there are any; what is missing of a base is told to `around`. */
  constructor(load: () => Promise<OpenBase> = noPages, around: RowsAround = alone) {
    this.#load = load;
    this.#around = around;
  }

  /** A page of the base could not be read: it is to be made anew. */
  get isBroken(): boolean {
    return this.#broken === this.#base;
  }

  get base(): Base {
    return this.#base;
  }

  /** Reads the base as it is now; `null` while there is none. */
  get reader(): BaseReader | null {
    return this.#reader;
  }

  /** @throws Away */
  get(table: string, id: string): RowState | undefined {
    const slot = this.above.slot(table, id);
    if (slot?.isWhole || !this.#base.tables.has(table)) return slot?.row;
    const below = this.#brought.get(table)?.get(id);
    if (below === undefined) throw new Away(() => this.bring([[table, id]]));
    if (slot === undefined) return below ?? undefined;
    this.above.complete(slot, below);
    return slot.row;
  }

  /** The row as far as it is at hand. */
  peek(table: string, id: string): RowState | undefined {
    const isHere = this.#isHere(table, id);
    return isHere ? this.get(table, id) : this.above.slot(table, id)?.row;
  }

  /** Returns if all of these rows are at hand. @throws Away */
  need(keys: Iterable<RowKey>): void {
    if (this.#base.tables.size === 0) return;
    const missing = [...keys].filter(([table, id]) => !this.#isHere(table, id));
    if (missing.length > 0) throw new Away(() => this.bring(missing));
  }

  /** To be awaited before `rest`. @throws unavailable if the code for it cannot be loaded */
  async ready(base: Base): Promise<void> {
    if (base.tables.size > 0) this.#open ??= await this.#load();
  }

  /** What `work` gives once everything it looks at is at hand. @throws storage-… */
  read<T>(work: () => T): Promise<T> {
    return this.holding(async () => {
      for (;;) {
        try {
          return await present(work);
        } catch (thrown) {
          await this.recover(thrown);
        }
      }
    });
  }

  /** Settles if it is worth trying again: another tab had swept a page of a base that has been replaced. @throws what it was given */
  async recover(thrown: unknown): Promise<void> {
    const base = this.#base;
    if (!isPageGone(thrown)) throw thrown;
    await this.#around.refresh();
    if (this.#base !== base) return;
    this.#broken = base;
    this.#around.broken(thrown);
    throw thrown;
  }

  /** What is brought until `work` is over stays at hand until then. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.#holders += 1;
    try {
      return await work();
    } finally {
      this.#holders -= 1;
      if (this.#holders === 0 && this.#keptCount > mostKept) this.#letGo();
    }
  }

  /** Reads rows of the base that are not at hand. @throws storage-… */
  async bring(keys: Iterable<RowKey>): Promise<void> {
    const reader = this.#reader;
    if (reader === null) return;
    const wanted = new Map<string, Set<string>>();
    for (const [table, id] of keys) {
      if (this.#isHere(table, id)) continue;
      const ids = wanted.get(table) ?? new Set();
      wanted.set(table, ids.add(id));
    }
    for (const [table, set] of wanted) {
      const ids = [...set].sort(compareText);
      const rows = await reader.rows(table, ids).catch((thrown: unknown) => {
        if (this.#reader === reader) throw thrown;
      });
      // What was read of another base is not what is asked for now: whoever asks, asks again.
      if (rows === undefined || this.#reader !== reader) return;
      this.#keep(table, ids, rows);
    }
  }

  #keep(table: string, ids: readonly string[], rows: readonly (RowState | null)[]): void {
    const kept = this.#brought.get(table) ?? new Map<string, RowState | null>();
    this.#brought.set(table, kept);
    const before = kept.size;
    ids.forEach((id, index) => {
      kept.set(id, rows[index] ?? null);
    });
    this.#keptCount += kept.size - before;
  }

  /** A reader that asks for no row that is at hand, and has those at hand that it read, as long as they are few. */
  #throughKept(reader: BaseReader): BaseReader {
    const through: BaseReader = {
      ...reader,
      rows: async (table, ids) => {
        // What is at hand is of the base that is read now.
        const kept = this.#reader === through ? this.#brought.get(table) : undefined;
        const found = new Map(ids.flatMap((id) => (kept?.has(id) ? [[id, kept.get(id) ?? null]] : [])));
        const missing = ids.filter((id) => !found.has(id));
        const read = missing.length === 0 ? [] : await reader.rows(table, missing);
        missing.forEach((id, at) => {
          found.set(id, read[at] ?? null);
        });
        if (this.#reader === through && this.#keptCount + missing.length <= mostKept)
          this.#keep(table, missing, read);
        return ids.map((id) => found.get(id) ?? null);
      },
    };
    return through;
  }

  /**
   * Merges what one device wrote at one stamp; `position` is the journal record it came in. Rows whose state changed go to `changed`.
   * `before` is called with each op that is not merged yet.
   */
  apply(
    changeset: Changeset,
    device: DeviceNumber,
    position: number,
    changed: ChangedRows,
    before?: (op: Op, version: Version) => void,
  ): void {
    const version: Version = { stamp: changeset.stamp, device };
    for (const op of changeset.ops) {
      before?.(op, version);
      if (this.above.merge(op, version, position, this.#below(op.table, op.id))) changed.add(op.table, op.id);
    }
  }

  /** Puts another base under the rows; those that it holds leave the memory table. */
  rest(base: Base): void {
    if (base.tables.size > 0 && this.#open === null)
      throw new TypeError('A base before the code that reads it');
    this.#base = base;
    const reader = base.tables.size === 0 ? null : (this.#open?.(base) ?? null);
    this.#reader = reader && this.#throughKept(reader);
    this.#letGo();
    this.above.drop(base.boundary);
  }

  /** The names of all tables that have rows, ascending. */
  tables(): readonly string[] {
    return [...new Set([...this.above.tables(), ...this.#base.tables.keys()])].sort(compareText);
  }

  get isEmpty(): boolean {
    return this.tables().length === 0;
  }

  movedSince(position: number, reads: Reads): boolean {
    return this.above.movedSince(position, reads);
  }

  /** The rows of these tables in the order of their ids, not live ones included, as they were when this was called. @throws storage-… */
  all(
    tables: readonly string[] = this.tables(),
  ): AsyncGenerator<readonly [table: string, id: string, row: RowState]> {
    return allOf(tables, this.above.snapshot(), this.#base, this.#reader);
  }

  #isHere(table: string, id: string): boolean {
    return (
      !this.#base.tables.has(table) ||
      this.#brought.get(table)?.has(id) === true ||
      this.above.slot(table, id)?.isWhole === true
    );
  }

  /** What the base has of a row: `null` for nothing, undefined if that was not read. */
  #below(table: string, id: string): RowState | null | undefined {
    return this.#base.tables.has(table) ? this.#brought.get(table)?.get(id) : null;
  }

  #letGo(): void {
    this.#brought = new Map();
    this.#keptCount = 0;
  }
}

async function* allOf(
  tables: readonly string[],
  above: ReturnType<MemoryTable['snapshot']>,
  base: Base,
  reader: BaseReader | null,
): AsyncGenerator<readonly [table: string, id: string, row: RowState]> {
  for (const table of tables) {
    const ours = above.get(table) ?? [];
    let next = 0;
    const rest = { from: '', to: null };
    const pages = reader !== null && base.tables.has(table) ? reader.scan(table, rest, 'asc') : [];
    for await (const page of pages) {
      for (const [id, below] of page) {
        for (let mine = ours[next]; mine !== undefined && compareText(mine[0], id) < 0; mine = ours[next]) {
          yield [table, ...mine];
          next += 1;
        }
        const mine = ours[next];
        if (mine?.[0] !== id) yield [table, id, below];
        else {
          yield [table, id, mergeRows(below, mine[1])];
          next += 1;
        }
      }
    }
    for (const mine of ours.slice(next)) yield [table, ...mine];
  }
}

/** What rows need of the store that they are part of. */
export interface RowsAround {
  /** Reads on in the journal. */
  refresh(): Promise<void>;
  /** A page of the base cannot be read. */
  broken(thrown: unknown): void;
}

const alone: RowsAround = { refresh: async () => undefined, broken: () => undefined };

/** Gives what reads a base. */
export type OpenBase = (base: Base) => BaseReader;

/** Of a store that has a journal and nothing else. */
async function noPages(): Promise<never> {
  throw new TypeError('This store has no pages');
}
