/** What can still be read of a space that does not open, as a file that the import takes. */
import { readDamagedSpace } from '../client/damaged.ts';
import { schema } from './schema.ts';

export interface Rescued {
  readonly items: number;
  /** How many records of what was kept are gone or damaged. */
  readonly damaged: number;
}

/** Saves the file as a download. @throws storage-lost if nothing is left to read, storage-… */
export async function saveRescued(space: string, label: string): Promise<Rescued> {
  const { tables, damaged } = await readDamagedSpace(schema, space);
  const titles = new Map(tables.lists.map(({ id, title }) => [id, title]));
  const rows = tables.items.map(({ list, title, note, done }) => [
    titles.get(list) ?? label,
    title,
    note,
    done ? 'done' : '',
  ]);
  download(`${label}.csv`, toCsv([['list', 'title', 'note', 'done'], ...rows]));
  return { items: rows.length, damaged };
}

/** RFC 4180; what does not need quotes bears them too. */
function toCsv(rows: readonly (readonly string[])[]): string {
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function download(name: string, csv: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
