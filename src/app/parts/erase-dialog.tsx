/** The guard before a space leaves this device: it shows how many changes would be lost, and takes that very number (APP-7). */
import { useState } from 'preact/hooks';
import type { Failure } from '../../client/index.ts';
import { counted } from '../counted.ts';
import { placeHere } from '../device-names.ts';
import { toFailure } from '../failure.ts';
import { useObserved } from '../observed.ts';
import { goInstead } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { erase } from '../session.ts';
import { Dialog } from './dialog.tsx';
import { Trouble } from './trouble.tsx';

export function EraseDialog({ space, onClose }: { readonly space: AppSpace; readonly onClose: () => void }) {
  const { unsent } = useObserved(space.status);
  /** The number that the person agreed to lose; one that has changed since has to be agreed to again. */
  const [seen, setSeen] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isAgreed = unsent === 0 || seen === unsent;
  const confirm = async (): Promise<void> => {
    setFailure(null);
    try {
      await erase(space, unsent);
      goInstead('#/');
    } catch (thrown) {
      const refused = toFailure(thrown);
      setSeen(null);
      // More was written meanwhile: the number shown moves, and with it the question.
      if (refused.code !== 'not-allowed') setFailure(refused);
    }
  };
  return (
    <Dialog title="Erase this space?" onClose={onClose}>
      <p>
        Everything of this space is deleted from {placeHere()}, keys included. To come back you need a new
        invitation from another member.
      </p>
      {unsent === 0 ? (
        <p data-testid="unsent">All your changes are on the server.</p>
      ) : (
        <label class="check loss" data-testid="unsent">
          <input
            type="checkbox"
            data-testid="agree-to-lose"
            checked={seen === unsent}
            onChange={({ currentTarget }) => setSeen(currentTarget.checked ? unsent : null)}
          />
          <span>
            <strong>
              {counted(unsent, 'change is', 'changes are')} only on {placeHere()}
            </strong>{' '}
            and will be lost for everyone. I agree.
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
          disabled={!isAgreed}
          onClick={confirm}
        >
          Erase
        </button>
      </p>
    </Dialog>
  );
}
