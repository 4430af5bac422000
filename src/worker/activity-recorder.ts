/**
 * Keeps the activity log of a space from one tab: what follows from the statuses it is shown, and what it is told.
 *
 * 1. Lines are written behind, gathered, and never while the disk is full; until then they are in memory. Nothing waits for them
 *    and nothing fails because of them.
 * 2. Each writing adds to what other tabs have written, in one transaction.
 */
import type { Bytes } from '../format/bytes.ts';
import { type Activity, type Happening, happenings, type Told, toldAfter } from '../model/activity.ts';
import { type ActivityLog, activityLimits, added, emptyLog, withLine } from '../model/activity-log.ts';
import type { SpaceStatus } from '../model/sync-status.ts';
import type { Runtime } from '../runtime.ts';
import { decodeActivityLog, encodeActivityLog } from '../store/activity-bytes.ts';
import { updateNote } from '../store/note-writing.ts';
import type { Store } from '../store/store.ts';

/** The note that holds the log. */
export const activityNote = 'activity';
/** How long lines are gathered before they are written, milliseconds. */
const writeMs = 3_000;

export interface RecorderParts {
  readonly runtime: Pick<Runtime, 'now' | 'setTimer'>;
  readonly notes: Store['notes'];
  readonly schemaVersion: number;
  /** The status at the beginning. */
  readonly status: SpaceStatus;
  readonly leads: () => boolean;
}

export class ActivityRecorder {
  readonly #parts: RecorderParts;
  readonly #openedAsOf: number | null;
  /** What the log says of now, the waiting lines included; null while that is being read. */
  #told: Told | null = null;
  /** Lines that are not written yet, oldest first. */
  #waiting: readonly Activity[] = [];
  /** The status that was judged last, and the newest. */
  #judged: SpaceStatus;
  #newest: SpaceStatus;
  #cancelWrite: (() => void) | null = null;
  /** The last thing that was begun with the storage; each waits for the one before. */
  #work: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#judged = parts.status;
    this.#newest = parts.status;
    this.#openedAsOf = parts.status.asOf;
    this.lookAgain((told) => {
      const { schemaVersion: schema } = parts;
      this.record({ kind: 'opened', schema, before: told.schema === schema ? null : told.schema });
    });
  }

  saw(status: SpaceStatus): void {
    this.#newest = status;
    this.#judge();
  }

  record(happening: Happening): void {
    if (this.#isClosed) return;
    const at = this.#parts.runtime.now();
    const activity: Activity = 'until' in happening ? { ...happening, at, until: at } : { ...happening, at };
    if (this.#told !== null) this.#told = toldAfter(this.#told, activity);
    this.#waiting = withLine(this.#waiting, activity);
    this.#cancelWrite ??= this.#parts.runtime.setTimer(writeMs, () => void this.write());
  }

  /** Reads what other tabs have told, before this one goes on with it. */
  lookAgain(then: (told: Told) => void = () => undefined): void {
    this.#told = null;
    const look = async (): Promise<void> => {
      const { told } = await this.#log().catch(() => emptyLog);
      this.#told = told;
      then(told);
      this.#judge();
    };
    this.#inTurn(look);
  }

  /** Writes what waits; settles when that is done or has failed. */
  write(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    return this.#inTurn(async () => {
      const lines = this.#waiting;
      if (lines.length === 0 || isFull(this.#newest)) return;
      this.#waiting = [];
      const { notes, runtime } = this.#parts;
      const withOurs = (before: Bytes | null): Bytes | null => {
        const log = decodeActivityLog(before, runtime.now());
        return log === null ? null : encodeActivityLog(lines.reduce(added, log));
      };
      await updateNote(notes, activityNote, withOurs).catch(() => {
        this.#waiting = [...lines, ...this.#waiting].slice(-activityLimits.lines);
      });
    });
  }

  /** All lines, oldest first. @throws storage-… */
  async lines(): Promise<readonly Activity[]> {
    return (await this.#inTurn(() => this.#log())).lines;
  }

  async close(): Promise<void> {
    this.record({ kind: 'closed' });
    this.#isClosed = true;
    await this.write();
  }

  #judge(): void {
    if (this.#told === null || this.#isClosed) return;
    const before = this.#judged;
    this.#judged = this.#newest;
    const sight = { before, now: this.#newest, openedAsOf: this.#openedAsOf, leads: this.#parts.leads() };
    for (const happening of happenings(this.#told, sight)) this.record(happening);
  }

  /** What is stored, with what waits. */
  async #log(): Promise<ActivityLog> {
    const { notes, runtime } = this.#parts;
    const stored = decodeActivityLog(await notes.read(activityNote), runtime.now());
    return this.#waiting.reduce(added, stored ?? emptyLog);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work, work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}

/** A small line might just find room, and that would be taken for the end of it. */
function isFull({ reasons }: SpaceStatus): boolean {
  return reasons.some(({ kind }) => kind === 'storage-full');
}
