/**
 * The oracle of the store's tests: rows as plain maps, every rule of DESIGN §4 written down once more and as simply
 * as can be, with nothing shared with the code under test.
 */
import type { CborValue } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp, type Version } from '../../src/format/stamp.ts';
import type { Draft } from '../../src/model/draft.ts';
import type { RowState } from '../../src/model/row.ts';

type At = readonly [stamp: number, device: number];

interface PlainRow {
  readonly cells: Map<string, { value: CborValue; at: At }>;
  deleted: At | null;
  restored: At | null;
}

export class PlainRows {
  readonly #rows = new Map<string, PlainRow>();

  /** What another device, or this one, wrote at one stamp. */
  merge(ops: readonly Op[], at: At): void {
    for (const op of ops) {
      const row = this.#row(op.table, op.id);
      if (op.kind === 'delete' && later(at, row.deleted)) row.deleted = at;
      if (op.kind === 'restore' && later(at, row.restored)) row.restored = at;
      if (op.kind !== 'put') continue;
      for (const [name, value] of op.cells) {
        if (later(at, row.cells.get(name)?.at ?? null)) row.cells.set(name, { value, at });
      }
    }
  }

  /**
   * The ops of a local transaction, by walking through it; `null` if it must be refused (a patch of a row that is not
   * live, a restore of one that never was).
   */
  settle(drafts: readonly Draft[]): Op[] | null {
    const written = new Map<
      string,
      { table: string; id: string; live: boolean; known: boolean; cells: Map<string, CborValue>; end: string }
    >();
    for (const { kind, table, id, ...rest } of drafts) {
      const known = this.#rows.has(key(table, id));
      const row = written.get(key(table, id)) ?? {
        table,
        id,
        live: this.live(table, id),
        known,
        cells: new Map(),
        end: '',
      };
      if (kind === 'patch' && !row.live) return null;
      if (kind === 'restore' && !row.live && !row.known) return null;
      written.set(key(table, id), row);
      const before = row.live;
      row.known = true;
      row.live = kind !== 'delete';
      if (kind === 'delete' && before) row.end = 'delete';
      if (kind === 'restore' && !before) row.end = 'restore';
      if ('cells' in rest) {
        for (const [name, value] of rest.cells) row.cells.set(name, value);
        if (row.end === 'delete') row.end = '';
      }
    }
    const ops: Op[] = [];
    for (const { table, id, cells, end } of written.values()) {
      if (end === 'delete') ops.push({ kind: 'delete', table, id });
      else {
        if (cells.size > 0) ops.push({ kind: 'put', table, id, cells, seen: new Map() });
        if (end === 'restore') ops.push({ kind: 'restore', table, id });
      }
    }
    return ops;
  }

  live(table: string, id: string): boolean {
    const row = this.#rows.get(key(table, id));
    if (!row) return false;
    const marks = [
      ...[...row.cells.values()].map((cell) => cell.at),
      ...(row.restored ? [row.restored] : []),
    ];
    return marks.some((mark) => later(mark, row.deleted));
  }

  /** All rows in order of table and id, in a form to compare. */
  all(): unknown[] {
    return [...this.#rows.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, row]) => [
        name,
        [...row.cells]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([column, { value, at }]) => [column, value, ...at]),
        row.deleted,
        row.restored,
      ]);
  }

  /** All rows in the form of the store's, for a digest. */
  *states(): Generator<readonly [table: string, id: string, row: RowState]> {
    for (const [name, { cells, deleted, restored }] of this.#rows) {
      const slash = name.indexOf('/');
      const states = [...cells].map(
        ([column, { value, at }]) => [column, { value, version: version(at) }] as const,
      );
      yield [
        name.slice(0, slash),
        name.slice(slash + 1),
        {
          cells: new Map(states),
          tombstone: deleted && version(deleted),
          restored: restored && version(restored),
          truncated: false,
        },
      ];
    }
  }

  #row(table: string, id: string): PlainRow {
    const row = this.#rows.get(key(table, id)) ?? { cells: new Map(), deleted: null, restored: null };
    this.#rows.set(key(table, id), row);
    return row;
  }
}

/** A row of the store in the form of `PlainRows.all`. */
export function plainly(table: string, id: string, row: RowState): unknown {
  const at = (version: { stamp: number; device: number } | null) =>
    version === null ? null : [version.stamp, version.device];
  return [
    key(table, id),
    [...row.cells]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([column, cell]) => [column, cell.value, cell.version.stamp, cell.version.device]),
    at(row.tombstone),
    at(row.restored),
  ];
}

const key = (table: string, id: string): string => `${table}/${id}`;
const version = ([stamp, device]: At): Version => ({ stamp: asStamp(stamp), device: asDeviceNumber(device) });
const later = (a: At, b: At | null): boolean => b === null || a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
