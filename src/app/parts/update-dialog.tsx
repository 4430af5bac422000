/** Asks before a new build takes over while something is only on this device: it shows how many changes, and takes that very number (APP-7). */
import { useEffect, useState } from 'preact/hooks';
import { counted } from '../counted.ts';
import { placeHere } from '../device-names.ts';
import { session } from '../session.ts';
import { countUnsent } from '../unsent-here.ts';
import { takeUpdate } from '../update.ts';
import { Dialog } from './dialog.tsx';

export function UpdateDialog({ onClose }: { readonly onClose: () => void }) {
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    const look = (): void => void countUnsent().then(setCount);
    look();
    const now = session.value;
    return 'space' in now ? now.space.status.subscribe(look) : undefined;
  }, []);
  if (count === null) return null;
  // More was written meanwhile: the number shown moves, and with it the question.
  const confirm = (): Promise<void> =>
    takeUpdate(count).then((isTaken) => void (isTaken || countUnsent().then(setCount)));
  return (
    <Dialog title="Switch to the new version?" onClose={onClose}>
      <p data-testid="update-unsent">
        {count === 0 ? (
          'All your changes are on the server.'
        ) : (
          <>
            <strong>{`${counted(count, 'change is', 'changes are')} only on ${placeHere()}.`}</strong> The new
            version keeps {count === 1 ? 'it and sends it' : 'them and sends them'} with the next connection.
          </>
        )}
      </p>
      <p class="actions">
        <button type="button" class="plain" onClick={onClose}>
          Not now
        </button>
        <button type="button" class="main" data-testid="update-confirm" onClick={confirm}>
          Switch now
        </button>
      </p>
    </Dialog>
  );
}
