/** Who wrote what of an item, and who has it, in plain words (APP-2, APP-6). */
import type { CellAuthor } from '../client/index.ts';
import type { Place } from './words.ts';

/** In the order in which they are told. */
const columns: Readonly<Record<string, string>> = {
  title: 'title',
  note: 'note',
  done: 'done',
  priority: 'priority',
  due: 'due day',
  list: 'list',
  order: 'order',
};
const names = Object.keys(columns);
/** Those that this version does not know come last. */
const placeOf = ({ column }: CellAuthor): number =>
  names.includes(column) ? names.indexOf(column) : names.length;

/** What one device wrote at one moment. */
export interface Writing {
  /** "Title and note" */
  readonly what: string;
  readonly device: number;
  readonly at: number;
  /** "On the server and on Ben’s phone" */
  readonly where: string;
}

/** The newest first. */
export function writingsOf(
  authors: readonly CellAuthor[],
  self: number | null,
  place: Place,
  who: (device: number) => string,
): readonly Writing[] {
  const groups = new Map<string, CellAuthor[]>();
  for (const author of [...authors].sort((a, b) => placeOf(a) - placeOf(b))) {
    const key = `${author.device} ${author.at}`;
    groups.set(key, [...(groups.get(key) ?? []), author]);
  }
  return [...groups.values()]
    .flatMap((group): Writing[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { device, at } = first;
      const what = capital(joined(group.map(({ column }) => columns[column] ?? `“${column}”`)));
      return [{ what, device, at, where: whereWords(first, self, place, who) }];
    })
    .sort((a, b) => b.at - a.at);
}

function whereWords(
  { onRelay, onDevices }: CellAuthor,
  self: number | null,
  place: Place,
  who: (device: number) => string,
): string {
  if (onRelay === false) return `Only on ${place}`;
  const others = onDevices.filter((device) => device !== self).map((device) => `on ${who(device)}`);
  if (onRelay === null) return capital(joined([`on ${place}`, ...others, 'perhaps no longer on the server']));
  return capital(joined([`on ${place}`, 'on the server', ...others]));
}

function joined(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
