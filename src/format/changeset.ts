/**
 * A changeset: the ops of one local transaction, under one stamp.
 *
 *   changeset = [stamp, [* [table, [* put], [* id], [* id]]]]      puts, deletes, restores
 *   put       = [id, {+ column: value}]                            its cells replaced nothing
 *             / [id, {+ column: value}, {+ column: [stamp, device]}]
 *
 * The third part of a put says for a column which version its value replaced; a column that is not in it replaced none.
 *
 * 1. One set of ops has one encoding: tables ascend by their UTF-8 bytes, ids within each list too, none is empty that
 *    could be left out.
 * 2. No op contradicts another: a row is put at most once, and not both deleted and restored.
 * 3. Nothing here depends on a schema, and the device is that of the log in which the changeset stands.
 * 4. Names, ids, cells and columns keep to their limits; what arrives beyond one is `malformed` (MRG-13).
 *
 * This file reads them; `changeset-writing` makes them.
 */
import { limits } from '../limits.ts';
import { compareText } from './bytes.ts';
import { type CborValue, Reader } from './cbor.ts';
import { asDeviceNumber, asStamp, type Stamp, type Version } from './stamp.ts';

export interface Put {
  readonly kind: 'put';
  readonly table: string;
  readonly id: string;
  readonly cells: ReadonlyMap<string, CborValue>;
  /** For the columns that had a value, its version: what this write had seen. */
  readonly seen: ReadonlyMap<string, Version>;
}

export interface Delete {
  readonly kind: 'delete';
  readonly table: string;
  readonly id: string;
}

export interface Restore {
  readonly kind: 'restore';
  readonly table: string;
  readonly id: string;
}

export type Op = Put | Delete | Restore;

export interface Changeset {
  readonly stamp: Stamp;
  readonly ops: readonly Op[];
}

/** A cell's value begins in the seventh level of a body, which has 16. */
export const cellDepth: number = limits.cellDepth;

const sawNothing: ReadonlyMap<string, Version> = new Map();

/** @throws malformed */
export function decodeChangeset(bytes: Uint8Array): Changeset {
  const reader = new Reader(bytes);
  const changeset = readChangeset(reader);
  reader.finish();
  return changeset;
}

/** Reads the changeset that begins here. @throws malformed */
export function readChangeset(reader: Reader): Changeset {
  reader.tuple(2);
  const stamp = asStamp(reader.uint());
  const ops: Op[] = [];
  const tables = reader.array();
  let before: string | null = null;
  for (let i = 0; i < tables; i++) {
    reader.tuple(4);
    const table = reader.name(limits.nameBytes);
    if (table === '' || (before !== null && compareText(before, table) >= 0))
      throw reader.fail('Tables out of order');
    before = table;
    readTable(reader, table, ops);
  }
  return { stamp, ops };
}

function readTable(reader: Reader, table: string, ops: Op[]): void {
  const start = ops.length;
  const puts = reader.array();
  const order = new IdOrder(reader);
  for (let i = 0; i < puts; i++) {
    const parts = reader.array();
    if (parts !== 2 && parts !== 3) throw reader.fail('A put of other than two or three parts');
    const id = order.next();
    const cells = readCells(reader);
    ops.push({ kind: 'put', table, id, cells, seen: parts === 2 ? sawNothing : readSeen(reader, cells) });
  }
  const deleted = readIds(reader);
  for (const id of deleted) ops.push({ kind: 'delete', table, id });
  for (const id of readIds(reader)) {
    if (deleted.has(id)) throw reader.fail('A row both deleted and restored');
    ops.push({ kind: 'restore', table, id });
  }
  if (ops.length === start) throw reader.fail('A table without ops');
}

function readIds(reader: Reader): ReadonlySet<string> {
  const ids = new Set<string>();
  const count = reader.array();
  const order = new IdOrder(reader);
  for (let i = 0; i < count; i++) ids.add(order.next());
  return ids;
}

/** Reads the ids of one list, which are not empty and ascend strictly: told by their bytes, as they lie there. */
class IdOrder {
  readonly #reader: Reader;
  #before = 0;
  #beforeEnd = 0;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  next(): string {
    const reader = this.#reader;
    const id = reader.text(limits.rowIdBytes);
    const start = reader.textAt;
    if (!reader.ascends(this.#before, this.#beforeEnd, start, reader.pos)) {
      throw reader.fail('Row ids out of order');
    }
    this.#before = start;
    this.#beforeEnd = reader.pos;
    return id;
  }
}

function readCells(reader: Reader): ReadonlyMap<string, CborValue> {
  const count = reader.map();
  if (count === 0 || count > limits.columnsPerRow) throw reader.fail(`A put of ${count} columns`);
  const cells = new Map<string, CborValue>();
  readColumns(reader, count, (column) => {
    const start = reader.pos;
    cells.set(column, reader.value(cellDepth));
    if (reader.pos - start > limits.cellBytes) throw reader.fail('A cell too large');
  });
  return cells;
}

function readSeen(reader: Reader, cells: ReadonlyMap<string, CborValue>): ReadonlyMap<string, Version> {
  const count = reader.map();
  if (count === 0) throw reader.fail('A put that says nothing of what it saw');
  const seen = new Map<string, Version>();
  readColumns(reader, count, (column) => {
    if (!cells.has(column)) throw reader.fail('Saw a column that it did not write');
    reader.tuple(2);
    seen.set(column, { stamp: asStamp(reader.uint()), device: asDeviceNumber(reader.uint()) });
  });
  return seen;
}

/** Reads a map whose keys are names of columns, in the order of map keys. */
function readColumns(reader: Reader, count: number, read: (column: string) => void): void {
  let before = -1;
  let beforeEnd = -1;
  for (let i = 0; i < count; i++) {
    const start = reader.pos;
    const column = reader.name(limits.nameBytes);
    if (column === '' || (i > 0 && !reader.ascends(before, beforeEnd, start, reader.pos))) {
      throw reader.fail('Columns out of order');
    }
    before = start;
    beforeEnd = reader.pos;
    read(column);
  }
}
