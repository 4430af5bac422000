/** An invitation that was opened: checked by itself, shown in words, and nothing written before the person joins (JOIN-1). */
import { useEffect, useState } from 'preact/hooks';
import { type Failure, type InvitationView, readInvitation } from '../../client/index.ts';
import { join } from '../beginning.ts';
import { counted } from '../counted.ts';
import { placeHere } from '../device-names.ts';
import { toFailure } from '../failure.ts';
import { isApartFromInstalled } from '../installed.ts';
import { attempt, notify } from '../notices.ts';
import { now } from '../observed.ts';
import { Mark } from '../parts/icon.tsx';
import { KeepingHint, KeepingWarning } from '../parts/keeping-words.tsx';
import { NamesForm } from '../parts/names-form.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { roleWords } from '../role-words.ts';
import { goInstead } from '../route.ts';
import { remembered, session, switchTo } from '../session.ts';

export function JoinScreen({ fragment }: { readonly fragment: string }) {
  const [invitation, setInvitation] = useState<InvitationView | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const link = `${location.origin}/${fragment}`;
  useEffect(() => {
    let isCurrent = true;
    setInvitation(null);
    setFailure(null);
    readInvitation(link).then(
      (view) => isCurrent && setInvitation(view),
      (thrown: unknown) => isCurrent && setFailure(toFailure(thrown)),
    );
    return () => {
      isCurrent = false;
    };
  }, [link]);
  return (
    <main class="sheet">
      <header class="brand">
        <Mark />
        <h1>You are invited</h1>
      </header>
      <KeepingWarning />
      <section class="card">
        {failure !== null && <Trouble failure={failure} />}
        {failure === null && invitation === null && <p class="empty">Checking the invitation…</p>}
        {invitation !== null && <Invitation link={link} invitation={invitation} />}
      </section>
      <button type="button" class="plain" data-testid="join-not-now" onClick={() => goInstead('#/')}>
        Not now
      </button>
    </main>
  );
}

function Invitation({ link, invitation }: { readonly link: string; readonly invitation: InvitationView }) {
  const { role, expires, uses, relay, space } = invitation;
  const { name, may } = roleWords(role);
  if (isHere(space)) return <AlreadyHere space={space} />;
  return (
    <>
      <dl class="invitation" data-testid="invitation" data-role={role}>
        <dt>You may</dt>
        <dd>
          {may} <small>({name})</small>
        </dd>
        <dt>Valid until</dt>
        <dd>
          {new Date(expires).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}
          <small>
            {' '}
            ({timeLeft(expires, now.value)},{' '}
            {uses === 1 ? 'for one person' : `for ${counted(uses, 'person', 'people')}`})
          </small>
        </dd>
        <dt>Server</dt>
        <dd>{hostOf(relay)}</dd>
      </dl>
      <NamesForm
        button="Join"
        busy="Joining…"
        testId="join"
        submit={async (names) => {
          await join(link, invitation, names);
          goInstead('#/');
        }}
      />
      <p class="hint">Nothing is kept on {placeHere()} until you join.</p>
      <KeepingHint />
      {isApartFromInstalled() && <CopyForApp link={link} />}
    </>
  );
}

/** An invitation that is tapped opens in the browser, and never in the app on the home screen. */
function CopyForApp({ link }: { readonly link: string }) {
  const copy = (): Promise<boolean> =>
    attempt(async () => {
      await navigator.clipboard.writeText(link);
      notify('Copied. Open the app and choose “Paste invitation”.');
    });
  return (
    <p class="hint">
      Is Cairn on your home screen? The app has storage of its own.{' '}
      <button type="button" class="plain small" data-testid="copy-for-app" onClick={copy}>
        Copy the link for the app
      </button>
    </p>
  );
}

/** What was lost or is damaged comes back by an invitation: for that the space is not here. */
function isHere(space: string): boolean {
  const at = session.value;
  const isGone = at.kind === 'failed' && at.id === space && gone.has(at.failure.code);
  return !isGone && remembered.value.spaces.some(({ id }) => id === space);
}
const gone: ReadonlySet<string> = new Set(['storage-lost', 'storage-corrupt']);

function AlreadyHere({ space }: { readonly space: string }) {
  const open = async (): Promise<void> => {
    goInstead('#/');
    await switchTo(space);
  };
  return (
    <div class="stack">
      <p>You have this space on {placeHere()} already.</p>
      <button type="button" class="main" data-testid="join-open-existing" onClick={open}>
        Open it
      </button>
    </div>
  );
}

function hostOf(relay: string): string {
  try {
    return new URL(relay).host;
  } catch {
    return relay;
  }
}

function timeLeft(expires: number, at: number): string {
  const hours = Math.round((expires - at) / 3_600_000);
  if (hours < 1) return 'less than an hour left';
  return hours < 48 ? `${counted(hours, 'hour')} left` : `${counted(Math.round(hours / 24), 'day')} left`;
}
