/** All lists, by hand or by name. */
import { useMemo } from 'preact/hooks';
import { useHandMoves } from '../hand-moves.ts';
import { attempt } from '../notices.ts';
import { useLive, useObserved } from '../observed.ts';
import { go, hashOf } from '../route.ts';
import type { AppSpace, List } from '../schema.ts';
import { AddLine, justMade, ReadOnly } from './add-line.tsx';
import { Icon } from './icon.tsx';
import { LazyTrouble as Trouble } from './lazy-trouble.tsx';

const byTitle = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Lists that were put in order by hand first, then by name, then in the order in which they were made. */
function inOrder(a: List, b: List): number {
  if (a.order !== b.order) {
    if (a.order === '' || b.order === '') return a.order === '' ? 1 : -1;
    return a.order < b.order ? -1 : 1;
  }
  return byTitle.compare(a.title, b.title) || (a.id < b.id ? -1 : 1);
}

export function ListsPane({
  space,
  chosen,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly chosen: string | null;
  readonly mayWrite: boolean;
}) {
  const { rows, loading, error } = useLive(() => space.tables.lists.live(), space.id);
  const hidden = useObserved(space.status).rows?.hidden ?? 0;
  const lists = useMemo(() => [...rows].sort(inOrder), [rows]);
  const add = (title: string): Promise<boolean> =>
    attempt(async () => {
      justMade.list = await space.tables.lists.put({ title });
      go(hashOf(justMade.list));
    });
  const moves = useHandMoves(space, 'lists', () => ({ rows: lists, first: 0 }));
  const onKey = (event: KeyboardEvent, index: number): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const list = lists[index];
    if (by === 0 || list === undefined) return;
    event.preventDefault();
    if (event.altKey && mayWrite) moves.moveBy(list.id, by);
    else if (event.currentTarget instanceof HTMLElement) {
      const rows = event.currentTarget.closest('ul')?.querySelectorAll('a');
      rows?.item(index + by)?.focus();
    }
  };
  const onGrip = (event: PointerEvent, id: string): void => {
    const row = event.currentTarget instanceof Element ? event.currentTarget.closest('li') : null;
    // The row is a link, which the press would open when it ends.
    const stay = (click: Event): void => click.preventDefault();
    row?.addEventListener('click', stay, true);
    const over = (): void => void setTimeout(() => row?.removeEventListener('click', stay, true));
    addEventListener('pointerup', over, { once: true });
    // What the system took away ends with no click, and the next one is meant.
    addEventListener('pointercancel', over, { once: true });
    void moves.carry(event, id);
  };
  return (
    <nav class="pane lists" aria-label="Lists">
      {error !== null && <Trouble failure={error} />}
      {lists.length === 0 && error === null && (
        <p class="empty">
          {loading ? 'Opening…' : `No list yet.${mayWrite ? ' Give the first one a name.' : ''}`}
        </p>
      )}
      {/* biome-ignore lint/a11y/noRedundantRoles: without list marks Safari takes a list for none */}
      <ul role="list" class="rows">
        {lists.map((list, index) => (
          <li key={list.id}>
            <a
              class="row"
              data-testid="list-row"
              draggable={false}
              data-id={list.id}
              href={hashOf(list.id)}
              aria-current={list.id === chosen ? 'page' : undefined}
              onKeyDown={(event) => onKey(event, index)}
            >
              <bdi>{list.title}</bdi>
              {mayWrite && lists.length > 1 && (
                <span class="grip" data-testid="list-grip" onPointerDown={(event) => onGrip(event, list.id)}>
                  <Icon name="grip" />
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <span class="unseen" role="status">
        {moves.said}
      </span>
      {/* Said once: a list that is open says it itself. */}
      {mayWrite ? <AddLine label="New list" testId="list-add" add={add} /> : chosen === null && <ReadOnly />}
      {(lists.length > 0 || hidden > 0) && (
        <a class="row quiet" href={hashOf(chosen, { kind: 'deleted' })} data-testid="deleted">
          Deleted
        </a>
      )}
    </nav>
  );
}
