/** The messages at the foot of the screen. One with a step back stays while it is pointed at or holds the focus. */
import { useEffect, useState } from 'preact/hooks';
import { dismiss, type Notice, notices, runAction } from '../notices.ts';
import { Icon } from './icon.tsx';

const shownMs = 10_000;

export function Notices() {
  return (
    <>
      {notices.value.map((notice) => (
        <NoticeLine key={notice.number} notice={notice} />
      ))}
    </>
  );
}

function NoticeLine({ notice }: { readonly notice: Notice }) {
  const { number, text, action, isTrouble } = notice;
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss(number), shownMs);
    return () => clearTimeout(timer);
  }, [isHeld, number]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only tells whether someone is reading it
    <div
      class={isTrouble ? 'notice trouble' : 'notice'}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <span>{text}</span>
      {action !== null && (
        <button type="button" class="plain" data-testid="undo" onClick={() => runAction(notice)}>
          {action.label}
        </button>
      )}
      <button type="button" class="bare" aria-label="Close message" onClick={() => dismiss(number)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
