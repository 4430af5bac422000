/** What happened, in plain words, and as the text that goes to whoever helps (DESIGN §13, APP-14). */
import type { Activity } from '../client/index.ts';
import { counted } from './counted.ts';
import { errorWords } from './error-words.ts';
import { holdWords } from './hold-words.ts';
import { roleWords } from './role-words.ts';
import { unsentCauseWords } from './unsent-words.ts';

type Trouble = Extract<Activity, { kind: 'began' }>['trouble'];
/** Names a device by its number. */
type Who = (device: number) => string;

const batches = (count: number): string => counted(count, 'batch', 'batches');

/** One line as a sentence. */
export function activityWords(activity: Activity, who: Who): string {
  switch (activity.kind) {
    case 'log-began':
      return `What happened is told from here on; the space had ${counted(activity.devices, 'device')}.`;
    case 'log-damaged':
      return 'What was told before was damaged and is gone. Lists and items are not touched by that.';
    case 'opened':
      return activity.before === null
        ? 'Cairn was opened.'
        : 'Cairn was opened, in another version than before.';
    case 'closed':
      return 'Cairn was closed.';
    case 'took-over':
      return 'Another tab of Cairn took over syncing.';
    case 'began':
      return beganWords(activity.trouble, who);
    case 'ended':
      return `${endedWords(activity.trouble, who)}, after ${lasting(activity.at - activity.since)}.`;
    case 'received':
      return `Received ${batches(activity.entries)} of changes from ${who(activity.device)}.`;
    case 'sent':
      return `Sent ${batches(activity.entries)} of changes to the server.`;
    case 'joined':
      return `${sentence(who(activity.device))} joined the space.`;
    case 'invited':
      return `An invitation was made here, for a ${roleWords(activity.role).name.toLowerCase()}.`;
    case 'reopened':
      return 'The browser had closed the storage of Cairn; it was opened again.';
  }
}

function beganWords(trouble: Trouble, who: Who): string {
  switch (trouble.of) {
    case 'sync':
      return `Sync failed. ${errorWords(trouble).means}`;
    case 'storage':
      return errorWords(trouble).means;
    case 'clock': {
      const side = trouble.byMs > 0 ? 'ahead' : 'behind';
      return `The clock of this device was ${lasting(Math.abs(trouble.byMs))} ${side}.`;
    }
    case 'sending':
      return `Changes made here could not be sent. ${unsentCauseWords(trouble.why).means}`;
    case 'device':
      return holdWords(trouble.reason, who(trouble.device)).means;
    case 'version':
      return 'Something was written by a newer version of Cairn and waits for an update here.';
  }
}

/** Without the full stop: how long it took comes behind. */
function endedWords(trouble: Trouble, who: Who): string {
  switch (trouble.of) {
    case 'sync':
      return 'Sync worked again';
    case 'storage':
      return trouble.code === 'storage-full'
        ? 'There was room on this device again'
        : 'The storage of this device worked again';
    case 'clock':
      return 'The clock of this device was right again';
    case 'sending':
      return 'Changes made here could be sent again';
    case 'device':
      return `Changes of ${who(trouble.device)} were taken again`;
    case 'version':
      return 'Nothing waited for a newer version any more';
  }
}

/** True for a line that tells of something wrong. */
export function isTrouble({ kind }: Activity): boolean {
  return kind === 'began' || kind === 'log-damaged';
}

const units: readonly (readonly [string, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "3 hours", "less than a minute" */
function lasting(ms: number): string {
  const [unit, one] = units.find(([, one]) => ms >= one) ?? ['', 0];
  return one === 0 ? 'less than a minute' : counted(Math.trunc(ms / one), unit);
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Day {
  /** "Today", "Friday 20 November" */
  readonly name: string;
  /** Newest first. */
  readonly lines: readonly Activity[];
}

/** The lines by the days of this place, newest first; they come oldest first. */
export function days(lines: readonly Activity[], now: number): readonly Day[] {
  const today = dayName(now);
  const found = new Map<string, Activity[]>();
  for (const line of lines.toReversed()) {
    const name = dayName(line.at);
    found.set(name, [...(found.get(name) ?? []), line]);
  }
  return [...found].map(([name, of]) => ({ name: name === today ? 'Today' : name, lines: of }));
}

function dayName(at: number): string {
  return new Date(at).toLocaleDateString('en', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
}

/** The whole log as plain text, newest first: each line with its time in UTC, the words, and the exact codes and numbers. */
export function activityText(lines: readonly Activity[], who: Who, now: number): string {
  const told = lines.toReversed().map((line) => {
    const { at, ...exact } = line;
    return `${new Date(at).toISOString()}  ${activityWords(line, who)}  ${JSON.stringify(exact)}`;
  });
  return [`Cairn: what happened on this device, as of ${new Date(now).toISOString()}`, ...told, ''].join(
    '\n',
  );
}
