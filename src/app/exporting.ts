/** All of a space as a file: CSV, which the import takes back, or JSON for other programs. */
import { dayField } from './measures.ts';
import type { AppSpace, Item } from './schema.ts';
import { toCsv } from './table-file.ts';

/** In the names that the import knows. */
export const columns = ['list', 'title', 'note', 'done', 'priority', 'due'] as const;

export function cellsOf(list: string, { title, note, done, priority, due }: Item): readonly string[] {
  return [list, title, note, done ? 'done' : '', priority === null ? '' : String(priority), dayField(due)];
}

/** A line for each item, in the order by hand; a list without items has none. */
export async function asCsv(space: AppSpace): Promise<string> {
  const lists = await allOf(space);
  return toCsv([columns, ...lists.flatMap(({ title, items }) => items.map((item) => cellsOf(title, item)))]);
}

/** `savedAt`: milliseconds. Days are written as `2027-02-28`. */
export async function asJson(space: AppSpace, label: string, savedAt: number): Promise<string> {
  const lists = (await allOf(space)).map(({ title, items }) => ({
    title,
    items: items.map(({ title: what, note, done, priority, due }) => ({
      title: what,
      note,
      done,
      priority,
      due: due === null ? null : dayField(due),
    })),
  }));
  const saved = new Date(savedAt).toISOString();
  return `${JSON.stringify({ app: 'Cairn', version: 1, space: label, saved, lists }, null, 1)}\n`;
}

async function allOf(space: AppSpace): Promise<{ title: string; items: readonly Item[] }[]> {
  // Items first: no item is written before its list, so each finds its own among lists that are read later.
  const items = await space.tables.items.query({ orderBy: 'order' });
  const lists = await space.tables.lists.query();
  const byList = new Map<string, Item[]>();
  for (const item of items) {
    const gathered = byList.get(item.list);
    if (gathered === undefined) byList.set(item.list, [item]);
    else gathered.push(item);
  }
  return lists.map(({ id, title }) => ({ title, items: byList.get(id) ?? [] }));
}
