/** One list: its name, its items in the order that is chosen with the done ones last, and the next empty line. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useChosenItems } from '../chosen-items.ts';
import { counted, dayHere, grouped } from '../counted.ts';
import { deleteRow } from '../deleting.ts';
import { useHandMoves } from '../hand-moves.ts';
import { lazily } from '../lazily.tsx';
import { filters, type ListView, queryOf, rememberSort, sortOf } from '../list-view.ts';
import { attempt } from '../notices.ts';
import { now, useLive } from '../observed.ts';
import { keyAtEnd } from '../order-key.ts';
import { firstIndex } from '../row-window.ts';
import type { AppSpace, Item } from '../schema.ts';
import { AddLine, ReadOnly } from './add-line.tsx';
import { Icon } from './icon.tsx';
import { ChoiceRow, ItemRow } from './item-row.tsx';
import { LazyTrouble as Trouble } from './lazy-trouble.tsx';
import { ListHeading } from './list-heading.tsx';
import { ListTools } from './list-tools.tsx';
import { WindowedList } from './windowed-list.tsx';

const NoList = lazily(() => import('./no-list.tsx'), 'NoList');
const SelectionBar = lazily(() => import('./selection-bar.tsx'), 'SelectionBar');

/** The line between what is to do and what is done. */
const divider = 'done';
type Line = Item | typeof divider;

