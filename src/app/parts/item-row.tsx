/** One item as a line: done or not, its title, what else it has, and the way to delete it. */
import { dayWords, isPast } from '../counted.ts';
import { deleteRow } from '../deleting.ts';
import { attempt } from '../notices.ts';
import { now } from '../observed.ts';
import { hashOf } from '../route.ts';
import type { AppSpace, Item } from '../schema.ts';
import { Icon } from './icon.tsx';

export const priorities: readonly (readonly [number, string])[] = [
  [1, 'High'],
  [2, 'Medium'],
  [3, 'Low'],
];

export function ItemRow(props: {
  readonly space: AppSpace;
  readonly item: Item;
  readonly isChosen: boolean;
  readonly mayWrite: boolean;
}) {
  const { space, item } = props;
  const { id, list, title, note, done, priority, due } = item;
  const priorityName = priorities.find(([value]) => value === priority)?.[1];
  const isLate = due !== null && !done && isPast(due, now.value);
  return (
    <div class="item" data-testid="item-row" data-id={id} data-done={done} data-chosen={props.isChosen}>
      <input
        type="checkbox"
        data-testid="item-done"
        checked={done}
        aria-label={`Done: ${title}`}
        disabled={!props.mayWrite}
        onChange={async ({ currentTarget: box }) => {
          const saved = await attempt(() => space.tables.items.patch(id, { done: box.checked }));
          if (!saved) box.checked = done;
        }}
      />
      <a
        class="item-title"
        data-testid="item-title"
        href={hashOf(list, { kind: 'item', id })}
        aria-current={props.isChosen ? 'true' : undefined}
      >
        <bdi>{title}</bdi>
      </a>
      <span class="marks">
        {note !== '' && (
          <span title="Has a note">
            <Icon name="note" />
            <span class="unseen">has a note</span>
          </span>
        )}
        {priorityName !== undefined && <span class={`mark-priority p${priority}`}>{priorityName}</span>}
        {due !== null && (
          <span class={isLate ? 'late' : ''}>
            {isLate ? 'late: ' : ''}
            {dayWords(due, now.value)}
          </span>
        )}
      </span>
      {props.mayWrite && (
        <button
          type="button"
          class="bare item-delete"
          data-testid="item-delete"
          aria-label={`Delete ${title}`}
          onClick={() => deleteRow(space, 'items', id, title)}
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}
