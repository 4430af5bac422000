/**
 * What happened on this device, as data (DESIGN §13). A line holds a time, numbers and codes of closed unions, and nothing else:
 * no words, no names, no address, so nothing secret can get into it (APP-14).
 *
 * Lines follow from statuses: a reason that was not there has begun, one that is gone has ended. So the log and the
 * status can't tell different stories.
 */
import type { ErrorCode } from '../errors.ts';
import type { Role } from '../format/role.ts';
import { closedCode } from './activity-codes.ts';
import type { HoldReason } from './hold.ts';
import type { Reason, SpaceStatus, UnsentCause } from './sync-status.ts';

/** What can be wrong for a while. */
export type Trouble =
  /** Cycles fail, with this code. */
  | { readonly of: 'sync'; readonly code: ErrorCode }
  /** The browser's storage fails. */
  | { readonly of: 'storage'; readonly code: ErrorCode }
  /** Our clock differs from the relay's by so much when that began, ms, positive = ahead. */
  | { readonly of: 'clock'; readonly byMs: number }
  /** Local changes can't be sent. */
  | { readonly of: 'sending'; readonly why: UnsentCause }
  /** The log of a device waits, at this position when that began. */
  | {
      readonly of: 'device';
      readonly device: number;
      readonly reason: HoldReason;
      readonly position: number;
    }
  /** Something can only be read by a newer version of the app. */
  | { readonly of: 'version' };

/** What a line says; times are wall times in milliseconds. */
export type Happening =
  /** The log begins: the space had so many devices. */
  | { readonly kind: 'log-began'; readonly devices: number }
  /** What was kept of the log could not be read and is gone. */
  | { readonly kind: 'log-damaged' }
  /** The space was opened, with this version of the schema; `before` is the one it had when it was another. */
  | { readonly kind: 'opened'; readonly schema: number; readonly before: number | null }
  | { readonly kind: 'closed' }
  /** Another tab syncs from now on. */
  | { readonly kind: 'took-over' }
  /** `asOf`: when everything had been compared with the relay last; null: never. */
  | { readonly kind: 'began'; readonly trouble: Trouble; readonly asOf: number | null }
  /** `since`: when it had begun. */
  | { readonly kind: 'ended'; readonly trouble: Trouble; readonly since: number }
  /** Entries of a device's log were applied, from the time of the line to `until`. */
  | {
      readonly kind: 'received';
      readonly device: number;
      readonly entries: number;
      readonly until: number;
    }
  /** Entries of ours were acknowledged by the relay. */
  | { readonly kind: 'sent'; readonly entries: number; readonly until: number }
  /** A device was added to the space. */
  | { readonly kind: 'joined'; readonly device: number }
  /** An invitation was made here. */
  | { readonly kind: 'invited'; readonly role: Role; readonly uses: number }
  /** The browser had dropped our storage, and it was opened again. */
  | { readonly kind: 'reopened' };

/** One line: what happened, and when. */
export type Activity = Happening & { readonly at: number };

/** What the log says of now: the fold of all lines there ever were. */
export interface Told {
  /** The greatest number of a device that was told of; 0: the log has not begun. */
  readonly devices: number;
  /** The schema's version that was opened last; null: none yet. */
  readonly schema: number | null;
  /** What began and has not ended, by `troubleKey`. */
  readonly troubles: ReadonlyMap<string, Began>;
}

export interface Began {
  readonly trouble: Trouble;
  readonly since: number;
  readonly asOf: number | null;
}

export const nothingTold: Told = { devices: 0, schema: null, troubles: new Map() };

/** One trouble of a key at a time. */
export function troubleKey(trouble: Trouble): string {
  return trouble.of === 'device' ? `device ${trouble.device}` : trouble.of;
}

/** The fold. Gives the same object for a line that says what was told already. */
export function toldAfter(told: Told, activity: Activity): Told {
  switch (activity.kind) {
    case 'log-began':
      return told.devices > 0 ? told : { ...told, devices: activity.devices };
    case 'joined':
      return activity.device <= told.devices ? told : { ...told, devices: activity.device };
    case 'opened': {
      // What is wrong with storage is each session's own finding.
      const troubles = new Map(told.troubles);
      troubles.delete('storage');
      return { ...told, schema: activity.schema, troubles };
    }
    case 'began': {
      const { trouble, asOf, at } = activity;
      const key = troubleKey(trouble);
      const before = told.troubles.get(key);
      if (before !== undefined && isSame(before.trouble, trouble)) return told;
      const began = { trouble, since: before?.since ?? at, asOf };
      return { ...told, troubles: new Map([...told.troubles, [key, began]]) };
    }
    case 'ended': {
      const troubles = new Map(told.troubles);
      return troubles.delete(troubleKey(activity.trouble)) ? { ...told, troubles } : told;
    }
    default:
      return told;
  }
}

/** True for a line that says nothing but what `toldAfter` folds: told already, it is no news. */
export function isOnlyNews({ kind }: Activity): boolean {
  return kind === 'log-began' || kind === 'joined' || kind === 'began' || kind === 'ended';
}

