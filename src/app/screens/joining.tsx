/** A join that goes on by itself: after a reload, or when the form has waited long enough. What it waits for is said, and it can be given up. */
import { useEffect, useState } from 'preact/hooks';
import { type Failure, isError } from '../../client/index.ts';
import { placeHere } from '../device-names.ts';
import { toFailure } from '../failure.ts';
import { useObserved } from '../observed.ts';
import { Mark } from '../parts/icon.tsx';
import { Trouble } from '../parts/trouble.tsx';
import type { AppSpace } from '../schema.ts';
import { erase, isJoining, session } from '../session.ts';
import { reasonWords } from '../words.ts';

export function Joining({ space }: { readonly space: AppSpace }) {
  const status = useObserved(space.status);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isDone = !isJoining(status);
  useEffect(() => {
    if (isDone) session.value = { kind: 'open', space };
  }, [isDone, space]);
  const joining = status.reasons.find((reason) => reason.kind === 'joining');
  const isOffline = status.reasons.some(({ kind }) => kind === 'offline');
  const wasSent = joining?.kind === 'joining' && joining.values.step === 'joining';
  const giveUp = (): Promise<void> =>
    erase(space, 0).catch((thrown: unknown) => {
      if (!isError(thrown, 'closed')) setFailure(toFailure(thrown));
    });
  return (
    <main class="sheet" data-testid="joining" data-step={wasSent ? 'joining' : 'verifying'}>
      <header class="brand">
        <Mark />
        <h1>Joining</h1>
      </header>
      <section class="card stack">
        <p role="status" data-testid="joining-says">
          {isOffline
            ? 'No connection; it goes on when it is back.'
            : joining !== undefined && words(joining).means}
        </p>
        {!isOffline && status.lastError !== null && <Trouble failure={status.lastError} />}
        {failure !== null && <Trouble failure={failure} />}
        <p class="hint">You can close this page: it goes on when you open Cairn again on {placeHere()}.</p>
        {wasSent && (
          <p class="hint">
            The invitation may be used up already. Whoever cancels now needs a new one to come back.
          </p>
        )}
        <button type="button" class="plain" data-testid="joining-cancel" onClick={giveUp}>
          Cancel
        </button>
      </section>
    </main>
  );
}

function words(reason: Parameters<typeof reasonWords>[0]): ReturnType<typeof reasonWords> {
  return reasonWords(reason, { place: placeHere(), who: String });
}
