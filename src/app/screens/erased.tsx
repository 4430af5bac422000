/** A space that another tab has erased: nothing of it is here any more, and nothing more is said of it. */
import { Mark } from '../parts/icon.tsx';
import type { AppSpace } from '../schema.ts';
import { leaveBehind } from '../session.ts';

export function Erased({ space }: { readonly space: AppSpace }) {
  const goOn = async (): Promise<void> => {
    // What is erased may not close any more; there is nothing left to lose.
    await space.close().catch(() => {});
    await leaveBehind(space.id);
  };
  return (
    <main class="sheet" data-testid="erased">
      <header class="brand">
        <Mark />
        <h1>This space was erased in another tab.</h1>
        <p>To come back to it you need a new invitation from another member.</p>
      </header>
      <button type="button" class="main" data-testid="erased-go-on" onClick={goOn}>
        Go on
      </button>
    </main>
  );
}
