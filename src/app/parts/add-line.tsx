/** The next empty line of a list: type, Enter, and on. */
import { useEffect, useRef } from 'preact/hooks';
import { useHalfTyped } from '../half-typed.ts';
import { Icon } from './icon.tsx';

/** The list made last: its empty line takes the focus once, when it is first drawn. */
export const justMade: { list: string | null } = { list: null };

/** Stands where a reader has no line to write on. */
export function ReadOnly() {
  return (
    <p class="empty" data-testid="read-only">
      You can only read here.
    </p>
  );
}

export function AddLine(props: {
  readonly label: string;
  readonly testId: string;
  /** The list that the line adds to. */
  readonly list?: string;
  /** Resolves to whether it was added; what was not stays in the line. */
  readonly add: (title: string) => Promise<boolean>;
}) {
  const [title, setTitle] = useHalfTyped(props.list ?? props.testId);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.list === undefined || props.list !== justMade.list) return;
    justMade.list = null;
    field.current?.focus();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const text = title.trim();
    if (text === '') return;
    // Emptied at once, so that the next line can be typed while this one is saved.
    setTitle('');
    if (!(await props.add(text))) setTitle((typed) => (typed === '' ? text : typed));
  };
  return (
    <form class="add-line" onSubmit={submit}>
      <Icon name="plus" />
      <input
        ref={field}
        data-testid={props.testId}
        aria-label={props.label}
        placeholder={props.label}
        dir="auto"
        autocomplete="off"
        enterkeyhint="done"
        value={title}
        onInput={({ currentTarget }) => setTitle(currentTarget.value)}
      />
      {title.trim() !== '' && (
        <button type="submit" class="plain small">
          Add
        </button>
      )}
    </form>
  );
}
