/** Packs rows into a page: see `page` for the layout. */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, compareText } from './bytes.ts';
import type { CborValue } from './cbor-reader.ts';
import { Writer } from './cbor-writer.ts';
import { flags, indexBytes, type PageEntry, type PageRow, pageFormat, pageHeadBytes } from './page-layout.ts';
import type { Version } from './stamp.ts';

/** Offsets are 16 bits: a page that is larger holds one row. */
const greatestOffset = 0xffff;

/**
 * Packs rows of one table, in ascending order of their ids.
 * @throws value-invalid for more than a page holds
 */
export function encodePage(table: string, rows: readonly PageEntry[]): Bytes {
  const { shapes, shapeOfRow } = shapesOf(rows);
  const columns = [...new Set(shapes.flat())].sort(compareText);
  const least = leastStamp(rows);

  body.clear();
  pool.clear();
  const text = (value: string): void => {
    body.head(3, value.length);
    pool.add(value);
  };
  text(table);
  body.head(0, least);
  body.array(columns.length);
  for (const column of columns) text(column);
  body.array(shapes.length);
  for (const shape of shapes) {
    body.array(shape.length);
    for (const column of shape) body.head(0, columns.indexOf(column));
  }

  const index = new DataView(new ArrayBuffer(rows.length * indexBytes));
  rows.forEach(([id, row], at) => {
    const begins = [body.length, pool.flush()];
    if (rows.length > 0xffff || begins.some((offset) => offset > greatestOffset)) {
      throw new CairnError('value-invalid', 'These rows are more than a page holds', { column: null });
    }
    index.setUint16(at * indexBytes, begins[0] ?? 0);
    index.setUint16(at * indexBytes + 2, begins[1] ?? 0);
    text(id);
    const shape = shapeOfRow[at] ?? 0;
    body.head(0, shape);
    writeRow(text, row, shapes[shape] ?? [], least);
  });
  return joined(rows.length, index, body.view(), pool.finish());
}

function writeRow(
  text: (value: string) => void,
  row: PageRow,
  shape: readonly string[],
  least: number,
): void {
  const { tombstone, restored, truncated } = row;
  const versions: Version[] = [];
  const versionOf: number[] = [];
  const values: CborValue[] = [];
  for (const column of shape) {
    const cell = row.cells.get(column);
    if (cell === undefined) continue;
    const { value, version } = cell;
    values.push(value);
    // Cells that were written together share the object.
    let at = versions.at(-1) === version ? versions.length - 1 : -1;
    if (at < 0)
      at = versions.findIndex(({ stamp, device }) => stamp === version.stamp && device === version.device);
    if (at < 0) at = versions.push(version) - 1;
    versionOf.push(at);
  }
  const isMixed = versions.length > 1;
  body.head(
    0,
    (tombstone === null ? 0 : flags.tombstone) |
      (restored === null ? 0 : flags.restored) |
      (truncated ? flags.truncated : 0) |
      (isMixed ? flags.versions : 0),
  );
  const version = ({ device, stamp }: Version): void => {
    body.head(0, device);
    body.head(0, stamp - least);
  };
  if (tombstone !== null) version(tombstone);
  if (restored !== null) version(restored);
  if (isMixed) {
    body.array(versions.length);
    versions.forEach(version);
    for (const at of versionOf) body.head(0, at);
  } else versions.forEach(version);
  for (const value of values) {
    if (typeof value === 'string') text(value);
    else body.value(value, limits.cellDepth);
  }
}

/** The sets of columns that rows have, each once and sorted, in the order in which rows first have them. */
function shapesOf(rows: readonly PageEntry[]): {
  readonly shapes: readonly (readonly string[])[];
  readonly shapeOfRow: readonly number[];
} {
  const shapes: (readonly string[])[] = [];
  const numbers = new Map<string, number>();
  let number = -1;
  const shapeOfRow = rows.map(([, { cells }]) => {
    const last = shapes[number];
    if (last !== undefined && last.length === cells.size && last.every((column) => cells.has(column)))
      return number;
    const shape = [...cells.keys()].sort(compareText);
    const key = JSON.stringify(shape);
    number = numbers.get(key) ?? shapes.push(shape) - 1;
    numbers.set(key, number);
    return number;
  });
  return { shapes, shapeOfRow };
}

/** 0 for rows that nothing was written to. */
function leastStamp(rows: readonly PageEntry[]): number {
  let least = Number.MAX_SAFE_INTEGER;
  const see = (version: Version | null): void => {
    if (version !== null && version.stamp < least) least = version.stamp;
  };
  for (const [, { cells, tombstone, restored }] of rows) {
    see(tombstone);
    see(restored);
    let last: Version | null = null;
    for (const { version } of cells.values()) {
      if (version !== last) see(version);
      last = version;
    }
  }
  return least === Number.MAX_SAFE_INTEGER ? 0 : least;
}

const encoder = new TextEncoder();

/** Texts, encoded a row's at a time. */
class Pool {
  #bytes = new Uint8Array(limits.pageBytes);
  #length = 0;
  #waiting = '';

  add(text: string): void {
    this.#waiting += text;
  }

  /** Encodes what was added; gives how many bytes there are. */
  flush(): number {
    // A UTF-16 unit takes three bytes at most.
    const room = this.#length + this.#waiting.length * 3;
    if (room > this.#bytes.length) {
      const larger = new Uint8Array(room * 2);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#length += encoder.encodeInto(this.#waiting, this.#bytes.subarray(this.#length)).written;
    this.#waiting = '';
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#waiting = '';
  }

  /** What was added, where it lies. */
  finish(): Uint8Array {
    this.flush();
    return this.#bytes.subarray(0, this.#length);
  }
}

// What is written here is copied when a page is joined; the room stays for the next page.
const body = new Writer(limits.pageBytes);
const pool = new Pool();

function joined(rows: number, index: DataView, body: Bytes, pool: Uint8Array): Bytes {
  const bodyAt = pageHeadBytes + index.byteLength;
  const bytes = new Uint8Array(bodyAt + body.length + pool.length);
  const head = new DataView(bytes.buffer);
  head.setUint8(0, pageFormat);
  head.setUint16(1, rows);
  head.setUint32(3, body.length);
  bytes.set(new Uint8Array(index.buffer), pageHeadBytes);
  bytes.set(body, bodyAt);
  bytes.set(pool, bodyAt + body.length);
  return bytes;
}
