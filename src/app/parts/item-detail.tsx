/** One item with all it has. What is typed is saved by itself, and stays when someone else deletes the item meanwhile. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { deleteRow } from '../deleting.ts';
import { useDraft } from '../drafts.ts';
import { dayField, dayOf } from '../measures.ts';
import { attempt } from '../notices.ts';
import { useLive } from '../observed.ts';
import { oneLine } from '../one-line.ts';
import { goInstead, hashOf, type Place } from '../route.ts';
import type { AppSpace, Item } from '../schema.ts';
import { AuthorsFold } from './authors-fold.tsx';
import { GoneItem } from './gone-item.tsx';
import { priorities } from './item-row.tsx';
import { Panel } from './panel.tsx';
import { PlaceFields } from './place-fields.tsx';
import { Trouble } from './trouble.tsx';

export function ItemDetail({
  space,
  id,
  place,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly id: string;
  readonly place: Place;
  readonly mayWrite: boolean;
}) {
  const { rows, loading, error } = useLive(() => space.tables.items.live({ where: { id } }), id);
  const [item] = rows;
  /** The item as it was last seen, for when it goes while it is open. */
  const last = useRef<Item | null>(null);
  if (item !== undefined) last.current = item;
  return (
    <Panel title="Item" back={hashOf(place)} testId="item-detail" opener={`[data-id="${CSS.escape(id)}"] a`}>
      {error !== null && <Trouble failure={error} />}
      {last.current === null ? (
        <p class="empty">{loading ? 'Opening…' : 'This item is no longer here.'}</p>
      ) : (
        <>
          <ItemFields
            space={space}
            place={place}
            item={last.current}
            isGone={item === undefined}
            mayWrite={mayWrite}
          />
          {item !== undefined && <AuthorsFold space={space} item={item} />}
        </>
      )}
    </Panel>
  );
}

interface FieldsProps {
  readonly space: AppSpace;
  readonly place: Place;
  readonly item: Item;
  readonly isGone: boolean;
  readonly mayWrite: boolean;
}

function ItemFields({ space, item, place, isGone, mayWrite }: FieldsProps) {
  const { id, done, priority, due } = item;
  const patch = (cells: Parameters<typeof space.tables.items.patch>[1]): Promise<boolean> =>
    attempt(() => space.tables.items.patch(id, cells));
  // An item that is gone can't be written; its text waits for the person to restore it.
  const save = async (cells: Parameters<typeof patch>[0]): Promise<boolean> => !isGone && patch(cells);
  const title = useDraft(item.title, (text) => save({ title: oneLine(text) }), true);
  const note = useDraft(item.note, (text) => save({ note: text }));
  if (isGone) {
    return <GoneItem space={space} item={item} title={title.typed} note={note.typed} mayWrite={mayWrite} />;
  }
  const remove = async (): Promise<void> => {
    goInstead(hashOf(place));
    await deleteRow(space, 'items', id, item.title);
  };
  return (
    <div class="stack">
      {!mayWrite && <p class="hint">You can only read here.</p>}
      <TitleField {...title.field} readOnly={!mayWrite} />
      <label class="check">
        <input
          type="checkbox"
          data-testid="detail-done"
          disabled={!mayWrite}
          checked={done}
          onChange={async ({ currentTarget: box }) => {
            if (!(await patch({ done: box.checked }))) box.checked = done;
          }}
        />
        <span>Done</span>
      </label>
      <div class="side-by-side">
        <label class="field">
          <span>Due</span>
          <input
            type="date"
            data-testid="detail-due"
            disabled={!mayWrite}
            value={dayField(due)}
            onChange={async ({ currentTarget: field }) => {
              if (!(await patch({ due: dayOf(field.value) }))) field.value = dayField(due);
            }}
          />
        </label>
        <label class="field">
          <span>Priority</span>
          <select
            data-testid="detail-priority"
            disabled={!mayWrite}
            value={optionOf(priority)}
            onChange={async ({ currentTarget: field }) => {
              const { value } = field;
              if (!(await patch({ priority: value === '' ? null : Number(value) })))
                field.value = optionOf(priority);
            }}
          >
            <option value="">None</option>
            {priorities.map(([value, name]) => (
              <option key={value} value={String(value)}>
                {name}
              </option>
            ))}
            {priority !== null && !priorities.some(([value]) => value === priority) && (
              <option value={String(priority)}>{priority}</option>
            )}
          </select>
        </label>
      </div>
      {mayWrite && <PlaceFields space={space} item={item} />}
      <label class="field">
        <span>Note</span>
        <textarea data-testid="detail-note" rows={8} dir="auto" readOnly={!mayWrite} {...note.field} />
      </label>
      {mayWrite && (
        <button type="button" class="plain danger" data-testid="detail-delete" onClick={remove}>
          Delete this item
        </button>
      )}
    </div>
  );
}

/** One paragraph that is as tall as its text; Enter ends it. */
function TitleField(props: ReturnType<typeof useDraft>['field'] & { readonly readOnly: boolean }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (area.current === null) return;
    const { style, offsetHeight, clientHeight } = area.current;
    style.height = '0';
    style.height = `${area.current.scrollHeight + offsetHeight - clientHeight}px`;
  }, [props.value]);
  return (
    <label class="field">
      <span>Title</span>
      <textarea
        ref={area}
        class="growing"
        data-testid="detail-title"
        rows={1}
        dir="auto"
        enterkeyhint="done"
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          event.currentTarget.blur();
        }}
        {...props}
      />
    </label>
  );
}

function optionOf(priority: number | null): string {
  return priority === null ? '' : String(priority);
}
