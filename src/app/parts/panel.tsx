/** What stands beside the list: a heading, a way back, its contents. On a phone it takes the whole page. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './beside-style.ts';
import { Icon } from './icon.tsx';

export function Panel(props: {
  readonly title: string;
  readonly back: string;
  readonly testId: string;
  readonly children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The focus follows, so that a screen reader and the keyboard are where the eye is.
  useEffect(() => heading.current?.focus({ preventScroll: true }), [props.title]);
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (event.target instanceof HTMLElement) event.target.blur();
    location.hash = props.back;
  };
  return (
    <aside class="pane panel" aria-label={props.title} data-testid={props.testId} onKeyDown={leave}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {props.title}
        </h2>
        <a class="bare" href={props.back} aria-label={`Close ${props.title}`}>
          <Icon name="close" />
        </a>
      </header>
      <div class="panel-body">{props.children}</div>
    </aside>
  );
}
