/** What can still be read of a space that does not open, as a file that the import takes. */
import { readDamagedSpace } from '../client/damaged.ts';
import { cellsOf, columns } from './exporting.ts';
import { schema } from './schema.ts';
import { saveFile, toCsv } from './table-file.ts';

export interface Rescued {
  readonly items: number;
  /** How many records of what was kept are gone or damaged. */
  readonly damaged: number;
}

/** Saves the file as a download. @throws storage-lost if nothing is left to read, storage-… */
export async function saveRescued(space: string, label: string): Promise<Rescued> {
  const { tables, damaged } = await readDamagedSpace(schema, space);
  const titles = new Map(tables.lists.map(({ id, title }) => [id, title]));
  const rows = tables.items.map((item) => cellsOf(titles.get(item.list) ?? label, item));
  saveFile(`${label}.csv`, 'text/csv', toCsv([columns, ...rows]));
  return { items: rows.length, damaged };
}
