/**
 * Which of the stored builds of the app this browser opens (APP-9, APP-10). A browser makes a new service worker active when the last tab
 * closes, whatever is unsent. So what a service worker opens is not its own build but the one that is written down, and that one changes
 * when the person agrees, or when a tab is opened beside no other and nothing is unsent:
 *
 *     installed ──▶ newest ──agreed, or nothing stands against it──▶ opened ──▶ before ──no tab runs it──▶ deleted
 *
 * A tab gets every part from its own build: the names of parts are made of what is in them, and a build stays as long as a tab runs it.
 */
export interface StoredBuilds {
  /** The cache whose page a new tab gets. */
  readonly opened: string;
  /** The build of the service worker that became active last: the same, or one that waits. */
  readonly newest: string;
  /** The build that was opened before this one: a tab may be loading it. */
  readonly before: string | null;
}

export const buildPrefix = 'cairn-build-';
const noteName = 'cairn-builds';
const noteKey = '/builds';
/** A tab holds a shared lock of this name, and after it the path of a part that only its build has. */
const runsPrefix = 'cairn-runs ';

/** Null before the first build is stored, and where the browser keeps nothing. */
export async function readBuilds(): Promise<StoredBuilds | null> {
  const kept = await (await caches.open(noteName)).match(noteKey);
  if (kept === undefined) return null;
  // Nobody else writes this note.
  return (await kept.json()) as StoredBuilds;
}

async function writeBuilds(builds: StoredBuilds): Promise<void> {
  await (await caches.open(noteName)).put(noteKey, new Response(JSON.stringify(builds)));
}

/** The first build is opened at once; a later one waits. */
export async function addNewest(build: string): Promise<void> {
  const builds = await readBuilds();
  await writeBuilds(
    builds === null ? { opened: build, newest: build, before: null } : { ...builds, newest: build },
  );
  await deleteUnused();
}

/** From now on new tabs get this build. */
export async function open(build: string): Promise<void> {
  const builds = await readBuilds();
  if (builds?.opened === build && builds.newest === build) return;
  await writeBuilds({ opened: build, newest: build, before: builds?.opened ?? null });
  await deleteUnused();
}

/** Keeps the build that this page runs until the page is gone. `part`: the address of a module that changes with every build. */
export function keepBuild(part: string): void {
  const forGood = (): Promise<never> => new Promise(() => {});
  void navigator.locks?.request(runsPrefix + new URL(part).pathname, { mode: 'shared' }, forGood);
}

/** Deletes builds that are older than the opened one and that no tab runs. A newer one may be on its way into its cache. */
async function deleteUnused(): Promise<void> {
  const builds = await readBuilds();
  if (builds === null) return;
  const { held = [] } = await navigator.locks.query();
  const parts = held.flatMap(({ name = '' }) =>
    name.startsWith(runsPrefix) ? [name.slice(runsPrefix.length)] : [],
  );
  const kept = new Set([builds.opened, builds.newest, builds.before]);
  const stored = (await caches.keys()).filter((name) => name.startsWith(buildPrefix));
  for (const name of stored.slice(0, Math.max(0, stored.indexOf(builds.opened)))) {
    if (kept.has(name)) continue;
    const cache = await caches.open(name);
    const found = await Promise.all(parts.map((part) => cache.match(part)));
    if (found.every((part) => part === undefined)) await caches.delete(name);
  }
}
