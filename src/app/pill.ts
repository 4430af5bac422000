/**
 * What the pill shows, from the status alone (APP-1, APP-3): the gravest reason's shape and word, the number of changes that are
 * only here, and the whole of it as sentences for screen readers. "Up to date" needs an empty set of reasons and a time.
 */
import type { Reason, SpaceStatus } from '../client/index.ts';
import { clockTime, counted } from './counted.ts';
import { reasonOrder, reasonWords, type Scene, type StateWords, upToDateWords } from './words.ts';

export interface Pill extends StateWords {
  /** Changes only on this device; null when there are none. */
  readonly number: number | null;
  /** "as of 14:03", only when up to date. */
  readonly asOf: string | null;
  /** What is announced and what the pill is called. */
  readonly sentence: string;
}

/** The reasons, the gravest first. */
export function ordered(reasons: readonly Reason[]): readonly Reason[] {
  return [...reasons].sort((a, b) => reasonOrder.indexOf(a.kind) - reasonOrder.indexOf(b.kind));
}

/** What is said of values that lost to someone who had not seen them; nothing of none. */
export function conflictWords(count: number): string {
  return count === 0 ? '' : ` ${counted(count, 'value was', 'values were')} changed by two at once.`;
}

/** What is said beside "Up to date" of changes that nobody can take; nothing of none. */
function passedWords({ devices }: SpaceStatus): string {
  const passed = devices.reduce((sum, device) => sum + device.passed, 0);
  return passed === 0 ? '' : ` ${counted(passed, 'batch of changes is', 'batches of changes are')} left out.`;
}

export function pillOf(status: SpaceStatus, scene: Scene, now: number): Pill {
  const [gravest] = ordered(status.reasons);
  const number = status.unsent > 0 ? status.unsent : null;
  const only = number === null ? '' : ` ${counted(number, 'change')} only on ${scene.place}.`;
  if (gravest !== undefined) {
    const words = reasonWords(gravest, scene);
    const means = gravest.kind === 'unsent' && only !== '' ? '' : ` ${words.means}`;
    return { ...words, number, asOf: null, sentence: `${words.word}.${means}${only}` };
  }
  // No reason against it, but nothing compared or something unsent: claim nothing that was not verified.
  if (status.asOf === null || number !== null) {
    const words = reasonWords(
      number === null
        ? { kind: 'never-synced', values: {} }
        : { kind: 'unsent', values: { count: number, why: null } },
      scene,
    );
    return {
      ...words,
      number,
      asOf: null,
      sentence: `${words.word}.${only === '' ? ` ${words.means}` : only}`,
    };
  }
  const asOf = `as of ${clockTime(status.asOf, now)}`;
  return { ...upToDateWords, number, asOf, sentence: `Up to date ${asOf}.${passedWords(status)}` };
}
