/** A space of this browser that could not be opened, and what can be done. */
import type { Failure } from '../../client/index.ts';
import { Mark } from '../parts/icon.tsx';
import { RescueButton } from '../parts/rescue-button.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { leaveBehind, remembered, switchTo } from '../session.ts';

export function Failed({ id, failure }: { readonly id: string; readonly failure: Failure }) {
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
        {failure.code === 'storage-corrupt' && <RescueButton id={id} label={label} />}
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
