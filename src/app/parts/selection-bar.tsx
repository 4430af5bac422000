/** What can be done to the items that are chosen. Each step can be taken back (`bulk`). */
import { useMemo, useState } from 'preact/hooks';
import { deleteAll, moveAll, setDone, setPriority } from '../bulk.ts';
import { counted, grouped } from '../counted.ts';
import { useLive } from '../observed.ts';
import type { AppSpace, Item } from '../schema.ts';
import { Icon } from './icon.tsx';
import { priorities } from './item-row.tsx';
import { StepSelect } from './step-select.tsx';

export function SelectionBar(props: {
  readonly space: AppSpace;
  readonly list: string;
  readonly chosen: readonly Item[];
  /** How many could be chosen. */
  readonly all: number;
  readonly onAll: (isAll: boolean) => void;
  /** It is over. */
  readonly onEnd: () => void;
}) {
  const { space, chosen } = props;
  const { rows } = useLive(() => space.tables.lists.live({ orderBy: 'title' }), space.id);
  const others = useMemo(() => rows.filter(({ id }) => id !== props.list), [rows, props.list]);
  const [isBusy, setBusy] = useState(false);
  const none = chosen.length === 0 || isBusy;
  const run = async (work: Promise<boolean>): Promise<void> => {
    setBusy(true);
    const isDone = await work;
    setBusy(false);
    if (isDone) props.onEnd();
  };
  const isDone = chosen.length > 0 && chosen.every(({ done }) => done);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.defaultPrevented) props.onEnd();
  };
  return (
    <fieldset class="selection" aria-label="Chosen items" data-testid="selection" onKeyDown={onKey}>
      <button
        type="button"
        class="bare"
        aria-label="End selecting"
        data-testid="choose-end"
        onClick={props.onEnd}
      >
        <Icon name="close" />
      </button>
      <span class="selection-count" role="status" data-testid="chosen-count">
        {isBusy ? 'Working…' : `${grouped(chosen.length)} selected`}
      </span>
      <button
        type="button"
        class="plain small"
        data-testid="choose-all"
        disabled={isBusy}
        onClick={() => props.onAll(chosen.length < props.all)}
      >
        {chosen.length < props.all ? 'All' : 'None'}
      </button>
      <span class="selection-steps">
        <button
          type="button"
          class="plain small"
          data-testid="chosen-done"
          disabled={none}
          onClick={() => run(setDone(space, chosen, !isDone))}
        >
          {isDone ? 'To do' : 'Done'}
        </button>
        <StepSelect
          label="Set the priority"
          word="Priority"
          testId="chosen-priority"
          disabled={none}
          onStep={(value) => {
            const [priority, name] = priorities.find(([number]) => String(number) === value) ?? [
              null,
              'None',
            ];
            void run(setPriority(space, chosen, priority, name));
          }}
        >
          {priorities.map(([value, name]) => (
            <option key={value} value={String(value)}>
              {name}
            </option>
          ))}
          <option value="0">None</option>
        </StepSelect>
        {others.length > 0 && (
          <StepSelect
            label="Move to another list"
            word="Move to"
            testId="chosen-move"
            disabled={none}
            onStep={(value) => {
              const list = others.find(({ id }) => id === value);
              if (list !== undefined) void run(moveAll(space, chosen, list));
            }}
          >
            {others.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </StepSelect>
        )}
        <button
          type="button"
          class="plain small danger"
          data-testid="chosen-delete"
          disabled={none}
          aria-label={`Delete ${counted(chosen.length, 'item')}`}
          onClick={() => run(deleteAll(space, chosen))}
        >
          Delete
        </button>
      </span>
    </fieldset>
  );
}
