/** Looks for words in all lists: names of lists, titles of items, then notes. What is looked for stays in this tab and out of its address. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../counted.ts';
import { useLive } from '../observed.ts';
import { hashOf, searching } from '../route.ts';
import type { AppSpace, Item, List } from '../schema.ts';
import { Icon } from './icon.tsx';
import { ItemRow } from './item-row.tsx';
import { Trouble } from './trouble.tsx';
import { WindowedList } from './windowed-list.tsx';

/** What is looked for. Outlives the pane, so that the way back from an item leads to the same answer. */
const sought = signal('');

/** Rows shown of each kind. More than a person reads through is no answer. */
const most = 200;
/** What is typed is looked for when the typing rests. */
const restMs = 150;

export function SearchPane(props: {
  readonly space: AppSpace;
  readonly item: string | null;
  readonly mayWrite: boolean;
}) {
  const { space } = props;
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(sought.value.trim());
  useEffect(() => {
    if (props.item === null) field.current?.focus();
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => setText(sought.value.trim()), restMs);
    return () => clearTimeout(timer);
  }, [sought.value]);
  useEffect(() => {
    document.title = 'Search – Cairn';
    return () => {
      document.title = 'Cairn';
    };
  }, []);
  return (
    <>
      <header class="list-heading">
        <a class="bare back" href={hashOf(null)} aria-label="All lists">
          <Icon name="back" />
        </a>
        <h2 class="unseen">Search</h2>
        <input
          ref={field}
          class="search-field"
          type="search"
          data-testid="search-field"
          aria-label="Search all lists"
          placeholder="Search all lists"
          dir="auto"
          autocomplete="off"
          enterkeyhint="search"
          value={sought.value}
          onInput={({ currentTarget }) => {
            sought.value = currentTarget.value;
          }}
        />
      </header>
      {text === '' ? (
        <p class="empty">Write a word that is in a title, a note or the name of a list.</p>
      ) : (
        <Answer key={space.id} text={text} {...props} />
      )}
    </>
  );
}

type Line = { readonly kind: 'list'; readonly list: List } | { readonly kind: 'item'; readonly item: Item };

function Answer(props: {
  readonly space: AppSpace;
  readonly text: string;
  readonly item: string | null;
  readonly mayWrite: boolean;
}) {
  const { space, text } = props;
  const holds = { contains: text };
  const lists = useLive(() => space.tables.lists.live(), space.id);
  const named = useLive(
    () => space.tables.lists.live({ where: { title: holds }, orderBy: 'title', limit: most + 1 }),
    text,
  );
  const titled = useLive(
    () => space.tables.items.live({ where: { title: holds }, orderBy: ['done', 'title'], limit: most + 1 }),
    text,
  );
  const noted = useLive(
    () => space.tables.items.live({ where: { note: holds }, orderBy: ['done', 'title'], limit: most + 1 }),
    text,
  );
  const isLooking = named.loading || titled.loading || noted.loading;
  const found = useMemo((): readonly Line[] => {
    const byTitle = titled.rows.slice(0, most);
    const known = new Set(titled.rows.map(({ id }) => id));
    const items = [...byTitle, ...noted.rows.slice(0, most).filter(({ id }) => !known.has(id))];
    return [
      ...named.rows.slice(0, most).map((list): Line => ({ kind: 'list', list })),
      ...items.map((item): Line => ({ kind: 'item', item })),
    ];
  }, [named.rows, titled.rows, noted.rows]);
  // While one types on, the answer of a moment ago stays.
  const shown = useRef<readonly Line[]>([]);
  if (!isLooking) shown.current = found;
  const lines = shown.current;
  const titles = useMemo(() => new Map(lists.rows.map(({ id, title }) => [id, title])), [lists.rows]);
  const error = named.error ?? titled.error ?? noted.error;
  const isCut = [named, titled, noted].some(({ rows }) => rows.length > most);
  return (
    <>
      {error !== null && <Trouble failure={error} />}
      <p
        class="search-count"
        role="status"
        data-testid="search-count"
        data-count={isLooking ? undefined : lines.length}
      >
        {isLooking
          ? 'Looking…'
          : lines.length === 0
            ? `Nothing here has “${text}” in it.`
            : isCut
              ? `The first ${lines.length}; there are more.`
              : `${counted(lines.length, 'match', 'matches')}.`}
      </p>
      <WindowedList
        label="Found"
        rows={lines}
        keyOf={(line) => (line.kind === 'list' ? line.list.id : line.item.id)}
        draw={(line) =>
          line.kind === 'list' ? (
            <a class="item found-list" data-testid="found-list" href={hashOf(line.list.id)}>
              <Icon name="lists" />
              <bdi>{line.list.title}</bdi>
            </a>
          ) : (
            <ItemRow
              space={space}
              item={line.item}
              place={searching}
              listTitle={titles.get(line.item.list) ?? ''}
              isChosen={line.item.id === props.item}
              mayWrite={props.mayWrite}
            />
          )
        }
      />
    </>
  );
}
