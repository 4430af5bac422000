/**
 * The activity log as a value: its lines, oldest first, and the fold of all lines that there ever were.
 *
 * 1. Bounded: the oldest line goes first, and what it told stays told.
 * 2. A line that tells what was told already changes nothing, so tabs may tell the same.
 * 3. What a run of cycles brought and took is one line for each device, not one a cycle.
 */
import { type Activity, isOnlyNews, nothingTold, type Told, toldAfter } from './activity.ts';

export interface ActivityLog {
  readonly told: Told;
  readonly lines: readonly Activity[];
}

export const emptyLog: ActivityLog = { told: nothingTold, lines: [] };

export const activityLimits = {
  lines: 500,
  /** What comes within so many milliseconds after the beginning of a line of its kind is added to that line. */
  gatherMs: 10 * 60 * 1000,
} as const;

/** The log with one more line. */
export function added(log: ActivityLog, activity: Activity): ActivityLog {
  const told = toldAfter(log.told, activity);
  if (told === log.told && isOnlyNews(activity)) return log;
  return { told, lines: withLine(log.lines, activity) };
}

/** The lines with one more, whatever it tells. */
export function withLine(lines: readonly Activity[], activity: Activity): readonly Activity[] {
  return gathered(lines, activity).slice(-activityLimits.lines);
}

function gathered(lines: readonly Activity[], activity: Activity): readonly Activity[] {
  const { at } = activity;
  // Back to whatever else has happened: what was sent before and after it is told before and after it.
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index];
    if (line === undefined || Math.abs(at - line.at) > activityLimits.gatherMs) break;
    const one = together(line, activity);
    if (one !== null) return lines.with(index, one);
    if (line.kind !== 'received' && line.kind !== 'sent') break;
  }
  return [...lines, activity];
}

/** Both as one line; null if they are of different things. */
function together(line: Activity, next: Activity): Activity | null {
  switch (next.kind) {
    case 'received':
      return line.kind === 'received' && line.device === next.device ? sum(line, next) : null;
    case 'sent':
      return line.kind === 'sent' ? sum(line, next) : null;
    case 'reopened':
      return line.kind === 'reopened' ? line : null;
    default:
      return null;
  }
}

function sum<Line extends Extract<Activity, { readonly entries: number }>>(line: Line, next: Line): Line {
  return { ...line, entries: line.entries + next.entries, until: Math.max(line.until, next.until) };
}