export function ItemsPane(props: {
  readonly space: AppSpace;
  readonly list: string;
  readonly item: string | null;
  readonly mayWrite: boolean;
}) {
  const { space, list: id, mayWrite } = props;
  const [view, setView] = useState((): ListView => ({ sort: sortOf(id), filter: 'all' }));
  const lists = useLive(() => space.tables.lists.live({ where: { id } }), id);
  const today = dayHere(now.value);
  const query = queryOf(id, view, today);
  const items = useLive(() => space.tables.items.live(query), JSON.stringify(query));
  // What was shown stays until the same items are here in another order.
  const shown = useRef<readonly Item[]>([]);
  if (!items.loading || items.rows.length >= shown.current.length) shown.current = items.rows;
  const rows = shown.current;

  const [showsDone, setShowsDone] = useState(true);
  const [inView, setInView] = useState<string | null>(null);
  const open = useMemo(() => firstIndex(rows, ({ done }) => done), [rows]);
  const hasDivider = open < rows.length && view.filter !== 'done';
  const hidesDone = hasDivider && !showsDone;
  const lines = useMemo((): readonly Line[] => {
    if (!hasDivider) return rows;
    return [...rows.slice(0, open), divider, ...(hidesDone ? [] : rows.slice(open))];
  }, [rows, open, hasDivider, hidesDone]);
  // Done items are moved among each other, below the line.
  const moves = useHandMoves(space, 'items', (row) => {
    const isOpen = rows.findIndex((other) => other.id === row) < open;
    return isOpen
      ? { rows: rows.slice(0, open), first: 0 }
      : { rows: rows.slice(open), first: open + Number(hasDivider) };
  });
  const chosen = useChosenItems(hidesDone ? rows.slice(0, open) : rows);

  const wasChoosing = useRef(false);
  useEffect(() => {
    if (wasChoosing.current === chosen.isOn) return;
    wasChoosing.current = chosen.isOn;
    // The button that was pressed is gone with its bar.
    if (document.activeElement !== document.body) return;
    document
      .querySelector<HTMLElement>(chosen.isOn ? '.items .window input' : '[data-testid="choose"]')
      ?.focus();
  }, [chosen.isOn]);

  const [list] = lists.rows;
  if (list === undefined) return lists.loading ? <p class="empty">Opening…</p> : <NoList />;

  const changeView = (next: ListView): void => {
    if (next.sort !== view.sort) rememberSort(id, next.sort);
    setView(next);
  };
  const add = (title: string): Promise<boolean> =>
    attempt(async () => {
      const order = await keyAtEnd(greatestOrder(rows), Date.now());
      setInView(await space.tables.items.put({ list: id, title, order }));
      // What was just written is not to be out of sight.
      if (view.filter !== 'all' && view.filter !== 'todo') setView({ ...view, filter: 'all' });
    });

  const byHand = mayWrite && view.sort === 'hand' && !items.loading;
  const onRowKey = (event: KeyboardEvent, line: Line): boolean => {
    if (line === divider) return false;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== 'a' || !chosen.isOn) return false;
      chosen.all(true);
      return true;
    }
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.altKey && by !== 0 && byHand && !chosen.isOn) {
      moves.moveBy(line.id, by);
      return true;
    }
    if (event.altKey || !mayWrite) return false;
    if (event.key === 'Delete' && !chosen.isOn) void deleteRow(space, 'items', line.id, line.title);
    else if (event.key === 'x') chosen.toggle(line.id);
    else if (event.key === 'Escape' && chosen.isOn) chosen.end();
    else return false;
    return true;
  };

  const isWhole = !items.loading;
  return (
    <>
      <ListHeading
        space={space}
        list={list}
        counts={countWords(view, open, rows.length, isWhole)}
        open={isWhole ? open : null}
        all={isWhole ? rows.length : null}
        mayWrite={mayWrite}
      />
      {(rows.length > 0 || view.filter !== 'all') && (
        <ListTools
          view={view}
          mayChoose={mayWrite && !chosen.isOn && rows.length > 0}
          onChange={changeView}
          onChoose={chosen.begin}
        />
      )}
      {items.error !== null && <Trouble failure={items.error} />}
      {rows.length === 0 && isWhole && items.error === null && (
        <p class="empty">
          {view.filter !== 'all' ? (
            <>
              Nothing here is “{filters[view.filter]}”.{' '}
              <button type="button" class="plain small" onClick={() => setView({ ...view, filter: 'all' })}>
                Show all
              </button>
            </>
          ) : (
            `Nothing here yet.${mayWrite ? ' Write the first line.' : ''}`
          )}
        </p>
      )}
      <WindowedList
        key={id}
        label={`Items of ${list.title}`}
        rows={lines}
        keyOf={(line) => (line === divider ? divider : line.id)}
        reveal={inView}
        onRowKey={onRowKey}
        draw={(line) =>
          line === divider ? (
            <button
              type="button"
              class="divider"
              aria-expanded={showsDone}
              onClick={() => setShowsDone(!showsDone)}
            >
              <Icon name={showsDone ? 'down' : 'right'} />
              Done · {grouped(rows.length - open)}
            </button>
          ) : chosen.isOn ? (
            <ChoiceRow
              item={line}
              isChosen={chosen.has(line.id)}
              onChoose={(isRange) => chosen.toggle(line.id, isRange)}
            />
          ) : (
            <ItemRow
              space={space}
              item={line}
              place={id}
              isChosen={line.id === props.item}
              mayWrite={mayWrite}
              onGrip={byHand ? (event) => void moves.carry(event, line.id) : undefined}
            />
          )
        }
      />
      {chosen.isOn ? (
        <SelectionBar
          space={space}
          list={id}
          chosen={chosen.items}
          all={hidesDone ? open : rows.length}
          onAll={chosen.all}
          onEnd={chosen.end}
        />
      ) : mayWrite ? (
        <AddLine label="Add an item" testId="item-add" list={id} add={add} />
      ) : (
        <ReadOnly />
      )}
      <span class="unseen" role="status">
        {moves.said}
      </span>
    </>
  );
}

/** The greatest key of an order by hand among the rows, wherever they stand. */
function greatestOrder(rows: readonly Item[]): string {
  let greatest = '';
  for (const { order } of rows) if (order > greatest) greatest = order;
  return greatest;
}

function countWords({ filter }: ListView, open: number, all: number, isWhole: boolean): string {
  if (!isWhole) return 'Opening…';
  if (filter !== 'all') return counted(all, 'item');
  return all === 0 ? '' : `${counted(open, 'item')} to do`;
}