/** What a tab sees. */
export interface Sight {
  readonly before: SpaceStatus;
  readonly now: SpaceStatus;
  /** What was known of `asOf` when the tab opened the space: no comparison of this session. */
  readonly openedAsOf: number | null;
  /** This tab syncs. The others tell of their storage alone, so that nothing is told by two. */
  readonly leads: boolean;
}

/** What has happened, given what is told already. Told, it is not given again. */
export function happenings(told: Told, sight: Sight): Happening[] {
  const { before, now, leads } = sight;
  const found = new Map(troublesIn(now).map((trouble) => [troubleKey(trouble), trouble]));
  // In the middle of a cycle it is open what it will find; only what is durable counts.
  const isSyncing = now.reasons.some(({ kind }) => kind === 'syncing');
  const counts = ({ of }: Trouble): boolean => of === 'storage' || (leads && (of === 'device' || !isSyncing));

  const ended = [...told.troubles.values()]
    .filter(({ trouble }) => counts(trouble) && !found.has(troubleKey(trouble)))
    .filter((began) => hasEnded(began, sight))
    .map(({ trouble, since }): Happening => ({ kind: 'ended', trouble, since }));
  const began = [...found.values()]
    .filter((trouble) => counts(trouble) && !isTold(told, trouble))
    .map((trouble): Happening => ({ kind: 'began', trouble, asOf: now.asOf }));
  return leads
    ? [...devicesAdded(told, now), ...moved(before, now), ...ended, ...began]
    : [...ended, ...began];
}

function isTold({ troubles }: Told, trouble: Trouble): boolean {
  const began = troubles.get(troubleKey(trouble));
  return began !== undefined && isSame(began.trouble, trouble);
}

/** The same trouble goes on: how far the clock is off, and what else waits behind the first position, is no news. */
function isSame(a: Trouble, b: Trouble): boolean {
  switch (a.of) {
    case 'sync':
    case 'storage':
      return b.of === a.of && b.code === a.code;
    case 'sending':
      return b.of === a.of && b.why === a.why;
    case 'device':
      return b.of === a.of && b.reason === a.reason;
    default:
      return b.of === a.of;
  }
}

/** Whether what is not seen any more has ended, or is only not known yet in this session. */
function hasEnded({ trouble, asOf }: Began, { before, now, openedAsOf }: Sight): boolean {
  const isCompared = now.asOf !== null && now.asOf !== asOf && now.asOf !== openedAsOf;
  switch (trouble.of) {
    case 'device':
      return true;
    case 'storage':
      return troublesIn(before).some(({ of }) => of === 'storage');
    case 'sending':
      return isCompared || now.unsent === 0;
    default:
      return isCompared;
  }
}

function troublesIn({ reasons }: SpaceStatus): Trouble[] {
  return reasons.flatMap((reason) => troubleOf(reason) ?? []);
}

/** The trouble that a reason tells of; null for what is no trouble, or waits for nothing but time. */
function troubleOf(reason: Reason): Trouble | null {
  switch (reason.kind) {
    case 'storage-lost':
    case 'storage-full':
      return { of: 'storage', code: reason.kind };
    case 'storage-broken':
      return { of: 'storage', code: closedCode(reason.values.code) };
    case 'offline':
    case 'rate-limited':
      return { of: 'sync', code: reason.kind };
    case 'relay-error':
      return { of: 'sync', code: closedCode(reason.values.code) };
    case 'clock-wrong':
      return { of: 'clock', byMs: Math.round(reason.values.byMs) };
    case 'held': {
      const { device, reason: why, position } = reason.values;
      return { of: 'device', device, reason: why, position };
    }
    case 'update-needed':
      // Held logs tell it themselves.
      return reason.values.devices.length > 0 && !reason.values.membership ? null : { of: 'version' };
    case 'unsent':
      return reason.values.why === null ? null : { of: 'sending', why: reason.values.why };
    case 'joining':
    case 'not-confirmed':
    case 'not-registered':
    case 'never-synced':
    case 'waiting':
    case 'syncing':
    case 'behind':
      return null;
  }
}

function devicesAdded({ devices: known }: Told, { devices }: SpaceStatus): Happening[] {
  const numbers = devices.map(({ number }) => number).sort((a, b) => a - b);
  if (known === 0) return numbers.length === 0 ? [] : [{ kind: 'log-began', devices: Math.max(...numbers) }];
  return numbers.filter((number) => number > known).map((device): Happening => ({ kind: 'joined', device }));
}

/** What sync has brought and taken. The time of its line is put in by `added`. */
function moved(before: SpaceStatus, now: SpaceStatus): Happening[] {
  const cursors = new Map(before.devices.map(({ number, cursor }) => [number, cursor]));
  const received = now.devices.flatMap(({ number, isThis, cursor }): Happening[] => {
    const entries = isThis ? 0 : cursor - (cursors.get(number) ?? 0);
    return entries > 0 ? [{ kind: 'received', device: number, entries, until: 0 }] : [];
  });
  const sent = (now.relay.acknowledged ?? 0) - (before.relay.acknowledged ?? 0);
  return sent > 0 ? [...received, { kind: 'sent', entries: sent, until: 0 }] : received;
}
