/**
 * A page: rows of one table in the order of their ids, packed (DESIGN §7). Its bytes are a function of the rows alone, and one row
 * is read without decoding the others.
 *
 *     format u8 = 1 · rows u16 · bytes of the body u32
 *     for each row: where it begins in the body u16, where its texts begin in the pool u16
 *     body: heads and values of CBOR   ·   pool: every text of the page, one after the other, as UTF-8
 *
 * 1. Texts stand in the pool; in their place the body has a head of major type 3 whose argument is their length in UTF-16 units. So the
 *    platform's decoder is called once a page, and not once a text, which takes half of the time. Texts inside lists and maps stay there.
 * 2. The body begins with the table, the least stamp of the page, its columns in ascending order, and its shapes: the sets of columns that
 *    rows have, in the order in which rows first have them. A row is its id, shape, flags, versions, and its values in the order of columns.
 * 3. Most rows were written at once: one version for all cells, two or three bytes long. The flags say what else a row has.
 *
 * A page from elsewhere is read with every bound checked, and throws `malformed`; that its bytes are those of its rows, and no others,
 * shows when they are packed again (`page-writing`).
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, compareText, utf8 } from './bytes.ts';
import { type CborValue, Reader } from './cbor-reader.ts';
import { flags, indexBytes, type PageEntry, type PageRow, pageFormat, pageHeadBytes } from './page-layout.ts';
import { asDeviceNumber, asStamp, type Version } from './stamp.ts';

export type { PageEntry, PageRow } from './page-layout.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a page with its head read. Rows are decoded when they are asked for. */
export class Page {
  readonly table: string;
  readonly count: number;
  readonly #bytes: Bytes;
  readonly #index: DataView;
  readonly #bodyAt: number;
  readonly #poolAt: number;
  readonly #least: number;
  readonly #shapes: readonly (readonly string[])[];

