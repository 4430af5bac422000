import { isLive, type RowKey, type RowState } from './row.ts';
import { requiredRefs, type Schema } from './schema.ts';

/**
 * Which rows show (DESIGN §4). A row is *attached* when every required reference names a row that is live and
 * attached; it *shows* when it is live and attached itself. A row that is live and not attached is *hidden*: counted,
 * listed, never lost.
 *
 * 1. After `update` the answers are those of the definition over all rows, in whatever order rows came and went.
 * 2. The cost of an update is that of the rows that changed and of those whose answer changes with them.
 * 3. Tables the schema does not name are ignored here: their rows are kept and belong to no query.
 */
export class Attachment {
  readonly #tables: ReadonlyMap<string, TrackedTable>;
  readonly #rows: RowSource;

  constructor(schema: Schema, rows: RowSource) {
    this.#rows = rows;
    const tables = new Map<string, TrackedTable>();
    for (const name of Object.keys(schema.tables)) {
      tables.set(name, { name, refs: [], referrers: [], shown: new Set(), hidden: new Set() });
    }
    for (const [name, columns] of Object.entries(schema.tables)) {
      const table = tables.get(name);
      for (const { column, target } of requiredRefs(columns)) {
        const parent = tables.get(target);
        if (table === undefined || parent === undefined) continue;
        const reference: Reference = {
          column,
          child: table,
          parent,
          targets: new Map(),
          children: new Map(),
        };
        table.refs.push(reference);
        parent.referrers.push(reference);
      }
    }
    this.#tables = tables;
  }

  /** True when every required reference of the row leads to a row that shows; false for a table without a schema. */
  isAttached(table: string, id: string): boolean {
    const tracked = this.#tables.get(table);
    return tracked !== undefined && isAttached(tracked, id);
  }

  /** True when the row is live and attached: queries see it. */
  isShown(table: string, id: string): boolean {
    return this.#tables.get(table)?.shown.has(id) ?? false;
  }

  /** The ids of a table's rows that show, in no order of meaning. */
  shown(table: string): ReadonlySet<string> {
    return this.#tables.get(table)?.shown ?? none;
  }

  /** The ids of a table's rows that are live and not attached. */
  hidden(table: string): ReadonlySet<string> {
    return this.#tables.get(table)?.hidden ?? none;
  }

  /** How many rows show and how many are hidden, over all tables. */
  get counts(): { readonly shown: number; readonly hidden: number } {
    let [shown, hidden] = [0, 0];
    for (const table of this.#tables.values()) {
      shown += table.shown.size;
      hidden += table.hidden.size;
    }
    return { shown, hidden };
  }

  /**
   * To be called after the state of these rows changed. Returns every row that began or ceased to show, each once:
   * rows of `keys`, and rows that refer to them, however far.
   */
  update(keys: Iterable<RowKey>): RowKey[] {
    const flips = new Map<TrackedTable, Map<string, boolean>>();
    for (const [name, id] of keys) {
      const table = this.#tables.get(name);
      if (table !== undefined) this.#update(table, id, flips);
    }
    const flipped: RowKey[] = [];
    for (const [table, ids] of flips) {
      for (const [id, before] of ids) if (table.shown.has(id) !== before) flipped.push([table.name, id]);
    }
    return flipped;
  }

  /** `flips` takes down what each row that flips was at first. */
  #update(table: TrackedTable, id: string, flips: Map<TrackedTable, Map<string, boolean>>): void {
    const row = this.#rows.get(table.name, id);
    for (const reference of table.refs) retarget(reference, id, targetOf(row, reference.column));
    if (!settle(table, id, row !== undefined && isLive(row))) return;
    note(flips, table, id);
    if (table.referrers.length === 0) return;
    const work: (readonly [TrackedTable, string])[] = [[table, id]];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const [at, key] = next;
      for (const { child, children } of at.referrers) {
        for (const referrer of children.get(key) ?? none) {
          const state = this.#rows.get(child.name, referrer);
          if (!settle(child, referrer, state !== undefined && isLive(state))) continue;
          note(flips, child, referrer);
          work.push([child, referrer]);
        }
      }
    }
  }
}

/** Where rows are read from. */
export interface RowSource {
  get(table: string, id: string): RowState | undefined;
}

interface TrackedTable {
  readonly name: string;
  readonly refs: Reference[];
  /** The required references of other tables to this one. */
  readonly referrers: Reference[];
  readonly shown: Set<string>;
  readonly hidden: Set<string>;
}

/** One required reference of the schema, and who points where by it. */
interface Reference {
  readonly column: string;
  readonly child: TrackedTable;
  readonly parent: TrackedTable;
  /** Child id → parent id. */
  readonly targets: Map<string, string>;
  /** Parent id → child ids; a parent may not be here yet. */
  readonly children: Map<string, Set<string>>;
}

const none: ReadonlySet<string> = new Set();

/** Takes down that a row has just flipped, and how it was before its first flip. */
function note(flips: Map<TrackedTable, Map<string, boolean>>, table: TrackedTable, id: string): void {
  let seen = flips.get(table);
  if (seen === undefined) {
    seen = new Map();
    flips.set(table, seen);
  }
  if (!seen.has(id)) seen.set(id, !table.shown.has(id));
}

/** What a reference names; null for a row without one. A value that is no text names nothing. */
function targetOf(row: RowState | undefined, column: string): string | null {
  const value = row?.cells.get(column)?.value;
  return typeof value === 'string' ? value : null;
}

function retarget({ targets, children }: Reference, child: string, target: string | null): void {
  const before = targets.get(child);
  if (before === target || (before === undefined && target === null)) return;
  if (before !== undefined) {
    const siblings = children.get(before);
    siblings?.delete(child);
    if (siblings?.size === 0) children.delete(before);
  }
  if (target === null) {
    targets.delete(child);
    return;
  }
  targets.set(child, target);
  const siblings = children.get(target);
  if (siblings === undefined) children.set(target, new Set([child]));
  else siblings.add(child);
}

function isAttached(table: TrackedTable, id: string): boolean {
  for (const { targets, parent } of table.refs) {
    const target = targets.get(id);
    if (target === undefined || !parent.shown.has(target)) return false;
  }
  return true;
}

/** Puts the row where it belongs; true when it began or ceased to show. */
function settle(table: TrackedTable, id: string, live: boolean): boolean {
  const shows = live && isAttached(table, id);
  if (live && !shows) table.hidden.add(id);
  else table.hidden.delete(id);
  if (shows === table.shown.has(id)) return false;
  if (shows) table.shown.add(id);
  else table.shown.delete(id);
  return true;
}
