/**
 * Which space is open in this tab.
 *
 *   none ──create, join──▶ open ◀──▶ opening (another space chosen, reload) ──▶ joining (a join that was cut off) ──▶ open
 *     ▲                     │            │                                          │
 *     └────────erase────────┘            └──▶ failed ──try again──▶ opening         └──given up──▶ none
 *
 * The space in hand stays open until the next one is (`beginning`).
 */
import { signal } from '@preact/signals';
import { type Failure, openSpace, type SpaceStatus } from '../client/index.ts';
import { possessive } from './device-names.ts';
import { toFailure } from './failure.ts';
import { worker } from './first-worker.ts';
import { markedSpaces } from './marker.ts';
import { forget, type Remembered, readRemembered, relabel, remember } from './remembered.ts';
import { type AppSpace, schema } from './schema.ts';

export type Session =
  | { readonly kind: 'none' }
  | { readonly kind: 'opening'; readonly id: string }
  | { readonly kind: 'open' | 'joining'; readonly space: AppSpace }
  | { readonly kind: 'failed'; readonly id: string; readonly failure: Failure };

export const session = signal<Session>({ kind: 'none' });
export const remembered = signal<Remembered>({ chosen: null, spaces: [] });

/** The label of a space that was joined, until it has a better one. */
export const unnamed = 'Shared lists';

/** Opens the space that was used last, if there is one. A list that was lost is made anew from the spaces' markers. */
export async function startSession(): Promise<void> {
  if (readRemembered().chosen === null) {
    for (const id of markedSpaces(document.cookie)) remember({ id, label: unnamed, relay: location.origin });
  }
  remembered.value = readRemembered();
  const { chosen } = remembered.value;
  if (chosen !== null) await switchTo(chosen);
}

export async function switchTo(id: string): Promise<void> {
  const known = readRemembered().spaces.find((space) => space.id === id);
  if (known === undefined) return;
  const before = session.value;
  session.value = { kind: 'opening', id };
  if ('space' in before) await letGo(before.space);
  try {
    const space = await openSpace({ schema, worker, relay: known.relay, space: id });
    remember(known);
    await enter(space);
  } catch (thrown) {
    remember(known);
    remembered.value = readRemembered();
    session.value = { kind: 'failed', id, failure: toFailure(thrown) };
  }
}

/** Deletes the open space from this device. Rejects with `not-allowed` if more is unsent than the person has seen. */
export async function erase(space: AppSpace, unsentSeen: number): Promise<void> {
  await space.erase({ unsentSeen });
  await leaveBehind(space.id);
}

/** Takes a space that cannot be opened any more off the list; nothing of it is touched. */
export async function leaveBehind(id: string): Promise<void> {
  forget(id);
  remembered.value = readRemembered();
  session.value = { kind: 'none' };
  await marking(({ dropMarker }) => dropMarker(id));
  const { chosen } = remembered.value;
  if (chosen !== null) await switchTo(chosen);
}

export function rename(id: string, label: string): void {
  relabel(id, label);
  remembered.value = readRemembered();
}

export async function enter(space: AppSpace): Promise<void> {
  const before = session.value;
  remembered.value = readRemembered();
  session.value = { kind: isJoining(space.status.value) ? 'joining' : 'open', space };
  void marking(({ keepMarker }) => keepMarker(space.id));
  if ('space' in before) await letGo(before.space);
}

/** Code that cannot be loaded now is loaded at another opening: a marker is one more sign, and nothing waits for it. */
async function marking(work: (part: typeof import('./marker-keeping.ts')) => void): Promise<void> {
  await import('./marker-keeping.ts').then(work, () => {});
}

/** The device is not in the space yet: there is nothing to read and nothing may be written. */
export function isJoining({ reasons }: SpaceStatus): boolean {
  return reasons.some((reason) => reason.kind === 'joining' && reason.values.step !== 'catching-up');
}

async function letGo(space: AppSpace): Promise<void> {
  // A space that cannot even be closed holds nothing that would stop the next one.
  await space.close().catch(() => {});
}

/** A space that was joined is called after its founder, as soon as that name is known here. */
export function nameAfterFounder(space: AppSpace, founder: string | null): void {
  const known = remembered.value.spaces.find(({ id }) => id === space.id);
  if (founder !== null && known?.label === unnamed) rename(space.id, labelFor(founder));
}

export function labelFor(memberName: string): string {
  return `${possessive(memberName)} lists`;
}
