/** Short messages at the foot of the screen: what was done, with a step back; or what failed, with the next step. */
import { signal } from '@preact/signals';
import { toFailure } from './failure.ts';

export interface Notice {
  readonly number: number;
  readonly text: string;
  readonly isTrouble: boolean;
  readonly action: { readonly label: string; readonly run: () => Promise<void> } | null;
}

export const notices = signal<readonly Notice[]>([]);

const shownAtOnce = 3;
let last = 0;

/** Gives the number of the message, by which it can be dismissed. */
export function notify(text: string, action: Notice['action'] = null, isTrouble = false): number {
  last += 1;
  const notice = { number: last, text, isTrouble, action };
  // One step back at a time: the newest. Older ones are found among what was deleted. What is said again is said once.
  const others = notices.value.filter((other) =>
    action === null ? other.text !== text || other.action !== null : other.action === null,
  );
  notices.value = [...others, notice].slice(-shownAtOnce);
  return last;
}

export function dismiss(number: number): void {
  notices.value = notices.value.filter((notice) => notice.number !== number);
}

/** Takes away what can be taken back no more: the space that it is about is left. */
export function dropActions(): void {
  notices.value = notices.value.filter(({ action }) => action === null);
}

/** Takes the step of a notice, which then has said what it had to. */
export async function runAction({ number, action }: Notice): Promise<void> {
  dismiss(number);
  await action?.run();
}

/** Does it, and says in words if it fails; true when it was done. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    await notifyFailure(thrown);
    return false;
  }
}

async function notifyFailure(thrown: unknown): Promise<void> {
  const failure = toFailure(thrown);
  try {
    const { errorWords } = await import('./error-words.ts');
    const { means, next } = errorWords(failure);
    notify(`${means} ${next}`, null, true);
  } catch {
    // The words themselves could not be loaded; the code still names what happened.
    notify(`That did not work: ${failure.code}.`, null, true);
  }
}
