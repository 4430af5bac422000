/** The fold that says who wrote what of an item, and where that is by now (APP-2, APP-6). Nothing is asked for while it is closed. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CellAuthor } from '../../client/index.ts';
import { writingsOf } from '../author-words.ts';
import { clockTime } from '../counted.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { errorWords } from '../error-words.ts';
import { toFailure } from '../failure.ts';
import { now, useObserved } from '../observed.ts';
import type { AppSpace, Item } from '../schema.ts';

interface Props {
  readonly space: AppSpace;
  readonly item: Item;
}

export function AuthorsFold(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details data-testid="authors" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Who wrote this</summary>
      {isOpen && <Authors key={props.item.id} {...props} />}
    </details>
  );
}

function Authors({ space, item }: Props) {
  const status = useObserved(space.status);
  const [authors, setAuthors] = useState<readonly CellAuthor[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const { id } = item;
  const isHere = useRef(true);
  useEffect(
    () => () => {
      isHere.current = false;
    },
    [],
  );
  // A reading may go through all that this device ever wrote, and the status moves many times a second while much is synced: one at a
  // time, and those that were asked for meanwhile are one.
  const reading = useRef(Promise.resolve());
  const asked = useRef(0);
  // Who has it follows from the status, who wrote it from the item.
  useEffect(() => {
    asked.current += 1;
    const number = asked.current;
    reading.current = reading.current.then(async () => {
      if (number !== asked.current || !isHere.current) return;
      try {
        const found = await space.tables.items.authors(id);
        if (!isHere.current) return;
        setAuthors(found);
        setTrouble(null);
      } catch (thrown) {
        if (isHere.current) setTrouble(errorWords(toFailure(thrown)).means);
      }
    });
  }, [space, id, item, status]);

  if (trouble !== null) return <p class="wrong">{trouble}</p>;
  if (authors === null) return <p class="hint">Reading…</p>;
  const who = labelOf(status.devices);
  const self = status.devices.find(({ isThis }) => isThis)?.number ?? null;
  return (
    <ul class="facts">
      {writingsOf(authors, self, placeHere(), who).map(({ what, device, at, where }) => (
        <li key={`${device} ${at}`} data-testid="writing">
          <div>
            <strong>{what}</strong>
            <small>
              {device === self ? `${who(device)}, this device` : who(device)}, {clockTime(at, now.value)}
            </small>
            <small>{where}</small>
          </div>
        </li>
      ))}
    </ul>
  );
}
