/**
 * The import in hand. It goes on while the person works elsewhere in the app, so it lives beside the screens.
 *
 *   idle ──file chosen──▶ reading ──▶ chosen ──start──▶ running ──▶ done ──▶ idle
 *                            └──▶ unreadable
 */
import { signal } from '@preact/signals';
import type { Failure } from '../client/index.ts';
import { counted } from './counted.ts';
import { guessColumns, namesColumns, type Reading, type Target } from './csv.ts';
import type { CsvFile } from './csv-file.ts';
import type { ImportProgress, ImportReport } from './csv-import.ts';
import { toFailure } from './failure.ts';
import { untilDone } from './half-done.ts';
import { attempt, notify } from './notices.ts';
import type { AppSpace } from './schema.ts';

export type ImportTask =
  | { readonly kind: 'idle' }
  | { readonly kind: 'reading'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly name: string }
  | { readonly kind: 'chosen'; readonly file: CsvFile; readonly reading: Reading }
  | {
      readonly kind: 'running';
      readonly name: string;
      readonly progress: ImportProgress;
      readonly cancel: () => void;
    }
  | {
      readonly kind: 'done';
      /** The one that it wrote to, by its id: another may be open by now. */
      readonly space: string;
      readonly name: string;
      readonly report: ImportReport | (ImportProgress & { readonly failure: Failure });
    };

export const importTask = signal<ImportTask>({ kind: 'idle' });

const nothingYet: ImportProgress = {
  rows: 0,
  lists: 0,
  share: 0,
  faults: [],
  faultCount: 0,
  written: { lists: [], items: [] },
};

export async function chooseFile(file: File): Promise<void> {
  importTask.value = { kind: 'reading', name: file.name };
  try {
    // Loaded now: few visits import anything, and the parser is not small.
    const { openCsv } = await import('./csv-file.ts');
    const opened = await openCsv(file);
    const hasHeader = namesColumns(opened.first);
    const columns = guessColumns(opened.first);
    // A file of one column without names is a plain list of titles.
    const title = columns.title ?? (opened.first.length === 1 ? 0 : null);
    importTask.value = {
      kind: 'chosen',
      file: opened,
      reading: { columns: { ...columns, title }, hasHeader },
    };
  } catch {
    importTask.value = { kind: 'unreadable', name: file.name };
  }
}

export function chooseColumn(target: Target, column: number | null): void {
  const task = importTask.value;
  if (task.kind !== 'chosen') return;
  const { reading } = task;
  importTask.value = { ...task, reading: { ...reading, columns: { ...reading.columns, [target]: column } } };
}

export function chooseHeader(hasHeader: boolean): void {
  const task = importTask.value;
  if (task.kind === 'chosen') importTask.value = { ...task, reading: { ...task.reading, hasHeader } };
}

export async function startImport(space: AppSpace): Promise<void> {
  const task = importTask.value;
  if (task.kind !== 'chosen') return;
  const { file, reading } = task;
  const { name } = file;
  const stop = new AbortController();
  let progress = nothingYet;
  const show = (next: ImportProgress): void => {
    progress = next;
    importTask.value = { kind: 'running', name, progress, cancel: () => stop.abort() };
  };
  show(nothingYet);
  // Leaving now would leave half of the file behind: the browser asks first.
  const ask = (event: Event): void => event.preventDefault();
  addEventListener('beforeunload', ask);
  try {
    const { importCsv } = await import('./csv-import.ts');
    const report = await untilDone(`The import of ${name}`, () =>
      importCsv(space, file, reading, stop.signal, show),
    );
    importTask.value = { kind: 'done', space: space.id, name, report };
  } catch (thrown) {
    const report = { ...progress, failure: toFailure(thrown) };
    importTask.value = { kind: 'done', space: space.id, name, report };
  } finally {
    removeEventListener('beforeunload', ask);
  }
}

/** Deletes what the import in hand wrote. Rows that others put into its new lists meanwhile are hidden with these. */
export async function takeImportBack(space: AppSpace): Promise<void> {
  const task = importTask.value;
  if (task.kind !== 'done' || task.space !== space.id) return;
  const { written } = task.report;
  const isBack = await attempt(async () => {
    const { writeRows } = await import('./row-writing.ts');
    for (const table of ['items', 'lists'] as const)
      await writeRows(
        space,
        table,
        written[table].map((id) => ({ kind: 'delete', id })),
      );
  });
  if (!isBack) return;
  endImport();
  notify(
    `${counted(written.items.length, 'item')} from ${task.name} ${written.items.length === 1 ? 'was' : 'were'} taken back.`,
  );
}

export function endImport(): void {
  if (importTask.value.kind !== 'running') importTask.value = { kind: 'idle' };
}
