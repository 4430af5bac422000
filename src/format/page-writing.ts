/** Packs rows into a page: see `page` for the layout. */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, compareText } from './bytes.ts';
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
  const columns = columnsOf(rows);
  const shapes = new Shapes(columns);
  const shapeOfRow = rows.map(([, row]) => shapes.of(row));
  const least = leastStamp(rows);

  const body = new Writer(limits.pageBytes);
  const pool = new Pool();
  const text = (value: string): void => {
    body.head(3, value.length);
    pool.add(value);
  };
  text(table);
  body.head(0, least);
  body.array(columns.length);
  for (const column of columns) text(column);
  body.array(shapes.all.length);
  for (const shape of shapes.all) {
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
    writeRow(body, text, row, shapes.all[shape] ?? [], least);
  });
  return joined(rows.length, index, body.finish(), pool.finish());
}

function writeRow(
  body: Writer,
  text: (value: string) => void,
  row: PageRow,
  shape: readonly string[],
  least: number,
): void {
  const { tombstone, restored, truncated, cells } = row;
  const versions: Version[] = [];
  const versionOf: number[] = [];
  for (const column of shape) {
    const version = cells.get(column)?.version;
    if (version === undefined) continue;
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
  for (const column of shape) {
    const value = cells.get(column)?.value ?? null;
    if (typeof value === 'string') text(value);
    else body.value(value, limits.cellDepth);
  }
}

function columnsOf(rows: readonly PageEntry[]): readonly string[] {
  const columns = new Set<string>();
  for (const [, { cells }] of rows) for (const name of cells.keys()) columns.add(name);
  return [...columns].sort(compareText);
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

/** The sets of columns that rows have, each once, in the order in which rows first have them. */
class Shapes {
  readonly all: (readonly string[])[] = [];
  readonly #columns: readonly string[];
  readonly #numbers = new Map<string, number>();
  #last = -1;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  of({ cells }: PageRow): number {
    const last = this.all[this.#last];
    if (last !== undefined && last.length === cells.size && last.every((column) => cells.has(column)))
      return this.#last;
    const shape = this.#columns.filter((column) => cells.has(column));
    const key = shape.map((column) => this.#columns.indexOf(column)).join(' ');
    this.#last = this.#numbers.get(key) ?? -1;
    if (this.#last < 0) {
      this.#last = this.all.push(shape) - 1;
      this.#numbers.set(key, this.#last);
    }
    return this.#last;
  }
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

  finish(): Uint8Array {
    this.flush();
    return this.#bytes.subarray(0, this.#length);
  }
}

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
