/** Which screen is shown, from the address and the session. */
import type { Failure } from '../../client/index.ts';
import { update } from '../builds.ts';
import { lazily } from '../lazily.tsx';
import { Mark } from '../parts/icon.tsx';
import { LazyTrouble as Trouble } from '../parts/lazy-trouble.tsx';
import { Notices } from '../parts/notices.tsx';
import { route } from '../route.ts';
import { leaveBehind, remembered, session, switchTo } from '../session.ts';
import { Workspace } from './workspace.tsx';

const FirstRun = lazily(async () => (await import('./first-run.tsx')).FirstRun);
const JoinScreen = lazily(async () => (await import('./join.tsx')).JoinScreen);
const NotSecure = lazily(async () => (await import('./not-secure.tsx')).NotSecure);

export function App() {
  return (
    <>
      {update.value !== 'none' && <UpdateLine />}
      <div class="screen">
        <Screen />
      </div>
      <Notices />
    </>
  );
}

function Screen() {
  // Without https most of the app would fail later, in worse places (APP-5).
  if (!isSecureContext) return <NotSecure />;
  const at = route.value;
  if (at.kind === 'join') return <JoinScreen fragment={at.fragment} />;
  if (at.kind === 'new') return <FirstRun />;
  switch (session.value.kind) {
    case 'none':
      return <FirstRun />;
    case 'opening':
      return <Opening />;
    case 'failed':
      return <Failed id={session.value.id} failure={session.value.failure} />;
    case 'open':
      return (
        <Workspace key={session.value.space.id} space={session.value.space} list={at.list} aside={at.aside} />
      );
  }
}

function UpdateLine() {
  const text =
    update.value === 'waiting'
      ? 'A new version of Cairn is ready.'
      : 'Another tab has switched to a new version of Cairn.';
  return (
    <div class="update" role="status" data-testid="update">
      <span>{text}</span>
      <button type="button" class="plain" data-testid="take-update" onClick={switchToUpdate}>
        Reload
      </button>
    </div>
  );
}

function Opening() {
  return (
    <main class="sheet">
      <p class="empty" role="status">
        Opening…
      </p>
    </main>
  );
}

function Failed({ id, failure }: { readonly id: string; readonly failure: Failure }) {
  const label = remembered.value.spaces.find((space) => space.id === id)?.label ?? 'This space';
  return (
    <main class="sheet">
      <header class="brand">
        <Mark />
        <h1>{label} could not be opened</h1>
      </header>
      <section class="card stack">
        <Trouble failure={failure} />
        <button type="button" class="main" data-testid="try-again" onClick={() => switchTo(id)}>
          Try again
        </button>
        {failure.code === 'storage-lost' && (
          <button type="button" class="plain" data-testid="leave-behind" onClick={() => leaveBehind(id)}>
            Take it off the list
          </button>
        )}
        <a class="plain" href="#/new">
          Make or join another space
        </a>
      </section>
    </main>
  );
}

async function switchToUpdate(): Promise<void> {
  const { takeUpdate } = await import('../update.ts');
  await takeUpdate();
}
