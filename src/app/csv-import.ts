/**
 * Writes the records of a CSV file as lists and items, 500 rows a transaction.
 *
 * 1. A row goes to the list of its name, which is made with the first row that needs it, in the same transaction.
 * 2. What can't be written is reported with its line and never stops the rest. A batch that is refused for its contents is
 *    halved until the row at fault stands alone.
 * 3. A cancelled import keeps what was written and says how much that is.
 */
import { CairnError } from '../client/index.ts';
import { type CsvFault, type CsvRow, isFault, listOfFile, type Reading, readRecord } from './csv.ts';
import type { CsvFile } from './csv-file.ts';
import { errorWords } from './error-words.ts';
import { keysBetween } from './hand-order.ts';
import { keyOfTime } from './order-key.ts';
import { rowsPerTransaction } from './row-writing.ts';
import type { AppSpace } from './schema.ts';

export interface ImportProgress {
  readonly rows: number;
  readonly lists: number;
  /** 0 to 1. */
  readonly share: number;
  /** The first faults; `faultCount` counts all. */
  readonly faults: readonly CsvFault[];
  readonly faultCount: number;
  /** What it wrote by now, by id: what taking it back deletes. The same lists each time, which grow. */
  readonly written: Written;
}

export interface Written {
  readonly lists: readonly string[];
  readonly items: readonly string[];
}

export interface ImportReport extends ImportProgress {
  readonly cancelled: boolean;
}

const faultsKept = 200;

export async function importCsv(
  space: AppSpace,
  file: CsvFile,
  { columns, hasHeader }: Reading,
  signal: AbortSignal,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  const listIds = new Map<string, string>();
  for (const list of await space.tables.lists.query()) listIds.set(list.title, list.id);
  const fallback = listOfFile(file.name);
  const faults: CsvFault[] = [];
  let faultCount = 0;
  /** Grows, and what is told of it with it: copies of so many ids would cost more with each batch. */
  const written = { lists: [] as string[], items: [] as string[] };
  let read = 0;
  /** The moment that the rows of the transaction before stand at. */
  let moment = 0;

  const addFault = (fault: CsvFault): void => {
    faultCount += 1;
    if (faults.length < faultsKept) faults.push(fault);
  };
  const progress = (): ImportProgress => ({
    rows: written.items.length,
    lists: written.lists.length,
    share: file.size === 0 ? 1 : read / file.size,
    faults: [...faults],
    faultCount,
    written,
  });

  const write = async (batch: readonly CsvRow[]): Promise<void> => {
    if (batch.length === 0) return;
    moment = Math.max(moment + 1, Date.now());
    const keys = keysBetween(keyOfTime(moment), keyOfTime(moment + 1), batch.length);
    try {
      const made = await space.transaction((tx) => {
        const fresh = new Map<string, string>();
        const items: string[] = [];
        for (const [index, { list, ...row }] of batch.entries()) {
          let id = listIds.get(list) ?? fresh.get(list);
          if (id === undefined) {
            id = tx.tables.lists.put({ title: list });
            fresh.set(list, id);
          }
          items.push(tx.tables.items.put({ list: id, ...itemOf(row), order: keys[index] ?? '' }));
        }
        return { fresh, items };
      });
      for (const [title, id] of made.fresh) {
        listIds.set(title, id);
        written.lists.push(id);
      }
      written.items.push(...made.items);
    } catch (thrown) {
      if (!isForContents(thrown)) throw thrown;
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) {
        addFault({ line: only.line, what: `was refused: ${errorWords(thrown).means}` });
        return;
      }
      const middle = batch.length >> 1;
      await write(batch.slice(0, middle));
      await write(batch.slice(middle));
    }
  };

  let waiting: CsvRow[] = [];
  for (const batch of file.batches(hasHeader ? 1 : 0)) {
    for (const record of batch.records) {
      if (signal.aborted) break;
      if (record.fault !== null) {
        addFault({ line: record.line, what: record.fault });
        continue;
      }
      const row = readRecord(record.cells, record.line, columns, fallback);
      if (row === null) continue;
      if (isFault(row)) {
        addFault(row);
        continue;
      }
      waiting.push(row);
      if (waiting.length === rowsPerTransaction) {
        await write(waiting);
        waiting = [];
        onProgress(progress());
      }
    }
    if (signal.aborted) return { ...progress(), cancelled: true };
    read = batch.read;
    onProgress(progress());
  }
  await write(waiting);
  return { ...progress(), share: 1, cancelled: false };
}

/** The cells to write: what is as the schema has it anyway is left out. */
function itemOf({ title, note, done, priority, due }: Omit<CsvRow, 'list'>) {
  return {
    title,
    ...(note === '' ? {} : { note }),
    ...(done ? { done } : {}),
    ...(priority === null ? {} : { priority }),
    ...(due === null ? {} : { due }),
  };
}

/** True for a refusal that depends on what was written, not on when or where. */
function isForContents(thrown: unknown): thrown is CairnError {
  return (
    thrown instanceof CairnError &&
    (thrown.code === 'value-invalid' ||
      thrown.code === 'transaction-too-large' ||
      thrown.code === 'too-large')
  );
}
