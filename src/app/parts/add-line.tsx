/** The next empty line of a list: type, Enter, and on. */
import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export function AddLine(props: {
  readonly label: string;
  readonly testId: string;
  /** Resolves to whether it was added; what was not stays in the line. */
  readonly add: (title: string) => Promise<boolean>;
}) {
  const [title, setTitle] = useState('');
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
