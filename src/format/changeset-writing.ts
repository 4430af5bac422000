import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, compareText, utf8Length } from './bytes.ts';
import { compareKeys, Writer } from './cbor.ts';
import { type Changeset, cellDepth, type Put } from './changeset.ts';
import { asDeviceNumber, asStamp } from './stamp.ts';

/** Changesets into the one encoding that each has (`changeset`). */

/** Ops of one table on their way into bytes. */
interface TableOps {
  readonly puts: Put[];
  readonly deletes: string[];
  readonly restores: string[];
}

/**
 * The ops may come in any order.
 * @throws value-invalid for a name, id or value beyond its limits, or for two ops that contradict each other
 */
export function encodeChangeset(changeset: Changeset): Bytes {
  const tables = new Map<string, TableOps>();
  for (const op of changeset.ops) {
    let ops = tables.get(op.table);
    if (!ops) {
      ops = { puts: [], deletes: [], restores: [] };
      tables.set(op.table, ops);
    }
    if (op.kind === 'put') ops.puts.push(op);
    else if (op.kind === 'delete') ops.deletes.push(op.id);
    else ops.restores.push(op.id);
  }
  const writer = new Writer(1024);
  writer.array(2);
  writer.number(asStamp(changeset.stamp));
  writer.array(tables.size);
  for (const [table, ops] of [...tables].sort(([a], [b]) => compareText(a, b))) {
    writer.array(4);
    writeName(writer, 'table', table);
    writeTable(writer, ops);
  }
  return writer.finish();
}

function writeTable(writer: Writer, { puts, deletes, restores }: TableOps): void {
  const deleted = new Set(deletes);
  const both = restores.find((id) => deleted.has(id));
  if (both !== undefined)
    throw new CairnError('value-invalid', 'A row both deleted and restored', { id: both });
  writer.array(puts.length);
  writeEachOnce(
    puts.sort((a, b) => compareText(a.id, b.id)),
    (put) => put.id,
    (put) => writePut(writer, put),
  );
  for (const ids of [deletes, restores]) {
    writer.array(ids.length);
    writeEachOnce(
      ids.sort(compareText),
      (id) => id,
      (id) => writeId(writer, id),
    );
  }
}

function writeEachOnce<T>(sorted: readonly T[], idOf: (item: T) => string, write: (item: T) => void): void {
  let before: string | null = null;
  for (const item of sorted) {
    const id = idOf(item);
    if (id === before) throw new CairnError('value-invalid', 'Two ops of one kind on one row', { id });
    before = id;
    write(item);
  }
}

function writePut(writer: Writer, put: Put): void {
  const { id, cells, seen } = put;
  if (cells.size === 0 || cells.size > limits.columnsPerRow) {
    const values = { id, columns: cells.size, limit: limits.columnsPerRow };
    throw new CairnError('value-invalid', `A put of ${cells.size} columns`, values);
  }
  writer.array(seen.size === 0 ? 2 : 3);
  writeId(writer, id);
  writer.map(cells.size);
  for (const column of [...cells.keys()].sort(compareKeys)) {
    writeName(writer, 'column', column);
    const start = writer.length;
    writer.value(cells.get(column) ?? null, cellDepth);
    if (writer.length - start > limits.cellBytes) {
      const values = { column, size: writer.length - start, limit: limits.cellBytes };
      throw new CairnError('value-invalid', `The value of column ${column} is too large`, values);
    }
  }
  if (seen.size === 0) return;
  writer.map(seen.size);
  for (const column of [...seen.keys()].sort(compareKeys)) {
    const version = seen.get(column);
    if (!cells.has(column) || !version)
      throw new CairnError('value-invalid', 'Saw a column that it did not write');
    writer.text(column);
    writer.array(2);
    writer.number(asStamp(version.stamp));
    writer.number(asDeviceNumber(version.device));
  }
}

function writeName(writer: Writer, what: string, name: string): void {
  checkLength(what, name, limits.nameBytes);
  writer.text(name);
}

function writeId(writer: Writer, id: string): void {
  checkLength('row id', id, limits.rowIdBytes);
  writer.text(id);
}

function checkLength(what: string, text: string, limit: number): void {
  const size = utf8Length(text);
  if (size === 0 || size > limit) {
    throw new CairnError('value-invalid', `A ${what} has 1 to ${limit} bytes, not ${size}`, { size, limit });
  }
}
