/** Says that a newer build is stored, or runs in another tab already. */
import { update } from '../builds.ts';
import { takeUpdate } from '../update.ts';

export function UpdateLine() {
  const text =
    update.value === 'waiting'
      ? 'A new version of Cairn is ready.'
      : 'Another tab has switched to a new version of Cairn.';
  return (
    <div class="update" role="status" data-testid="update">
      <span>{text}</span>
      <button type="button" class="plain" data-testid="take-update" onClick={takeUpdate}>
        Reload
      </button>
    </div>
  );
}
