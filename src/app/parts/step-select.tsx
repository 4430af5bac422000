/**
 * A menu whose choice is a step that is taken at once. A browser changes a closed menu with each arrow key: what was come upon like that is
 * taken with Enter, so that a step on the way to another is not.
 */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

export function StepSelect(props: {
  /** What it does, for who does not see what is around it. */
  readonly label: string;
  /** What it shows while nothing is chosen. */
  readonly word: string;
  readonly testId: string;
  readonly disabled: boolean;
  readonly onStep: (value: string) => void;
  /** The options. */
  readonly children: ComponentChildren;
}) {
  const [held, setHeld] = useState('');
  const lastKey = useRef('');
  const take = (value: string): void => {
    setHeld('');
    props.onStep(value);
  };
  return (
    <select
      aria-label={props.label}
      data-testid={props.testId}
      disabled={props.disabled}
      value={held}
      onPointerDown={() => {
        lastKey.current = '';
      }}
      onKeyDown={(event) => {
        lastKey.current = event.altKey ? '' : event.key;
        if (event.key !== 'Enter' || held === '') return;
        event.preventDefault();
        take(held);
      }}
      onBlur={() => setHeld('')}
      onChange={({ currentTarget: { value } }) => {
        // An open menu is opened with a space, and left with Enter.
        if (['', ' ', 'Enter'].includes(lastKey.current)) take(value);
        else setHeld(value);
      }}
    >
      <option value="" disabled>
        {props.word}
      </option>
      {props.children}
    </select>
  );
}
