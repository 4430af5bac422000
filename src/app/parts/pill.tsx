/** The pill: what is true of sync at this moment, as a shape, a word and a number; it opens the panel that explains it. */
import { useEffect, useState } from 'preact/hooks';
import type { Conflict, SpaceStatus } from '../../client/index.ts';
import { grouped } from '../counted.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { now, useObserved } from '../observed.ts';
import { openConflicts } from '../open-conflicts.ts';
import { conflictWords, pillOf } from '../pill.ts';
import type { AppSpace } from '../schema.ts';
import { StateShape } from './icon.tsx';

/** How long a state must last before it is read out, so that a passing one is not. */
const settledMs = 1_000;

export function SyncPill({
  space,
  status,
  href,
}: {
  readonly space: AppSpace;
  readonly status: SpaceStatus;
  readonly href: string;
}) {
  const conflicts = useObserved(space.conflicts);
  useEffect(() => void followConflicts(space, conflicts), [space, conflicts]);
  const open = openConflicts.value.length;

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
        aria-label={`Sync: ${sentence}${conflictWords(open)}`}
      >
        <StateShape shape={shape} />
        <span class="pill-word">{word}</span>
        {number !== null && <span class="pill-number">{grouped(number)}</span>}
        {asOf !== null && status.asOf !== null && (
          <time class="pill-time" dateTime={new Date(status.asOf).toISOString()}>
            <span class="wide">as of </span>
            {asOf.slice('as of '.length)}
          </time>
        )}
        {open > 0 && (
          <span class="pill-number" data-testid="pill-conflicts">
            ≠ {grouped(open)}
          </span>
        )}
      </a>
      <Announcement text={sentence.replace(/ as of [^.]*/, '') + conflictWords(open)} />
    </>
  );
}

async function followConflicts(space: AppSpace, conflicts: readonly Conflict[]): Promise<void> {
  if (conflicts.length === 0) {
    openConflicts.value = [];
    return;
  }
  try {
    const { findOpen } = await import('../conflicts.ts');
    const found = await findOpen(space, conflicts);
    // Of several searches the one for what is known last counts.
    if (space.conflicts.value === conflicts) openConflicts.value = found;
  } catch {
    // Not loaded, or the space closed meanwhile: the next change asks again.
  }
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
