/** What was deleted, by whom and when, with the way back; and what deleted lists hide. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SpaceStatus } from '../../client/index.ts';
import { counted } from '../counted.ts';
import { restoreItem } from '../deleted.ts';
import { type Deleted, type DeletedList, deletedOf, progressOf } from '../deleted-list.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { ago } from '../measures.ts';
import { attempt } from '../notices.ts';
import { now, useObserved } from '../observed.ts';
import { hashOf, type Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { Panel } from './panel.tsx';

/** So many of each are shown; older ones come nearer as these are restored. */
const most = 100;

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
  const hidden = status.rows?.hidden ?? 0;
  const progress = progressOf(status);
  const [found, setFound] = useState<DeletedList | null>(null);
  useEffect(() => {
    let isOver = false;
    void attempt(async () => {
      const next = await deletedOf(space, most);
      if (!isOver) setFound(next);
    });
    return () => {
      isOver = true;
    };
  }, [space, progress]);
  const rows = found?.rows ?? null;
  const list = useRef<HTMLUListElement>(null);
  /** Where the row stands whose button was pressed: that button goes with it, and the focus to the one that comes up there. */
  const pressed = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (pressed.current === null || document.activeElement !== document.body) return;
    const buttons = list.current?.querySelectorAll('button');
    const next = buttons?.item(Math.min(pressed.current, buttons.length - 1));
    (next ?? document.querySelector<HTMLElement>('.panel h2'))?.focus();
    pressed.current = null;
  }, [rows]);
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
        <ul class="facts" ref={list}>
          {rows.map((deleted, index) => (
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
                  onClick={() => {
                    pressed.current = index;
                    void restore(space, deleted);
                  }}
                >
                  Restore
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {found?.isCut === true && <p class="hint">Only the last {most} lists and items are shown.</p>}
    </Panel>
  );
}

function restore(space: AppSpace, deleted: Deleted): Promise<boolean> {
  return deleted.table === 'items'
    ? restoreItem(space, deleted.row)
    : attempt(() => space.tables.lists.restore(deleted.row.id));
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
