import { sha256Many } from '../crypto/hash.ts';
import { type Bytes, compareText, concat, toHex } from '../format/bytes.ts';
import { Writer } from '../format/cbor.ts';
import type { Version } from '../format/stamp.ts';
import type { RowState } from './row.ts';

/**
 * One hash over everything a replica keeps: all rows of all tables, known to a schema or not, with tombstones, cells
 * and their versions. Two replicas that applied the same entries have the same digest, in whatever order they did.
 *
 *   row     = [table, id, tombstone, restored, truncated, *(name, value, stamp, device)]     columns by name
 *   version = [stamp, device] or null
 *   digest  = SHA-256 over the hashes of each 1,024 rows, as CBOR arrays, in order of (table, id)
 *
 * All orders are of UTF-8 bytes. The rows are hashed in pieces so that the platform's hash can do them side by side.
 */
type KeyedRow = readonly [table: string, id: string, row: RowState];

export async function digestRows(rows: Iterable<KeyedRow> | AsyncIterable<KeyedRow>): Promise<string> {
  const tables = new Map<string, Map<string, RowState>>();
  for await (const [table, id, row] of rows) {
    const known = tables.get(table);
    if (known === undefined) tables.set(table, new Map([[id, row]]));
    else known.set(id, row);
  }
  const pieces = new Pieces();
  for (const table of sortTexts([...tables.keys()])) {
    const ids = tables.get(table);
    for (const id of sortTexts([...(ids?.keys() ?? [])])) pieces.add(table, id, ids?.get(id));
  }
  const hashes = await sha256Many(pieces.finish());
  const [digest] = await sha256Many([concat(...hashes)]);
  return toHex(digest);
}

const rowsPerPiece = 1024;

class Pieces {
  readonly #pieces: Bytes[] = [];
  readonly #columns = new ColumnOrder();
  #writer = new Writer(1024);
  #count = 0;

  add(table: string, id: string, row: RowState | undefined): void {
    if (row === undefined) return;
    const writer = this.#writer;
    writer.array(5 + 4 * row.cells.size);
    writer.text(table);
    writer.text(id);
    writeVersion(writer, row.tombstone);
    writeVersion(writer, row.restored);
    writer.value(row.truncated);
    for (const name of this.#columns.of(row)) {
      const cell = row.cells.get(name);
      if (cell === undefined) continue;
      writer.text(name);
      writer.value(cell.value);
      writer.number(cell.version.stamp);
      writer.number(cell.version.device);
    }
    this.#count += 1;
    if (this.#count === rowsPerPiece) this.#end();
  }

  finish(): readonly Bytes[] {
    if (this.#count > 0) this.#end();
    return this.#pieces;
  }

  #end(): void {
    const head = new Writer(9);
    head.array(this.#count);
    const rows = this.#writer.finish();
    this.#pieces.push(concat(head.finish(), rows));
    // The next piece is about as long: room for it at once saves growing into it.
    this.#writer = new Writer(rows.length + 1024);
    this.#count = 0;
  }
}

/** The sorted columns of rows of which most have the same: sorted once as long as they do. */
class ColumnOrder {
  #came: readonly string[] = [];
  #sorted: readonly string[] = [];

  of({ cells }: RowState): readonly string[] {
    if (!this.#isSame(cells)) {
      this.#came = [...cells.keys()];
      this.#sorted = sortTexts([...this.#came]);
    }
    return this.#sorted;
  }

  #isSame(cells: ReadonlyMap<string, unknown>): boolean {
    if (cells.size !== this.#came.length) return false;
    let index = 0;
    for (const name of cells.keys()) {
      if (name !== this.#came[index]) return false;
      index += 1;
    }
    return true;
  }
}

function writeVersion(writer: Writer, version: Version | null): void {
  if (version === null) {
    writer.value(null);
    return;
  }
  writer.array(2);
  writer.number(version.stamp);
  writer.number(version.device);
}

/** Sorts in place by UTF-8 bytes; below U+D800 the platform's own order is the same, and faster. */
function sortTexts(texts: string[]): string[] {
  return texts.some((text) => /[\uD800-\uFFFF]/.test(text)) ? texts.sort(compareText) : texts.sort();
}
