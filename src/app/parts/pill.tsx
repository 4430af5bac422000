/** The pill: what is true of sync at this moment, as a shape, a word and a number; it opens the panel that explains it. */
import { useEffect, useState } from 'preact/hooks';
import type { SpaceStatus } from '../../client/index.ts';
import { grouped } from '../counted.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { now } from '../observed.ts';
import { pillOf } from '../pill.ts';
import { StateShape } from './icon.tsx';

/** How long a state must last before it is read out, so that a passing one is not. */
const settledMs = 1_000;

export function SyncPill({ status, href }: { readonly status: SpaceStatus; readonly href: string }) {
  const scene = { place: placeHere(), who: labelOf(status.devices) };
  const { shape, tone, word, number, asOf, sentence } = pillOf(status, scene, now.value);
  return (
    <>
      <a
        class="pill"
        href={href}
        data-testid="pill"
        data-tone={tone}
        data-kind={status.reasons.map(({ kind }) => kind).join(' ')}
        aria-label={`Sync: ${sentence}`}
      >
        <StateShape shape={shape} />
        <span>{word}</span>
        {number !== null && <span class="pill-number">{grouped(number)}</span>}
        {asOf !== null && <span class="pill-time">{asOf}</span>}
      </a>
      <Announcement text={sentence.replace(/ as of .*/, '.')} />
    </>
  );
}

/** Says a text politely once it has stood for a moment. */
function Announcement({ text }: { readonly text: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), settledMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span class="unseen" role="status" aria-live="polite" data-testid="announcement">
      {said}
    </span>
  );
}
