/** What was deleted, by whom and when, with the way back; and what deleted lists hide. */
import { useEffect, useState } from 'preact/hooks';
import type { DeletedRow, SpaceStatus } from '../../client/index.ts';
import { counted } from '../counted.ts';
import { restoreRow } from '../deleted.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { ago } from '../measures.ts';
import { attempt } from '../notices.ts';
import { now, useObserved } from '../observed.ts';
import { hashOf, type Place } from '../route.ts';
import type { AppSpace, Item, List } from '../schema.ts';
import { Panel } from './panel.tsx';

/** So many of each are shown; older ones come nearer as these are restored. */
const most = 100;

type Deleted =
  | (DeletedRow<List> & { readonly table: 'lists' })
  | (DeletedRow<Item> & { readonly table: 'items' });

export function DeletedPanel({
  space,
  place,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly place: Place;
  readonly mayWrite: boolean;
}) {
  const status = useObserved(space.status);
  const { live = null, hidden = 0 } = status.rows ?? {};
  const [rows, setRows] = useState<readonly Deleted[] | null>(null);
  useEffect(() => {
    let isOver = false;
    void attempt(async () => {
      const found = await deletedOf(space);
      if (!isOver) setRows(found);
    });
    return () => {
      isOver = true;
    };
    // What was deleted or restored, here or elsewhere, changes how many rows there are.
  }, [space, live, hidden]);
  return (
    <Panel title="Deleted" back={hashOf(place)} testId="deleted-panel">
      {hidden > 0 && (
        <p class="hint">
          {counted(hidden, 'item is', 'items are')} hidden because the list is deleted.{' '}
          {hidden === 1 ? 'It comes back with the list.' : 'They come back with the list.'}
        </p>
      )}
      {rows === null && <p class="empty">Looking…</p>}
      {rows?.length === 0 && <p class="empty">Nothing is deleted.</p>}
      {rows !== null && rows.length > 0 && (
        <ul class="facts">
          {rows.map((deleted) => (
            <li key={deleted.row.id} data-testid="deleted-row">
              <div>
                <strong>
                  <bdi>{deleted.row.title}</bdi>
                </strong>
                <small>{wordsFor(deleted, status, now.value)}</small>
              </div>
              {mayWrite && (
                <button
                  type="button"
                  class="plain"
                  data-testid="restore"
                  aria-label={`Restore ${deleted.row.title}`}
                  onClick={() => restore(space, deleted)}
                >
                  Restore
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {rows?.some(
        ({ table }, index) => rows.findLastIndex((row) => row.table === table) - index >= most - 1,
      ) && <p class="hint">Only the last {most} lists and items are shown.</p>}
    </Panel>
  );
}

async function deletedOf(space: AppSpace): Promise<readonly Deleted[]> {
  const [lists, items] = await Promise.all([
    space.tables.lists.deleted(most),
    space.tables.items.deleted(most),
  ]);
  return [
    ...lists.map((deleted): Deleted => ({ ...deleted, table: 'lists' })),
    ...items.map((deleted): Deleted => ({ ...deleted, table: 'items' })),
  ].sort((a, b) => b.at - a.at);
}

function restore(space: AppSpace, deleted: Deleted): Promise<boolean> {
  const { table, row } = deleted;
  return restoreRow(space, { table, id: row.id }, deleted.table === 'items' ? deleted.row.list : undefined);
}

function wordsFor(deleted: Deleted, { devices }: SpaceStatus, at: number): string {
  const what =
    deleted.table === 'items'
      ? 'Item'
      : deleted.hides === 0
        ? 'Empty list'
        : `List with ${counted(deleted.hides, 'item')}`;
  const isThis = devices.some(({ number, isThis: is }) => is && number === deleted.device);
  const by = isThis ? `on ${placeHere()}` : `on ${labelOf(devices)(deleted.device)}`;
  return `${what}, deleted ${by} ${ago(deleted.at, at)}`;
}