  /** @throws malformed */
  constructor(bytes: Bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < pageHeadBytes || view.getUint8(0) !== pageFormat)
      throw malformed('No page of this format');
    this.count = view.getUint16(1);
    this.#bodyAt = pageHeadBytes + this.count * indexBytes;
    this.#poolAt = this.#bodyAt + view.getUint32(3);
    if (this.#poolAt > bytes.length) throw malformed('A page whose parts do not fit');
    this.#bytes = bytes;
    this.#index = new DataView(bytes.buffer, bytes.byteOffset + pageHeadBytes, this.count * indexBytes);
    const read = this.#read(-1);
    this.table = read.text(limits.nameBytes);
    this.#least = read.body.uint();
    const columns = Array.from({ length: read.body.array() }, () => read.text(limits.nameBytes));
    this.#shapes = Array.from({ length: read.body.array() }, () =>
      Array.from({ length: read.body.array() }, () => {
        const column = columns[read.body.uint()];
        if (column === undefined) throw read.body.fail('A column that is not here');
        return column;
      }),
    );
    read.finish();
  }

  /** The id of a row, by its place. @throws malformed */
  idAt(at: number): string {
    return this.#read(at).text(limits.rowIdBytes);
  }

  /** The place of a row, or -1. Looks at a few ids, and decodes none. @throws malformed */
  find(id: string): number {
    const wanted = utf8(id);
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compareId(middle, wanted, id.length);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** @throws malformed */
  row(at: number): PageRow {
    const read = this.#read(at);
    read.text(limits.rowIdBytes);
    const row = this.#row(read);
    read.finish();
    return row;
  }

  /** All rows, in order; texts are decoded once for all of them. @throws malformed */
  entries(): PageEntry[] {
    if (this.count === 0) return [];
    const read = new RowReader(
      this.#body(this.#bodyStart(0), this.#poolAt - this.#bodyAt),
      this.#pool(this.#poolStart(0), this.#bytes.length - this.#poolAt),
    );
    const entries: PageEntry[] = [];
    let before: string | null = null;
    for (let at = 0; at < this.count; at++) {
      if (read.body.pos !== this.#bodyAt + this.#bodyStart(at))
        throw read.body.fail('A row out of its place');
      const id = read.text(limits.rowIdBytes);
      if (before !== null && compareText(before, id) >= 0) throw read.body.fail('Rows out of order');
      entries.push([id, this.#row(read)]);
      before = id;
    }
    read.finish();
    return entries;
  }

  /** What lies between the beginning of a row and that of the next; -1 for what comes before the first. */
  #read(at: number): RowReader {
    const last = at === this.count - 1;
    return new RowReader(
      this.#body(
        at < 0 ? 0 : this.#bodyStart(at),
        last ? this.#poolAt - this.#bodyAt : this.#bodyStart(at + 1),
      ),
      this.#pool(
        at < 0 ? 0 : this.#poolStart(at),
        last ? this.#bytes.length - this.#poolAt : this.#poolStart(at + 1),
      ),
    );
  }

  #body(from: number, to: number): Reader {
    const end = this.#bodyAt + to;
    if (from > to || end > this.#poolAt) throw malformed('A row that does not fit its page');
    return new Reader(this.#bytes, this.#bodyAt + from, end);
  }

  #pool(from: number, to: number): string {
    const end = this.#poolAt + to;
    if (from > to || end > this.#bytes.length) throw malformed('Texts that do not fit their page');
    try {
      return decoder.decode(this.#bytes.subarray(this.#poolAt + from, end));
    } catch {
      throw malformed('Text that is no UTF-8');
    }
  }

  #bodyStart(at: number): number {
    return this.#index.getUint16(at * indexBytes);
  }

  #poolStart(at: number): number {
    return this.#index.getUint16(at * indexBytes + 2);
  }

  /** The order of a row's id and another: by their bytes, as texts are ordered. */
  #compareId(at: number, wanted: Bytes, units: number): number {
    const from = this.#poolAt + this.#poolStart(at);
    const end = Math.min(wanted.length, this.#bytes.length - from);
    for (let i = 0; i < end; i++) {
      const difference = (this.#bytes[from + i] ?? 0) - (wanted[i] ?? 0);
      if (difference !== 0) {
        // What is behind the end of a shorter id are other texts.
        const length = this.#body(this.#bodyStart(at), this.#poolAt - this.#bodyAt).head(3);
        return isWithin(this.#bytes, from, i, length) ? difference : -1;
      }
    }
    return this.#body(this.#bodyStart(at), this.#poolAt - this.#bodyAt).head(3) - units;
  }

  #row(read: RowReader): PageRow {
    const { body } = read;
    const shape = this.#shapes[body.uint()];
    if (shape === undefined) throw body.fail('A shape that is not here');
    const has = body.uint();
    if (has > 15) throw body.fail('Flags that are not known');
    const tombstone = has & flags.tombstone ? this.#version(body) : null;
    const restored = has & flags.restored ? this.#version(body) : null;
    const versions: Version[] = [];
    const count = has & flags.versions ? body.array() : Math.min(1, shape.length);
    for (let i = 0; i < count; i++) versions.push(this.#version(body));
    const numbers = has & flags.versions ? shape.map(() => body.uint()) : null;
    const cells = new Map<string, { value: CborValue; version: Version }>();
    for (let i = 0; i < shape.length; i++) {
      const version = versions[numbers?.[i] ?? 0];
      const column = shape[i];
      if (version === undefined || column === undefined) throw body.fail('A version that is not here');
      cells.set(column, { value: read.value(), version });
    }
    return { cells, tombstone, restored, truncated: (has & flags.truncated) !== 0 };
  }

  #version(body: Reader): Version {
    const device = asDeviceNumber(body.uint());
    return { device, stamp: asStamp(this.#least + body.uint()) };
  }
}

/** Reads a stretch of the body, with its texts at hand. */
class RowReader {
  readonly body: Reader;
  readonly #pool: string;
  #at = 0;

  constructor(body: Reader, pool: string) {
    this.body = body;
    this.#pool = pool;
  }

  /** A text of at most so many UTF-16 units. */
  text(most: number): string {
    const units = this.body.head(3);
    const end = this.#at + units;
    if (units > most || end > this.#pool.length) throw this.body.fail('A text that does not fit');
    // Between the two halves of one character no text ends.
    if ((this.#pool.charCodeAt(end) & 0xfc00) === 0xdc00)
      throw this.body.fail('A text that ends in a character');
    const text = this.#pool.slice(this.#at, end);
    this.#at = end;
    return text;
  }

  value(): CborValue {
    const { body } = this;
    return (body.bytes[body.pos] ?? 0) >> 5 === 3
      ? this.text(limits.cellBytes)
      : body.value(limits.cellDepth);
  }

  /** Throws unless all of it was read. */
  finish(): void {
    this.body.finish();
    if (this.#at !== this.#pool.length) throw this.body.fail('Texts that belong to nothing');
  }
}

/** Whether the byte at `offset` still belongs to a text of so many UTF-16 units that begins at `from`. */
function isWithin(bytes: Bytes, from: number, offset: number, units: number): boolean {
  let passed = 0;
  for (let i = 0; i <= offset; i++) {
    const byte = bytes[from + i] ?? 0;
    // A character begins; one of four bytes takes two units.
    if ((byte & 0xc0) !== 0x80) passed += byte >= 0xf0 ? 2 : 1;
  }
  return passed <= units;
}

function malformed(what: string): CairnError {
  return new CairnError('malformed', what);
}
