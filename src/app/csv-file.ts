/**
 * A CSV file as records with their lines, read a piece at a time so that a large one neither blocks the page nor is parsed
 * twice. The parser (Papa Parse) is loaded with this module, which the app loads only when a file was chosen.
 *
 * The text is decoded whole before it is cut: cutting bytes, as the parser's own file reader does, breaks characters that
 * straddle a cut.
 */
import Papa from 'papaparse';
import { linesOf } from './csv.ts';

export interface CsvFile {
  readonly name: string;
  /** The first record, which may name the columns; empty for a file without any. */
  readonly first: readonly string[];
  /** The records after it, a few, for the preview. */
  readonly sample: readonly (readonly string[])[];
  /** Set when the file was not UTF-8 and was read as Windows-1252, which may show wrong letters. */
  readonly guessedEncoding: boolean;
  /** Characters of the whole file, the measure of progress. */
  readonly size: number;
  /** The records after the first `skip` (0 or 1), in order, in batches; each batch says how far into the file it reaches. */
  batches(skip: 0 | 1): Generator<CsvBatch, void>;
}

export interface CsvBatch {
  readonly records: readonly CsvRecord[];
  readonly read: number;
}

export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
  /** What is wrong with its quotes, if anything is. */
  readonly fault: string | null;
}

/** What the parser's answers hold of interest; its own types leave this one open. */
interface Parsed {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly code: string; readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

/** Characters given to the parser at once: a few milliseconds of work. */
const pieceLength = 128 * 1024;
const sampleRows = 3;

export async function openCsv(file: File): Promise<CsvFile> {
  const { text, guessedEncoding } = decodeText(await file.arrayBuffer());
  const { delimiter, linebreak } = Papa.parse(text.slice(0, pieceLength), { preview: 20 }).meta;
  const newline = linebreak === '\r' || linebreak === '\r\n' ? linebreak : '\n';
  const options = { delimiter, newline } as const;
  const shown = readRecords(text, 0, 1, options).next().value?.records ?? [];
  return {
    name: file.name,
    first: shown[0]?.cells ?? [],
    sample: shown.slice(1, 1 + sampleRows).map(({ cells }) => cells),
    guessedEncoding,
    size: text.length,
    *batches(skip) {
      let left: number = skip;
      for (const batch of readRecords(text, 0, 1, options)) {
        yield { ...batch, records: batch.records.slice(left) };
        left = 0;
      }
    },
  };
}

/** UTF-8 if it is, else Windows-1252, which any bytes are; UTF-16 by its byte order mark, as spreadsheets write it. */
function decodeText(bytes: ArrayBuffer): { text: string; guessedEncoding: boolean } {
  const [a, b] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return {
      text: new TextDecoder(a === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes),
      guessedEncoding: false,
    };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), guessedEncoding: false };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), guessedEncoding: true };
  }
}

function* readRecords(
  text: string,
  from: number,
  fromLine: number,
  options: { readonly delimiter: string; readonly newline: '\n' | '\r' | '\r\n' },
): Generator<CsvBatch, void> {
  let at = from;
  let line = fromLine;
  let length = pieceLength;
  while (at < text.length) {
    const piece = text.slice(at, at + length);
    const isLast = at + length >= text.length;
    const parser = new Papa.Parser({ ...options, quoteChar: '"', escapeChar: '"', fastMode: false });
    const { data, errors, meta } = parser.parse(piece, 0, !isLast) as Parsed;
    if (data.length === 0 && !isLast) {
      // One record is longer than the piece: take a longer one.
      length *= 2;
      continue;
    }
    const faults = new Map(errors.map(({ code, row }) => [row ?? -1, quoteFault(code)]));
    const records = data.map((cells, index): CsvRecord => {
      const record = { cells, line, fault: faults.get(index) ?? null };
      line += linesOf(cells);
      return record;
    });
    at = isLast ? text.length : at + meta.cursor;
    length = pieceLength;
    yield { records, read: at };
  }
}

function quoteFault(code: string): string {
  return code === 'MissingQuotes'
    ? 'opens a quote that is never closed, so the rest of the file was not read'
    : 'has a quote in the wrong place';
}
