/** The guard before a space leaves this device: it shows what would be lost for good, and takes that very loss (APP-7). */
import { useState } from 'preact/hooks';
import type { Failure } from '../../client/index.ts';
import { placeHere } from '../device-names.ts';
import { eraseLosses } from '../erase-loss.ts';
import { toFailure } from '../failure.ts';
import { useObserved } from '../observed.ts';
import { goInstead } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { erase } from '../session.ts';
import { Dialog } from './dialog.tsx';
import { Trouble } from './trouble.tsx';

export function EraseDialog({ space, onClose }: { readonly space: AppSpace; readonly onClose: () => void }) {
  const status = useObserved(space.status);
  const losses = eraseLosses(status, placeHere());
  const loss = losses.join(' ');
  /** What the person agreed to lose; a loss that has changed since has to be agreed to again. */
  const [seen, setSeen] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const confirm = async (): Promise<void> => {
    setFailure(null);
    try {
      await erase(space, status.unsent);
      goInstead('#/');
    } catch (thrown) {
      const refused = toFailure(thrown);
      setSeen('');
      // More was written meanwhile: the number shown moves, and with it the question.
      if (refused.code !== 'not-allowed') setFailure(refused);
    }
  };
  return (
    <Dialog title="Erase this space?" onClose={onClose}>
      <p>
        Everything of this space is deleted from {placeHere()}, keys included.
        {status.devices.length > 1 && ' To come back you need a new invitation from another member.'}
      </p>
      {losses.length === 0 ? (
        <p data-testid="unsent">All your changes are on the server.</p>
      ) : (
        <label class="check loss" data-testid="unsent">
          <input
            type="checkbox"
            data-testid="agree-to-lose"
            checked={seen === loss}
            onChange={({ currentTarget }) => setSeen(currentTarget.checked ? loss : '')}
          />
          <span>
            {losses.map((one) => (
              <strong key={one}>{one} </strong>
            ))}
            I agree.
          </span>
        </label>
      )}
      {failure !== null && <Trouble failure={failure} />}
      <p class="actions">
        <button type="button" class="plain" onClick={onClose}>
          Keep it
        </button>
        <button
          type="button"
          class="main danger"
          data-testid="erase-confirm"
          disabled={seen !== loss}
          onClick={confirm}
        >
          Erase
        </button>
      </p>
    </Dialog>
  );
}
