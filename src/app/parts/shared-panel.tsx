/** Text that another app handed over becomes an item of a list that the person chooses. */
import { useEffect, useState } from 'preact/hooks';
import { attempt } from '../notices.ts';
import { useLive } from '../observed.ts';
import { keyOfTime } from '../order-key.ts';
import { goInstead, hashOf } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { dropShared, itemOfShared, readShared } from '../shared-text.ts';
import { Panel } from './panel.tsx';

export function SharedPanel({ space, mayWrite }: { readonly space: AppSpace; readonly mayWrite: boolean }) {
  const [item, setItem] = useState<{ title: string; note: string } | null | 'loading'>('loading');
  useEffect(() => {
    readShared().then(
      (shared) => setItem(shared === null ? null : itemOfShared(shared)),
      () => setItem(null),
    );
  }, []);
  return (
    <Panel title="Shared with Cairn" back={hashOf(null)} testId="shared-panel">
      {item === 'loading' ? null : item === null ? (
        <p class="empty">Nothing was handed over, or it was added already.</p>
      ) : mayWrite ? (
        <SharedForm space={space} first={item} />
      ) : (
        <p class="empty">You can only read in this space.</p>
      )}
    </Panel>
  );
}

function SharedForm(props: { readonly space: AppSpace; readonly first: { title: string; note: string } }) {
  const { space, first } = props;
  const lists = useLive(() => space.tables.lists.live({ orderBy: 'title' }), space.id);
  const [title, setTitle] = useState(first.title);
  const [note, setNote] = useState(first.note);
  const [chosen, setChosen] = useState('');
  const [isBusy, setBusy] = useState(false);
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    // A second press, while the first is being written, would make a second item.
    if (isBusy) return;
    setBusy(true);
    const isAdded = await attempt(async () => {
      const list = await space.transaction((tx) => {
        const into = chosen || (lists.rows[0]?.id ?? tx.tables.lists.put({ title: 'Shared' }));
        tx.tables.items.put({ list: into, title: title.trim(), note, order: keyOfTime(Date.now()) });
        return into;
      });
      goInstead(hashOf(list));
    });
    if (isAdded) await attempt(dropShared);
    else setBusy(false);
  };
  const throwAway = async (): Promise<void> => {
    if (await attempt(dropShared)) goInstead(hashOf(null));
  };
  return (
    <form class="stack" onSubmit={add}>
      <label class="field">
        <span>Title</span>
        <input
          data-testid="shared-title"
          required
          dir="auto"
          value={title}
          onInput={({ currentTarget }) => setTitle(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Note</span>
        <textarea
          rows={5}
          dir="auto"
          value={note}
          onInput={({ currentTarget }) => setNote(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>List</span>
        <select
          data-testid="shared-list"
          value={chosen || (lists.rows[0]?.id ?? '')}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
        >
          {lists.rows.map((list) => (
            <option key={list.id} value={list.id}>
              {list.title}
            </option>
          ))}
          {lists.rows.length === 0 && !lists.loading && <option value="">A new list, “Shared”</option>}
        </select>
      </label>
      <p class="actions">
        <button type="button" class="plain" onClick={throwAway}>
          Throw away
        </button>
        <button
          type="submit"
          class="main"
          data-testid="shared-add"
          disabled={isBusy || lists.loading || title.trim() === ''}
        >
          Add
        </button>
      </p>
    </form>
  );
}
