/** Says that a newer build is stored, or runs in another tab already. */
import { useState } from 'preact/hooks';
import { update } from '../builds.ts';
import { saveDrafts } from '../drafts.ts';
import { importTask } from '../import-task.ts';
import { notify } from '../notices.ts';
import { countUnsendable } from '../unsent-here.ts';
import { takeUpdate } from '../update.ts';
import { UpdateDialog } from './update-dialog.tsx';

export function UpdateLine() {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const take = async (): Promise<void> => {
    setBusy(true);
    if (importTask.value.kind === 'running') {
      notify('An import is running. Reload when it is done.', null, true);
    } else if (!(await saveDrafts())) {
      notify('What you typed could not be saved, so nothing was reloaded.', null, true);
    } else if ((await countUnsendable()) > 0 || !(await takeUpdate(0))) {
      setAsking(true);
    }
    setBusy(false);
  };
  const text =
    update.value === 'waiting'
      ? 'A new version of Cairn is ready.'
      : 'Another tab has switched to a new version of Cairn.';
  return (
    <>
      <div class="update" role="status" data-testid="update">
        <span>{text}</span>
        <button type="button" class="plain" data-testid="take-update" disabled={isBusy} onClick={take}>
          Reload
        </button>
      </div>
      {isAsking && <UpdateDialog onClose={() => setAsking(false)} />}
    </>
  );
}
