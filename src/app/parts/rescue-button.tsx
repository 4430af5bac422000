/** Saves what can still be read of a damaged space, before anything else is done about it. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../client/index.ts';
import { counted } from '../counted.ts';
import { toFailure } from '../failure.ts';
import { type Rescued, saveRescued } from '../rescue.ts';
import { Trouble } from './trouble.tsx';

export function RescueButton({ id, label }: { readonly id: string; readonly label: string }) {
  const [saved, setSaved] = useState<Rescued | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const save = async (): Promise<void> => {
    setFailure(null);
    try {
      setSaved(await saveRescued(id, label));
    } catch (thrown) {
      setFailure(toFailure(thrown));
    }
  };
  return (
    <>
      <button type="button" class="plain" data-testid="rescue" onClick={() => void save()}>
        Save what can still be read
      </button>
      {saved !== null && (
        <p role="status" data-testid="rescued" data-items={saved.items} data-damaged={saved.damaged}>
          {counted(saved.items, 'item')} saved as a file, which the import takes in another space.
        </p>
      )}
      {failure !== null && <Trouble failure={failure} />}
    </>
  );
}
