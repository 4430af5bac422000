/** A list's name, how much of it is to do, and the way to delete it. */
import { useEffect } from 'preact/hooks';
import { deleteRow } from '../deleting.ts';
import { useDraft } from '../drafts.ts';
import { attempt } from '../notices.ts';
import { goInstead, hashOf } from '../route.ts';
import type { AppSpace, List } from '../schema.ts';
import { Icon } from './icon.tsx';

export function ListHeading(props: {
  readonly space: AppSpace;
  readonly list: List;
  /** "3 items to do" */
  readonly counts: string;
  /** Open items, and all that are shown; null while they are not all here. */
  readonly open: number | null;
  readonly all: number | null;
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
      <h2>
        <input
          class="title-field"
          aria-label="Name of this list"
          data-testid="list-title"
          dir="auto"
          readOnly={!props.mayWrite}
          {...title.field}
        />
      </h2>
      <span
        class="count"
        data-testid="item-count"
        data-open={open === null ? undefined : open}
        data-all={all === null ? undefined : all}
      >
        {props.counts}
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
