/** The page's entry: the address, the time, the space used last, and the screen that shows them. */
// First of all.
import './first-worker.ts';
import { render } from 'preact';
import { followErasing } from './erased.ts';
import { followTime } from './observed.ts';
import { followAddress } from './route.ts';
import { App } from './screens/app.tsx';
import { session, startSession } from './session.ts';

followAddress();
followTime();
followErasing();
if (isSecureContext) void start();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
void import('./behind.ts');

async function start(): Promise<void> {
  await startSession();
  if (session.value.kind !== 'none') return;
  // What cannot be loaded now is looked for at another start.
  await import('./found-spaces.ts').then(({ openFound }) => openFound()).catch(() => {});
}
