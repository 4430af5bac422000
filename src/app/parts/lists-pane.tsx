/** All lists, by hand or by name. */
import { useMemo, useRef, useState } from 'preact/hooks';
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
  const [said, setSaid] = useState('');
  const moveTo = async (id: string, to: number): Promise<void> => {
    const from = lists.findIndex((list) => list.id === id);
    const { move } = await import('../moving.ts');
    if (!(await move(space, 'lists', lists, from, to))) return;
    setSaid(`${lists[from]?.title}: now ${to + 1} of ${lists.length}.`);
  };
  // Lists come and go while one is carried.
  const latestMove = useRef(moveTo);
  latestMove.current = moveTo;
  const onKey = (event: KeyboardEvent, index: number): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const list = lists[index];
    if (by === 0 || list === undefined) return;
    event.preventDefault();
    if (event.altKey && mayWrite) void moveTo(list.id, index + by);
    else if (event.currentTarget instanceof HTMLElement) {
      const rows = event.currentTarget.closest('ul')?.querySelectorAll('a');
      rows?.item(index + by)?.focus();
    }
  };
  const onGrip = async (event: PointerEvent, id: string): Promise<void> => {
    if (event.button !== 0 || !(event.currentTarget instanceof Element)) return;
    event.preventDefault();
    const row = event.currentTarget.closest('li');
    const box = row?.closest('nav');
    if (!row || !box) return;
    // The row is a link, which the press would open when it ends.
    const stay = (click: Event): void => click.preventDefault();
    row.addEventListener('click', stay, true);
    addEventListener('pointerup', () => setTimeout(() => row.removeEventListener('click', stay, true)), {
      once: true,
    });
    const { carry } = await import('../dragging.ts');
    carry({
      box,
      row,
      rowHeight: row.offsetHeight,
      top: row.offsetTop - lists.findIndex((list) => list.id === id) * row.offsetHeight,
      from: lists.findIndex((list) => list.id === id),
      first: 0,
      last: lists.length - 1,
      startY: event.clientY,
      pointerId: event.pointerId,
      onDrop: (to) => void latestMove.current(id, to),
    });
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
        {said}
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
