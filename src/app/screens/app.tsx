/** Which screen is shown, from the address and the session. */
import { update } from '../builds.ts';
import { erased } from '../erased.ts';
import { lazily } from '../lazily.tsx';
import { notices } from '../notices.ts';
import { route } from '../route.ts';
import { session } from '../session.ts';
import { Workspace } from './workspace.tsx';

const FirstRun = lazily(() => import('./first-run.tsx'), 'FirstRun');
const JoinScreen = lazily(() => import('./join.tsx'), 'JoinScreen');
const Joining = lazily(() => import('./joining.tsx'), 'Joining');
const NotSecure = lazily(() => import('./not-secure.tsx'), 'NotSecure');
const Failed = lazily(() => import('./failed.tsx'), 'Failed');
const Erased = lazily(() => import('./erased.tsx'), 'Erased');
const UpdateLine = lazily(() => import('../parts/update-line.tsx'), 'UpdateLine');
const Notices = lazily(() => import('../parts/notices.tsx'), 'Notices');

export function App() {
  return (
    <>
      {update.value !== 'none' && <UpdateLine />}
      <div class="screen">
        <Screen />
      </div>
      {/* There before the first message, so that this one is read out as well. */}
      <div class="notices" role="status" aria-live="polite">
        {notices.value.length > 0 && <Notices />}
      </div>
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
    case 'joining':
      return <Joining space={session.value.space} />;
    case 'open':
      if (erased.value === session.value.space.id) return <Erased space={session.value.space} />;
      return (
        <Workspace
          key={session.value.space.id}
          space={session.value.space}
          place={at.place}
          aside={at.aside}
        />
      );
  }
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
