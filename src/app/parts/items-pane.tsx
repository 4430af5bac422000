/** One list: its name, its items with the done ones last, and the next empty line. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { counted } from '../counted.ts';
import { deleteRow } from '../deleting.ts';
import { useDraft } from '../drafts.ts';
import { lazily } from '../lazily.tsx';
import { attempt } from '../notices.ts';
import { useLive } from '../observed.ts';
import { goInstead, hashOf } from '../route.ts';
import { firstIndex } from '../row-window.ts';
import type { AppSpace, Item, List } from '../schema.ts';
import { AddLine, ReadOnly } from './add-line.tsx';
import { Icon } from './icon.tsx';
import { ItemRow } from './item-row.tsx';
import { LazyTrouble as Trouble } from './lazy-trouble.tsx';
import { WindowedList } from './windowed-list.tsx';

const NoList = lazily(() => import('./no-list.tsx'), 'NoList');

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
  const lists = useLive(() => space.tables.lists.live({ where: { id } }), id);
  const items = useLive(() => space.tables.items.live({ where: { list: id }, orderBy: ['done'] }), id);
  const [showsDone, setShowsDone] = useState(true);
  const [added, setAdded] = useState<string | null>(null);
  const { rows } = items;
  const open = useMemo(() => firstIndex(rows, ({ done }) => done), [rows]);
  const lines = useMemo((): readonly Line[] => {
    if (open === rows.length) return rows;
    return [...rows.slice(0, open), divider, ...(showsDone ? rows.slice(open) : [])];
  }, [rows, open, showsDone]);

  const [list] = lists.rows;
  if (list === undefined) return lists.loading ? <p class="empty">Opening…</p> : <NoList />;
  const add = (title: string): Promise<boolean> =>
    attempt(async () => setAdded(await space.tables.items.put({ list: id, title })));
  const reveal = added === null ? -1 : rows.findIndex((row) => row.id === added);
  return (
    <>
      <ListHeading
        space={space}
        list={list}
        open={open}
        all={rows.length}
        isLoading={items.loading}
        mayWrite={mayWrite}
      />
      {items.error !== null && <Trouble failure={items.error} />}
      {rows.length === 0 && !items.loading && items.error === null && (
        <p class="empty">Nothing here yet.{mayWrite && ' Write the first line.'}</p>
      )}
      <WindowedList
        key={id}
        label={`Items of ${list.title}`}
        rows={lines}
        keyOf={(line) => (line === divider ? divider : line.id)}
        reveal={reveal}
        draw={(line) =>
          line === divider ? (
            <button
              type="button"
              class="divider"
              aria-expanded={showsDone}
              onClick={() => setShowsDone(!showsDone)}
            >
              <Icon name={showsDone ? 'down' : 'right'} />
              Done · {rows.length - open}
            </button>
          ) : (
            <ItemRow space={space} item={line} isChosen={line.id === props.item} mayWrite={mayWrite} />
          )
        }
      />
      {mayWrite ? <AddLine label="Add an item" testId="item-add" list={id} add={add} /> : <ReadOnly />}
    </>
  );
}

function ListHeading(props: {
  readonly space: AppSpace;
  readonly list: List;
  readonly open: number;
  readonly all: number;
  readonly isLoading: boolean;
  readonly mayWrite: boolean;
}) {
  const { space, list, open, all } = props;
  const title = useDraft(
    list.title,
    (text) => attempt(() => space.tables.lists.patch(list.id, { title: text.trim() })),
    true,
  );
  useEffect(() => {
    document.title = `${list.title} – Cairn`;
    return () => {
      document.title = 'Cairn';
    };
  }, [list.title]);
  const remove = async (): Promise<void> => {
    goInstead(hashOf(null));
    await deleteRow(space, 'lists', list.id, list.title);
  };
  return (
    <header class="list-heading">
      <a class="bare back" href={hashOf(null)} aria-label="All lists">
        <Icon name="back" />
      </a>
      <h1>
        <input
          class="title-field"
          aria-label="Name of this list"
          data-testid="list-title"
          dir="auto"
          readOnly={!props.mayWrite}
          {...title.field}
        />
      </h1>
      <span
        class="count"
        data-testid="item-count"
        data-open={props.isLoading ? undefined : open}
        data-all={props.isLoading ? undefined : all}
      >
        {props.isLoading ? 'Opening…' : all === 0 ? '' : `${counted(open, 'item')} to do`}
      </span>
      {props.mayWrite && (
        <button
          type="button"
          class="bare"
          aria-label="Delete this list"
          data-testid="list-delete"
          onClick={remove}
        >
          <Icon name="trash" />
        </button>
      )}
    </header>
  );
}
