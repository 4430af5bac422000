/** What was deleted on this device, each with the way back, and what deleted lists hide. */
import { counted } from '../counted.ts';
import { restoreRow } from '../deleted.ts';
import { deleted } from '../deleted-rows.ts';
import { ago } from '../measures.ts';
import { now, useObserved } from '../observed.ts';
import { hashOf, type Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { Panel } from './panel.tsx';

export function DeletedPanel({
  space,
  place,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly place: Place;
  readonly mayWrite: boolean;
}) {
  const hidden = useObserved(space.status).rows?.hidden ?? 0;
  return (
    <Panel title="Deleted" back={hashOf(place)} testId="deleted-panel">
      {hidden > 0 && (
        <p class="hint">
          {counted(hidden, 'item is', 'items are')} hidden because the list is deleted. They come back with
          it.
        </p>
      )}
      {deleted.value.length === 0 && <p class="empty">Nothing was deleted on this device lately.</p>}
      <ul class="facts">
        {deleted.value.map((row) => (
          <li key={row.id} data-testid="deleted-row">
            <div>
              <strong>
                <bdi>{row.title}</bdi>
              </strong>
              <small>
                {row.table === 'lists' ? 'List' : 'Item'}, deleted {ago(row.at, now.value)}
              </small>
            </div>
            {mayWrite && (
              <button
                type="button"
                class="plain"
                data-testid="restore"
                onClick={() => restoreRow(space, row)}
              >
                Restore
              </button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
