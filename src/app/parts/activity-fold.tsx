/** The fold that says what happened on this device and when, to read and to send to somebody who helps (DESIGN §13, APP-14). */
import { useEffect, useState } from 'preact/hooks';
import type { Activity, SpaceStatus } from '../../client/index.ts';
import { activityText, activityWords, days, isTrouble } from '../activity-words.ts';
import { clockTime } from '../counted.ts';
import { labelOf } from '../device-names.ts';
import { errorWords } from '../error-words.ts';
import { toFailure } from '../failure.ts';
import { now } from '../observed.ts';
import type { AppSpace } from '../schema.ts';
import { StateShape } from './icon.tsx';

/** A status that moves many times in a row is waited out. */
const restMs = 150;
/** How many lines are shown until more are asked for. */
const firstLines = 50;

interface Props {
  readonly space: AppSpace;
  readonly status: SpaceStatus;
}

export function ActivityFold(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details data-testid="activity" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>What happened</summary>
      {isOpen && <Lines {...props} />}
    </details>
  );
}

function Lines({ space, status }: Props) {
  const [lines, setLines] = useState<readonly Activity[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isWhole, setWhole] = useState(false);
  // Whatever is told follows from a status, so one that moved may have brought a line.
  useEffect(() => {
    let isCurrent = true;
    const read = async (): Promise<void> => {
      try {
        const read = await space.activity();
        if (isCurrent) setLines(read);
        if (isCurrent) setTrouble(null);
      } catch (thrown) {
        if (isCurrent) setTrouble(errorWords(toFailure(thrown)).means);
      }
    };
    const timer = setTimeout(read, lines === null ? 0 : restMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [space, status]);

  if (trouble !== null) return <p class="wrong">{trouble}</p>;
  if (lines === null) return <p class="hint">Reading…</p>;
  if (lines.length === 0) return <p class="empty">Nothing has happened yet.</p>;
  const who = labelOf(status.devices);
  const shown = isWhole ? lines : lines.slice(-firstLines);
  return (
    <div class="activity">
      <p class="actions">
        <small>What happened on this device, newest first. No list, item or key is in it.</small>
        <CopyButton text={() => activityText(lines, who, Date.now())} />
      </p>
      {days(shown, now.value).map((day) => (
        <section key={day.name}>
          <h4>{day.name}</h4>
          <ul>
            {day.lines.map((line, index) => (
              // Lines have no name of their own, and none ever changes its place but by newer ones.
              <li key={day.lines.length - index} data-testid="activity-line" data-kind={line.kind}>
                <time dateTime={new Date(line.at).toISOString()}>{clockTime(line.at, line.at)}</time>
                <span data-tone={isTrouble(line) ? 'waiting' : undefined}>
                  {isTrouble(line) && <StateShape shape="ring" />}
                  {activityWords(line, who)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {shown.length < lines.length && (
        <button type="button" class="plain small" onClick={() => setWhole(true)}>
          Show all {lines.length}
        </button>
      )}
    </div>
  );
}

function CopyButton({ text }: { readonly text: () => string }) {
  const [copied, setCopied] = useState<string | null>(null);
  const [isRefused, setRefused] = useState(false);
  const copy = async (): Promise<void> => {
    const log = text();
    setCopied(log);
    try {
      await navigator.clipboard.writeText(log);
      setRefused(false);
    } catch {
      // Where the clipboard is not allowed it is shown, selected for copying by hand.
      setRefused(true);
    }
  };
  return (
    <>
      <button type="button" class="plain small" data-testid="activity-copy" onClick={copy}>
        {copied !== null && !isRefused ? 'Copied' : 'Copy'}
      </button>
      <span class="unseen" role="status">
        {copied !== null && !isRefused ? 'The log was copied.' : ''}
      </span>
      {isRefused && (
        <textarea
          readOnly
          aria-label="What happened, to copy by hand"
          value={copied ?? ''}
          ref={(field) => field?.select()}
        />
      )}
    </>
  );
}
