/**
 * The spaces that this browser has, and which of them was used last. Only ids, labels and relays: what is in a
 * space is the library's to keep. Lives in localStorage; where the browser refuses that, in memory.
 */
export interface RememberedSpace {
  readonly id: string;
  /** What this person sees it called here. */
  readonly label: string;
  readonly relay: string;
}

export interface Remembered {
  readonly chosen: string | null;
  readonly spaces: readonly RememberedSpace[];
}

const key = 'cairn.spaces';
const nothing: Remembered = { chosen: null, spaces: [] };

let inMemory: string | null = null;

export function readRemembered(): Remembered {
  return parseRemembered(read());
}

/** Reads what was stored; anything that does not look like it is left out. */
export function parseRemembered(text: string | null): Remembered {
  if (text === null) return nothing;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return nothing;
  }
  if (typeof value !== 'object' || value === null || !('spaces' in value) || !Array.isArray(value.spaces))
    return nothing;
  const spaces = value.spaces.filter(isSpace);
  const chosen =
    'chosen' in value && spaces.some(({ id }) => id === value.chosen) ? String(value.chosen) : null;
  return { chosen: chosen ?? spaces[0]?.id ?? null, spaces };
}

function isSpace(value: unknown): value is RememberedSpace {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['id', 'label', 'relay'].every((name) => typeof Reflect.get(value, name) === 'string')
  );
}

/** Adds or changes a space and chooses it. */
export function remember(space: RememberedSpace): void {
  const { spaces } = readRemembered();
  const others = spaces.filter(({ id }) => id !== space.id);
  write({ chosen: space.id, spaces: [...others, space] });
}

export function relabel(id: string, label: string): void {
  const { chosen, spaces } = readRemembered();
  write({ chosen, spaces: spaces.map((space) => (space.id === id ? { ...space, label } : space)) });
}

export function forget(id: string): void {
  const { chosen, spaces } = readRemembered();
  const others = spaces.filter((space) => space.id !== id);
  write({ chosen: chosen === id ? (others[0]?.id ?? null) : chosen, spaces: others });
}

/** A label; with a number if others are called the same, in an order that stays. */
export function labelAmong(spaces: readonly RememberedSpace[], id: string, label: string): string {
  const same = spaces.filter((space) => space.label === label).map((space) => space.id);
  return same.length < 2 ? label : `${label} (${same.sort().indexOf(id) + 1})`;
}

function read(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return inMemory;
  }
}

function write(remembered: Remembered): void {
  const text = JSON.stringify(remembered);
  try {
    localStorage.setItem(key, text);
  } catch {
    inMemory = text;
  }
}
