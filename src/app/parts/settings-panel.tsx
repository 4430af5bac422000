/** This space on this device: its name here, its members' way in, its import, and the way out. */
import { useState } from 'preact/hooks';
import { offlineState } from '../builds.ts';
import { counted } from '../counted.ts';
import { placeHere } from '../device-names.ts';
import { useDraft } from '../drafts.ts';
import { useObserved } from '../observed.ts';
import { go, hashOf, type Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { remembered, rename } from '../session.ts';
import { EraseDialog } from './erase-dialog.tsx';
import { Panel } from './panel.tsx';
import { TakeAlong } from './take-along.tsx';

const offlineWords = {
  unknown: 'Whether Cairn starts without a connection is not known yet.',
  preparing: 'Getting ready to start without a connection…',
  ready: 'Ready offline: Cairn starts without a connection.',
  impossible:
    'Cairn does not start without a connection here: the browser does not allow it, or it could not be stored whole. What is open goes on working.',
} as const;

/** What the keyboard can do beyond what every page lets it. */
const keys: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Search all lists'],
  ['Ctrl Z', 'Take the last step back, while its message shows'],
  ['↑ ↓', 'The next item or list'],
  ['Alt ↑ ↓', 'Move the item or list'],
  ['X', 'Select the item'],
  ['Ctrl A', 'Select all, while selecting'],
  ['Delete', 'Delete the item'],
  ['Esc', 'End selecting, or close what is open beside the list'],
];

export function SettingsPanel({
  space,
  place,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly place: Place;
  readonly mayWrite: boolean;
}) {
  const [isErasing, setErasing] = useState(false);
  const status = useObserved(space.status);
  const label = remembered.value.spaces.find(({ id }) => id === space.id)?.label ?? '';
  const name = useDraft(
    label,
    async (text) => {
      rename(space.id, text.trim());
      return true;
    },
    true,
  );
  return (
    <Panel title="Settings" back={hashOf(place)} testId="settings-panel">
      <section class="stack">
        <label class="field">
          <span>Name of this space</span>
          <input data-testid="space-name" maxLength={60} {...name.field} />
          <small>Only you see this name.</small>
        </label>
        {status.rows !== null && (
          <p class="hint">{counted(status.rows.live, 'list or item', 'lists and items')} here.</p>
        )}
      </section>
      {mayWrite && (
        <section>
          <h3>Bring in</h3>
          <p>
            <a class="plain" href={hashOf(place, { kind: 'import' })} data-testid="open-import">
              Import a CSV file
            </a>
          </p>
        </section>
      )}
      <TakeAlong space={space} label={label} />
      <section>
        <h3>Other spaces</h3>
        <p>
          <button type="button" class="plain" data-testid="add-space" onClick={() => go('#/new')}>
            Make or join another space
          </button>
        </p>
      </section>
      <section>
        <h3>Offline</h3>
        <p data-testid="offline-ready" data-state={offlineState.value}>
          {offlineWords[offlineState.value]}
        </p>
      </section>
      <details>
        <summary>Keys</summary>
        <dl>
          {keys.map(([key, does]) => (
            <div key={key} class="key">
              <dt>{key}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </details>
      <section>
        <h3>Leave</h3>
        <p>{`Takes this space and its keys off ${placeHere()}. The other members keep theirs.`}</p>
        <p>
          <button type="button" class="plain danger" data-testid="erase" onClick={() => setErasing(true)}>
            Erase from {placeHere()}
          </button>
        </p>
      </section>
      {isErasing && <EraseDialog space={space} onClose={() => setErasing(false)} />}
    </Panel>
  );
}
