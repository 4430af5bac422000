/** The two ways to a space that was not here: make one, or join one by its link. The space in hand stays open until then. */
import { createSpace, type InvitationView, isError, joinSpace } from '../client/index.ts';
import { worker } from './first-worker.ts';
import { forget, type Remembered, readRemembered, remember } from './remembered.ts';
import { schema } from './schema.ts';
import { enter, labelFor, switchTo, unnamed } from './session.ts';

export interface Names {
  readonly memberName: string;
  readonly deviceName: string;
}

/** How long the form that was sent waits for the end of a join; then a screen of its own does. */
const patienceMs = 2_000;

export async function create(names: Names): Promise<void> {
  const space = await createSpace({ schema, worker, ...names });
  remember({ id: space.id, label: labelFor(names.memberName), relay: location.origin });
  await enter(space);
}

/**
 * Resolves when the join is done, or goes on by itself: as soon as it can do so the space is remembered, so that whoever closes
 * this tab finds it again without the link (JOIN-5). What ends the join is thrown.
 */
export async function join(link: string, { relay }: InvitationView, names: Names): Promise<void> {
  const before = readRemembered();
  const patience = new AbortController();
  let kept: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onKept = (id: string): void => {
    kept = id;
    rememberJoined(id, relay);
    // Without a network there is nothing to wait for here.
    timer = setTimeout(() => patience.abort(), navigator.onLine ? patienceMs : 0);
  };
  try {
    const { signal } = patience;
    const space = await joinSpace({ schema, worker, relay, link, ...names, onKept, signal });
    rememberJoined(space.id, relay);
    await enter(space);
  } catch (thrown) {
    if (kept !== null && patience.signal.aborted) return switchTo(kept);
    if (kept !== null && isOver(thrown)) goBackTo(before, kept);
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

function rememberJoined(id: string, relay: string): void {
  const known = readRemembered().spaces.find((space) => space.id === id);
  remember(known ?? { id, label: unnamed, relay });
}

/** A join that this invitation can't bring to an end any more: nothing of it is left to go on with. */
function isOver(thrown: unknown): boolean {
  return (['invitation-invalid', 'invitation-expired', 'invitation-used'] as const).some((code) =>
    isError(thrown, code),
  );
}

function goBackTo({ chosen, spaces }: Remembered, joined: string): void {
  if (!spaces.some(({ id }) => id === joined)) forget(joined);
  const back = spaces.find(({ id }) => id === chosen);
  if (back !== undefined) remember(back);
}
