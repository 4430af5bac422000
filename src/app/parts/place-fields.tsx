/** Where an item stands: in which list, and before which of its neighbours. */
import { useState } from 'preact/hooks';
import { grouped } from '../counted.ts';
import { attempt } from '../notices.ts';
import { useLive } from '../observed.ts';
import { keyOfTime } from '../order-key.ts';
import type { AppSpace, Item } from '../schema.ts';

export function PlaceFields({ space, item }: { readonly space: AppSpace; readonly item: Item }) {
  const { id, list, done } = item;
  const { rows } = useLive(() => space.tables.lists.live({ orderBy: 'title' }), space.id);
  const [said, setSaid] = useState('');
  const moveBy = (by: number): Promise<boolean> =>
    attempt(async () => {
      const among = await space.tables.items.query({ where: { list, done }, orderBy: 'order' });
      const from = among.findIndex((row) => row.id === id);
      if (from < 0) return;
      const { move } = await import('../moving.ts');
      const isMoved = (await move(space, 'items', among, from, from + by)) > 0;
      const at = isMoved ? from + by : from;
      setSaid(
        isMoved
          ? `Now ${grouped(at + 1)} of ${grouped(among.length)}, by hand.`
          : `It is the ${by < 0 ? 'first' : 'last'} already.`,
      );
    });
  return (
    <div class="stack">
      <label class="field">
        <span>List</span>
        <select
          data-testid="detail-list"
          value={list}
          onChange={async ({ currentTarget: field }) => {
            const cells = { list: field.value, order: keyOfTime(Date.now()) };
            if (!(await attempt(() => space.tables.items.patch(id, cells)))) field.value = list;
          }}
        >
          {rows.map((other) => (
            <option key={other.id} value={other.id}>
              {other.title}
            </option>
          ))}
        </select>
      </label>
      <div class="actions start">
        <button type="button" class="plain small" data-testid="move-up" onClick={() => moveBy(-1)}>
          Move up
        </button>
        <button type="button" class="plain small" data-testid="move-down" onClick={() => moveBy(1)}>
          Move down
        </button>
        <small role="status">{said}</small>
      </div>
    </div>
  );
}
