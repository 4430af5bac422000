/**
 * Where the person is, as the hash of the address, so that back, reload and a bookmark do what they should.
 *
 *   #/                                   the lists
 *   #/list/<id>                          one list
 *   #/search                             what is looked for, in all lists; the words themselves stay out of the address, which browsers keep
 *   …/item/<id>  …/sync  …/settings …    the same with something beside it
 *   #/new                                make or join another space
 *   #join=<invitation>                   an invitation that was opened
 */
import { signal } from '@preact/signals';

export type Aside =
  | { readonly kind: 'item'; readonly id: string }
  | { readonly kind: 'sync' | 'settings' | 'import' | 'deleted' | 'shared' };

/** Looking for something in all lists. */
export const searching = { kind: 'search' } as const;

/** What stands in the middle: a list by its id, the lists alone (null), or a search. */
export type Place = string | null | typeof searching;

export type Route =
  | { readonly kind: 'join'; readonly fragment: string }
  | { readonly kind: 'new' }
  | { readonly kind: 'work'; readonly place: Place; readonly aside: Aside | null };

const joinMark = '#join=';

export function parseRoute(hash: string): Route {
  if (hash.startsWith(joinMark)) return { kind: 'join', fragment: hash };
  const parts = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (parts[0] === 'new') return { kind: 'new' };
  if (parts[0] === 'search') return { kind: 'work', place: searching, aside: asideOf(parts[1], parts[2]) };
  const place = parts[0] === 'list' && parts[1] ? parts[1] : null;
  const [name, id] = place === null ? parts : parts.slice(2);
  return { kind: 'work', place, aside: asideOf(name, id) };
}

function asideOf(name: string | undefined, id: string | undefined): Aside | null {
  switch (name) {
    case 'item':
      return id ? { kind: 'item', id } : null;
    case 'sync':
    case 'settings':
    case 'import':
    case 'deleted':
    case 'shared':
      return { kind: name };
    default:
      return null;
  }
}

/** The address of a place at work. */
export function hashOf(place: Place, aside: Aside | null = null): string {
  const at =
    typeof place === 'string' ? `#/list/${encodeURIComponent(place)}` : place === null ? '#' : '#/search';
  if (aside === null) return place === null ? '#/' : at;
  return `${at}/${aside.kind === 'item' ? `item/${encodeURIComponent(aside.id)}` : aside.kind}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>({ kind: 'work', place: null, aside: null });

/** The place before this one, as a hash. */
let before: string | null = null;

/** Follows the address from now on. */
export function followAddress(): void {
  const read = (): void => {
    route.value = parseRoute(location.hash);
  };
  addEventListener('hashchange', ({ oldURL }) => {
    before = new URL(oldURL).hash;
    read();
  });
  read();
}

/** Leaves this place for the one below it, so that “back” does not open it again. */
export function leaveFor(hash: string): void {
  if (before === hash) history.back();
  else goInstead(hash);
}

export function go(hash: string): void {
  location.hash = hash;
}

/** Goes there without leaving this place in the history: what was here is gone, or is a secret. */
export function goInstead(hash: string): void {
  history.replaceState(null, '', hash);
  route.value = parseRoute(location.hash);
}
