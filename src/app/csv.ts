/**
 * What the lines of a CSV file mean, as pure rules: which column is which, and what a record says of an item or
 * what is wrong with it. Reading and writing are `csv-import`'s.
 */
import { doneOf, dueOf, priorityOf } from './csv-cells.ts';

export type Target = 'list' | 'title' | 'note' | 'done' | 'priority' | 'due';
export const targets: readonly Target[] = ['list', 'title', 'note', 'done', 'priority', 'due'];

/** For each target the index of its column, or null for none. */
export type Columns = Readonly<Record<Target, number | null>>;

/** How a file is to be read. */
export interface Reading {
  readonly columns: Columns;
  /** The first record names the columns; else it is the first item. */
  readonly hasHeader: boolean;
}

/** Names that headers go by, the likeliest first; compared without case, accents and punctuation. */
const names: Readonly<Record<Target, readonly string[]>> = {
  list: [
    'list',
    'lists',
    'listname',
    'listtitle',
    'liste',
    'country',
    'project',
    'category',
    'group',
    'folder',
  ],
  title: ['title', 'name', 'item', 'task', 'text', 'todo', 'summary', 'subject', 'titel', 'city', 'place'],
  note: ['note', 'notes', 'description', 'details', 'comment', 'comments', 'memo', 'body', 'notiz'],
  done: ['done', 'completed', 'complete', 'checked', 'finished', 'isdone', 'iscompleted', 'erledigt'],
  priority: ['priority', 'prio', 'importance', 'priorität', 'prioritat'],
  due: ['due', 'duedate', 'dueon', 'deadline', 'date', 'fällig', 'fallig'],
};

function plainHeader(header: string): string {
  return header
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The columns that a header line seems to name; each column is taken at most once. */
export function guessColumns(header: readonly string[]): Columns {
  const plain = header.map(plainHeader);
  const taken = new Set<number>();
  const find = (target: Target): number | null => {
    for (const name of names[target]) {
      const at = plain.findIndex((text, index) => text === name && !taken.has(index));
      if (at >= 0) {
        taken.add(at);
        return at;
      }
    }
    return null;
  };
  return {
    list: find('list'),
    title: find('title'),
    note: find('note'),
    done: find('done'),
    priority: find('priority'),
    due: find('due'),
  };
}

/** True if a first line seems to name columns. An item that is called like one looks the same: the person sees what was taken for what, and can say otherwise. */
export function namesColumns(first: readonly string[]): boolean {
  return Object.values(guessColumns(first)).some((column) => column !== null);
}

export interface CsvRow {
  /** The line of the file where it begins, from 1. */
  readonly line: number;
  readonly list: string;
  readonly title: string;
  readonly note: string;
  readonly done: boolean;
  readonly priority: number | null;
  readonly due: number | null;
}

export interface CsvFault {
  readonly line: number;
  readonly what: string;
}

/** A record as a row, as a fault, or null for an empty line. Without a list of its own it goes to `fallbackList`. */
export function readRecord(
  cells: readonly string[],
  line: number,
  columns: Columns,
  fallbackList: string,
): CsvRow | CsvFault | null {
  if (cells.every((cell) => cell.trim() === '')) return null;
  const cell = (target: Target): string => {
    const at = columns[target];
    return at === null ? '' : (cells[at] ?? '').trim();
  };
  const title = cell('title');
  if (title === '') return { line, what: 'has no title' };
  for (const target of targets) {
    if (/\p{Surrogate}|\0|\uFFFD/u.test(cell(target)))
      return { line, what: `has a broken character in its ${target}` };
  }
  const not = (target: Target, due: string): CsvFault => ({
    line,
    what: `has “${cell(target).slice(0, 40)}” ${due}`,
  });
  const done = doneOf(cell('done'));
  if (done === undefined) return not('done', 'where “done” or nothing should stand');
  const priority = priorityOf(cell('priority'));
  if (priority === undefined) return not('priority', 'as its priority: write 1, 2, 3, or high, medium, low');
  const due = dueOf(cell('due'));
  if (due === undefined) return not('due', 'as the day it is due: write it as 2027-02-28');
  return { line, list: cell('list') || fallbackList, title, note: cell('note'), done, priority, due };
}

export function isFault(read: CsvRow | CsvFault): read is CsvFault {
  return 'what' in read;
}

/** How many lines of the file a record takes: one, and one more for each line break inside its cells. */
export function linesOf(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => lines + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 1);
}

/** "places.csv" → "places": the list for rows that name none. */
export function listOfFile(file: string): string {
  return file.replace(/\.[^.]*$/, '').trim() || 'Imported';
}
