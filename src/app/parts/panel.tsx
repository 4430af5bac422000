/** What stands beside the list: a heading, a way back, its contents. On a phone it takes the whole page. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { leaveFor } from '../route.ts';
import { Icon } from './icon.tsx';

/** What had the focus before the first of the panels took it: there it goes when the last one closes. */
let opener: Element | null = null;

/** What is there to go on from where the opener is gone: never a field, which would bring up a phone's keyboard. */
const beneath = '.items .window a, .items .back, .lists a';

export function Panel(props: {
  readonly title: string;
  readonly back: string;
  readonly testId: string;
  /** Selects what the focus goes back to; what had it before, if there is none. */
  readonly opener?: string;
  readonly children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The focus follows, so that a screen reader and the keyboard are where the eye is.
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (before?.closest('.panel') === null) opener = before;
    heading.current?.focus({ preventScroll: true });
  }, [props.title]);
  useEffect(
    () => () => {
      const at = document.activeElement;
      if (at !== null && at !== document.body && !at.closest('.panel')) return;
      const named = props.opener === undefined ? null : document.querySelector<HTMLElement>(props.opener);
      const to = named ?? opener;
      if (to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
      // It went meanwhile: the item is in another list, or deleted.
      else {
        const left = [...document.querySelectorAll<HTMLElement>(beneath)];
        left.find((link) => link.checkVisibility())?.focus({ preventScroll: true });
      }
    },
    [],
  );
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (event.target instanceof HTMLElement) event.target.blur();
    leaveFor(props.back);
  };
  const close = (event: MouseEvent): void => {
    event.preventDefault();
    leaveFor(props.back);
  };
  return (
    <section class="pane panel" aria-label={props.title} data-testid={props.testId} onKeyDown={leave}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {props.title}
        </h2>
        <a class="bare" href={props.back} onClick={close} aria-label={`Close ${props.title}`}>
          <Icon name="close" />
        </a>
      </header>
      <div class="panel-body">{props.children}</div>
    </section>
  );
}
