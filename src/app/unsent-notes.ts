/**
 * How many changes of each space are only in this browser, where a service worker and tabs of other spaces can read it: a newer build does
 * not take over by itself while there are any (APP-9).
 */
const cacheName = 'cairn-unsent';
/** Between two notes of one space: an import changes the number with every frame. */
const pauseMs = 250;

const latest = new Map<string, number>();
const writing = new Set<string>();

/** Notes that this many changes of the space are only here, now or a moment later. */
export function noteUnsent(space: string, count: number): void {
  latest.set(space, count);
  if (!writing.has(space)) void writeNotes(space);
}

async function writeNotes(space: string): Promise<void> {
  writing.add(space);
  for (let written: number | undefined; written !== latest.get(space); ) {
    written = latest.get(space) ?? 0;
    // Where nothing can be kept, no newer build is kept either.
    await write(space, written).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  writing.delete(space);
}

async function write(space: string, count: number): Promise<void> {
  const cache = await caches.open(cacheName);
  const key = `/${space}`;
  await (count === 0 ? cache.delete(key) : cache.put(key, new Response(String(count))));
}

/** How many changes of all spaces are only here, of `except` none. */
export async function notedUnsent(except: string | null = null): Promise<number> {
  const cache = await caches.open(cacheName);
  let count = 0;
  for (const request of await cache.keys()) {
    if (new URL(request.url).pathname === `/${except}`) continue;
    count += Number(await (await cache.match(request))?.text()) || 0;
  }
  return count;
}
