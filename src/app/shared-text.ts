/**
 * Text that another app hands over (the share target of the manifest). The service worker takes the form, so the text never goes
 * to a server, and keeps it until a page has made an item of it.
 */
export interface SharedText {
  readonly title: string;
  readonly text: string;
  readonly url: string;
}

/** Where the manifest sends the form. */
export const sharePath = '/share';
const cacheName = 'cairn-shared';
/** Characters of each part; what is longer is cut, and says so by its end. */
const mostCharacters = 20_000;
const mostOfTitle = 200;

export async function keepShared(form: FormData): Promise<void> {
  const part = (name: keyof SharedText): string => {
    const value = form.get(name);
    return typeof value === 'string' ? cut(value, mostCharacters) : '';
  };
  const shared: SharedText = { title: part('title'), text: part('text'), url: part('url') };
  const cache = await caches.open(cacheName);
  await cache.put(sharePath, new Response(JSON.stringify(shared)));
}

/** What was shared last and is not dropped yet; null if there is nothing, or nothing that can be read. */
export async function readShared(): Promise<SharedText | null> {
  const kept = await (await caches.open(cacheName)).match(sharePath);
  if (kept === undefined) return null;
  const value: unknown = await kept.json().catch(() => null);
  return isShared(value) ? value : null;
}

export async function dropShared(): Promise<void> {
  await caches.delete(cacheName);
}

function isShared(value: unknown): value is SharedText {
  if (typeof value !== 'object' || value === null) return false;
  const names = ['title', 'text', 'url'] as const;
  return names.every((name) => name in value && typeof Reflect.get(value, name) === 'string');
}

/** The item that it would make: the first line that says anything, and below it what is left. */
export function itemOfShared({ title, text, url }: SharedText): { title: string; note: string } {
  const lines = [title.replace(/\s+/g, ' '), ...text.split(/\r\n|\r|\n/), url].map((line) => line.trim());
  const first = lines.findIndex((line) => line !== '');
  if (first < 0) return { title: '', note: '' };
  const head = lines[first] ?? '';
  const rest = lines.slice(first + 1).filter((line, index, all) => line !== '' || all[index - 1] !== '');
  // Many apps put the address, or the title, into the text as well.
  const said = rest
    .filter((line) => line === '' || line !== head)
    .filter((line, index, all) => line === '' || all.indexOf(line) === index);
  const whole = head.length > mostOfTitle ? [head, ...said] : said;
  return { title: cut(head, mostOfTitle), note: whole.join('\n').trim() };
}

/** Never through the middle of a character of two code units. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
