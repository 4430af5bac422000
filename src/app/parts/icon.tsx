/** Small drawings in one hand: a 20 by 20 field, lines of one width, the colour of the text beside them. Never the only sign of a meaning. */
import type { Shape } from '../words.ts';

const drawings = {
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  back: 'M12 4l-6 6 6 6',
  trash: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  gear: 'M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4',
  people:
    'M7.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM2.5 16c0-3 2-4.5 5-4.5s5 1.5 5 4.5M13 4.3a2.5 2.5 0 0 1 0 4.4M14.5 11.8c2 .5 3 2 3 4.2',
  note: 'M5 5h10M5 9h10M5 13h6',
  right: 'M8 4l6 6-6 6',
  down: 'M4 8l6 6 6-6',
  grip: 'M7.5 5v.1M12.5 5v.1M7.5 10v.1M12.5 10v.1M7.5 15v.1M12.5 15v.1',
  search: 'M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM12.6 12.6L17 17',
  lists: 'M7.5 5H16M7.5 10H16M7.5 15H16M4 5v.1M4 10v.1M4 15v.1',
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={drawings[name]} />
    </svg>
  );
}

/** The mark: a small stack of stones. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true">
      <path d="M24 9c5-3 12-2 15 2s1 8-5 9-13 1-15-3 1-6 5-8Z" />
      <path d="M17 27c8-4 22-4 28 0s5 10-3 11-21 1-26-1-6-7 1-10Z" />
      <path d="M12 44c11-3 30-3 39 0s9 11 0 12-31 1-39-1-9-9 0-11Z" />
    </svg>
  );
}

const shapes: Record<Shape, preact.JSX.Element> = {
  stack: (
    <>
      <rect class="filled" x="6" y="2.5" width="7" height="3.6" rx="1.8" />
      <rect class="filled" x="4" y="7.5" width="11.5" height="3.9" rx="1.9" />
      <rect class="filled" x="2.5" y="12.8" width="15" height="4.2" rx="2.1" />
    </>
  ),
  ring: <circle cx="10" cy="10" r="6.5" />,
  turning: <path class="turning" d="M10 3.5A6.5 6.5 0 1 1 3.5 10" />,
  slash: (
    <>
      <circle cx="10" cy="10" r="6.5" />
      <path d="M5.4 14.6l9.2-9.2" />
    </>
  ),
  bars: <path class="thick" d="M7 4v12M13 4v12" />,
  triangle: (
    <>
      <path d="M10 3l7.5 13.5h-15Z" />
      <path d="M10 8v4M10 14v.4" />
    </>
  ),
};

/** The shape of a state. */
export function StateShape({ shape }: { readonly shape: Shape }) {
  return (
    <svg class="icon shape" viewBox="0 0 20 20" aria-hidden="true">
      {shapes[shape]}
    </svg>
  );
}
