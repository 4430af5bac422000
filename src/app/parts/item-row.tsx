/** One item as a line: done or not, its title, what else it has, and the ways to move and to delete it. */
import { dayWords, isPast } from '../counted.ts';
import { deleteRow } from '../deleting.ts';
import { attempt } from '../notices.ts';
import { now } from '../observed.ts';
import { hashOf, type Place } from '../route.ts';
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
  /** Where it is shown: what stands below its detail. */
  readonly place: Place;
  /** The name of its list, where that is not known from around it. */
  readonly listTitle?: string;
  readonly isChosen: boolean;
  readonly mayWrite: boolean;
  /** Where the order is by hand: the row's grip was taken. */
  readonly onGrip?: (event: PointerEvent) => void;
}) {
  const { space, item, onGrip } = props;
  const { id, title, done } = item;
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
        href={hashOf(props.place, { kind: 'item', id })}
        aria-current={props.isChosen ? 'true' : undefined}
      >
        <bdi>{title}</bdi>
      </a>
      <Marks item={item} listTitle={props.listTitle} />
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
      {/* For a pointer alone: keys move the row itself, and the item's own page has buttons for it. */}
      {onGrip !== undefined && (
        <span class="grip" data-testid="item-grip" onPointerDown={onGrip}>
          <Icon name="grip" />
        </span>
      )}
    </div>
  );
}

/** An item where several are being chosen: all of the line is its box. */
export function ChoiceRow(props: {
  readonly item: Item;
  readonly isChosen: boolean;
  /** `isRange`: all from the one chosen before up to this one. */
  readonly onChoose: (isRange: boolean) => void;
}) {
  const { id, title, done } = props.item;
  return (
    <label
      class="item choice"
      data-testid="item-row"
      data-id={id}
      data-done={done}
      data-chosen={props.isChosen}
    >
      <input
        type="checkbox"
        data-testid="item-choose"
        checked={props.isChosen}
        aria-label={`Choose: ${title}`}
        onClick={(event) => props.onChoose(event.shiftKey)}
      />
      <span class="item-title" data-testid="item-title">
        <bdi>{title}</bdi>
      </span>
      <Marks item={props.item} />
    </label>
  );
}

function Marks({ item, listTitle }: { readonly item: Item; readonly listTitle?: string | undefined }) {
  const { note, done, priority, due } = item;
  const priorityName = priorities.find(([value]) => value === priority)?.[1];
  const isLate = due !== null && !done && isPast(due, now.value);
  return (
    <span class="marks">
      {listTitle !== undefined && (
        <span class="mark-list">
          <span class="unseen">in </span>
          <bdi>{listTitle}</bdi>
        </span>
      )}
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
  );
}
