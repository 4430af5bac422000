/** One item with all it has. What is typed is saved by itself. */
import { dayField, dayOf } from '../counted.ts';
import { deleteRow } from '../deleted.ts';
import { useDraft } from '../drafts.ts';
import { attempt } from '../notices.ts';
import { useLive } from '../observed.ts';
import { goInstead, hashOf } from '../route.ts';
import type { AppSpace, Item } from '../schema.ts';
import { priorities } from './item-row.tsx';
import { Panel } from './panel.tsx';
import { Trouble } from './trouble.tsx';

export function ItemDetail({
  space,
  id,
  list,
}: {
  readonly space: AppSpace;
  readonly id: string;
  readonly list: string | null;
}) {
  const { rows, loading, error } = useLive(() => space.tables.items.live({ where: { id } }), id);
  const [item] = rows;
  return (
    <Panel title="Item" back={hashOf(list)} testId="item-detail">
      {error !== null && <Trouble failure={error} />}
      {item === undefined ? (
        <p class="empty">{loading ? 'Opening…' : 'This item is no longer here.'}</p>
      ) : (
        <ItemFields key={id} space={space} item={item} />
      )}
    </Panel>
  );
}

function ItemFields({ space, item }: { readonly space: AppSpace; readonly item: Item }) {
  const { id, list, done, priority, due } = item;
  const items = space.tables.items;
  const title = useDraft(item.title, (text) => attempt(() => items.patch(id, { title: text.trim() })), true);
  const note = useDraft(item.note, (text) => attempt(() => items.patch(id, { note: text })));
  const remove = async (): Promise<void> => {
    goInstead(hashOf(list));
    await deleteRow(space, 'items', id, item.title);
  };
  return (
    <div class="stack">
      <label class="field">
        <span>Title</span>
        <input data-testid="detail-title" dir="auto" {...title} />
      </label>
      <label class="check">
        <input
          type="checkbox"
          data-testid="detail-done"
          checked={done}
          onChange={({ currentTarget }) => attempt(() => items.patch(id, { done: currentTarget.checked }))}
        />
        <span>Done</span>
      </label>
      <div class="side-by-side">
        <label class="field">
          <span>Due</span>
          <input
            type="date"
            data-testid="detail-due"
            value={dayField(due)}
            onChange={({ currentTarget }) =>
              attempt(() => items.patch(id, { due: dayOf(currentTarget.value) }))
            }
          />
        </label>
        <label class="field">
          <span>Priority</span>
          <select
            data-testid="detail-priority"
            value={priority === null ? '' : String(priority)}
            onChange={({ currentTarget: { value } }) =>
              attempt(() => items.patch(id, { priority: value === '' ? null : Number(value) }))
            }
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
      <label class="field">
        <span>Note</span>
        <textarea data-testid="detail-note" rows={8} dir="auto" {...note} />
      </label>
      <button type="button" class="plain danger" data-testid="detail-delete" onClick={remove}>
        Delete this item
      </button>
    </div>
  );
}
