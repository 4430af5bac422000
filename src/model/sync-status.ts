import type { ErrorCode, Failure } from '../errors.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { HoldReason } from './hold.ts';
import type { Role } from './membership-state.ts';

/**
 * The truth about sync, as one value derived from facts (APP-1, APP-3).
 *
 * 1. `reasons` is a set: every reason that holds is there once, with its values. It is never reduced to one flag.
 * 2. It is empty only if, as of `asOf`, a verified comparison with the relay was completed, nothing is unsent, every
 *    log is applied up to its verified head and nothing is held.
 * 3. What is not known is null, never zero.
 */
export interface SpaceStatus {
  /** Rows changed here, once for each transaction that changed them, that the relay has not acknowledged. */
  readonly unsent: number;
  /** Why not up to date, most pressing first; empty means up to date as of `asOf`. */
  readonly reasons: readonly Reason[];
  /** When the last verified comparison with the relay was completed, ms; null: never. */
  readonly asOf: number | null;
  readonly lastError: Failure | null;
  /** When the next attempt is due, ms; null: none is waiting. */
  readonly nextTryAt: number | null;
  /** Every device of the space, by number. */
  readonly devices: readonly DeviceStatus[];
  readonly relay: {
    readonly url: string;
    /** How much of this device's log the relay has acknowledged; null: unknown. */
    readonly acknowledged: number | null;
  };
  readonly storage: StorageStatus;
  /** Rows that show, and rows that are live but wait for a row they refer to; null while that is not known. */
  readonly rows: { readonly live: number; readonly hidden: number } | null;
}

export interface DeviceStatus {
  readonly number: DeviceNumber;
  /** null: not known here (its key is missing). */
  readonly memberName: string | null;
  readonly deviceName: string | null;
  readonly role: Role;
  readonly isThis: boolean;
  /** How many entries of its log are applied here. */
  readonly cursor: number;
  /** How many entries its newest verified head names; null: no head was seen. */
  readonly head: number | null;
  /** Entries its head names that are not applied here; null while its head is not known. */
  readonly lag: number | null;
  /** When it was last heard of, ms. */
  readonly lastHeard: number | null;
  readonly hold: DeviceHold | null;
  /** Entries of its log that nobody can apply (malformed, or set aside): the cursor passed them. */
  readonly passed: number;
  /** How much of *this* device's log it has, by its own signed word; null: it has not said. */
  readonly hasOurs: number | null;
}

export interface DeviceHold {
  readonly reason: HoldReason;
  /** The first position that waits. */
  readonly position: number;
  readonly since: number;
}

export interface StorageStatus {
  /** Whether the browser promised to keep it; null: unknown. */
  readonly persisted: boolean | null;
  /** Bytes. */
  readonly usage: number | null;
  readonly quota: number | null;
}

/** What is wrong with the browser's storage; `broken` carries the code of the error that told. */
export type StorageFault = 'full' | 'lost' | { readonly broken: ErrorCode };

/** Why local changes can't be made ready to be sent (DESIGN §9). */
export type SealWait = 'not-a-writer' | 'membership-held' | 'missing-key' | 'clock-wrong';

/** Why changes stay here: they can't be made ready, or nothing of our log is sent because it is held itself. */
export type UnsentCause = SealWait | 'own-log-held';

export type JoinStep = 'verifying' | 'joining' | 'catching-up';

export type Reason =
  /** Rows that were here are gone. */
  | { readonly kind: 'storage-lost'; readonly values: None }
  /** The browser's storage fails. */
  | { readonly kind: 'storage-broken'; readonly values: { readonly code: ErrorCode } }
  | {
      readonly kind: 'storage-full';
      readonly values: { readonly usage: number | null; readonly quota: number | null };
    }
  /** Our clock is wrong by this much (ms, positive = ahead of the relay's). */
  | { readonly kind: 'clock-wrong'; readonly values: { readonly byMs: number } }
  /** Something was written by a newer version of the app: in these logs, or in the membership log. */
  | {
      readonly kind: 'update-needed';
      readonly values: { readonly devices: readonly DeviceNumber[]; readonly membership: boolean };
    }
  | { readonly kind: 'joining'; readonly values: { readonly step: JoinStep } }
  /** Joined, and no other device has shown yet that it knows. */
  | { readonly kind: 'not-confirmed'; readonly values: None }
  /** The relay does not know the space yet. */
  | { readonly kind: 'not-registered'; readonly values: None }
  /** No comparison with the relay was ever completed. */
  | { readonly kind: 'never-synced'; readonly values: None }
  /** One log waits at a position. */
  | {
      readonly kind: 'held';
      readonly values: {
        readonly device: DeviceNumber;
        readonly position: number;
        readonly reason: HoldReason;
        readonly since: number;
      };
    }
  | { readonly kind: 'offline'; readonly values: None }
  | { readonly kind: 'rate-limited'; readonly values: { readonly until: number | null } }
  /** The relay answered with an error, or with something that does not verify. */
  | { readonly kind: 'relay-error'; readonly values: { readonly code: ErrorCode } }
  /** An attempt failed and the next is due then. */
  | { readonly kind: 'waiting'; readonly values: { readonly until: number } }
  | { readonly kind: 'syncing'; readonly values: None }
  /** Changes are only here; `why` they can't be sent now, null if nothing but time keeps them. */
  | { readonly kind: 'unsent'; readonly values: { readonly count: number; readonly why: UnsentCause | null } }
  /** Verified heads name entries that are not applied here. */
  | {
      readonly kind: 'behind';
      readonly values: { readonly entries: number; readonly devices: readonly DeviceNumber[] };
    };

export type ReasonKind = Reason['kind'];
type None = Readonly<Record<string, never>>;

/** Everything the status follows from; the worker gathers it from the store, the cycle and the platform. */
export interface SyncFacts {
  readonly unsent: number;
  /** Why, as the last cycle found; null if it found no cause. */
  readonly waits: SealWait | null;
  /** False when the platform says offline, or the last request found no network. */
  readonly online: boolean;
  /** A cycle is running. */
  readonly syncing: boolean;
  /** When the last cycle that compared everything with the relay, verified, was completed. */
  readonly comparedAt: number | null;
  /** The error that ended the last cycle; null after a cycle that ended well. */
  readonly lastError: Failure | null;
  readonly nextTryAt: number | null;
  /** The relay has the space, as far as we know from itself. */
  readonly registered: boolean;
  readonly join: JoinStep | 'joined' | 'confirmed' | null;
  readonly relayUrl: string;
  /** The size of our log that the relay acknowledged; null: unknown. */
  readonly acknowledged: number | null;
  readonly devices: readonly DeviceFacts[];
  /** The membership log waits for a newer version of the app. */
  readonly membershipHeld: boolean;
  /** Our clock minus the relay's, ms; null: not measured. */
  readonly clockOffset: number | null;
  /** How far the clocks may differ before ours is called wrong, ms. */
  readonly clockTolerance: number;
  readonly storage: StorageStatus & { readonly fault: StorageFault | null };
  readonly rows: { readonly live: number; readonly hidden: number } | null;
}

/** A device as the store knows it; its lag follows. */
export type DeviceFacts = Omit<DeviceStatus, 'lag'>;

/** The status that follows from the facts. */
export function deriveStatus(facts: SyncFacts): SpaceStatus {
  const devices = facts.devices.map(
    (device): DeviceStatus => ({
      ...device,
      lag: device.head === null ? null : Math.max(0, device.head - device.cursor),
    }),
  );
  const { fault, ...storage } = facts.storage;
  return {
    unsent: facts.unsent,
    reasons: reasonsOf(facts, devices),
    asOf: facts.comparedAt,
    lastError: facts.lastError,
    nextTryAt: facts.nextTryAt,
    devices,
    relay: { url: facts.relayUrl, acknowledged: facts.acknowledged },
    storage,
    rows: facts.rows,
  };
}

function reasonsOf(facts: SyncFacts, devices: readonly DeviceStatus[]): readonly Reason[] {
  return [
    ...storageReasons(facts),
    ...clockReasons(facts),
    ...updateReasons(facts, devices),
    ...standingReasons(facts),
    ...holdReasons(devices),
    ...networkReasons(facts),
    ...workReasons(facts, devices),
  ];
}

function storageReasons({ storage, lastError }: SyncFacts): Reason[] {
  const { fault, usage, quota } = storage;
  const found = fault ?? (lastError === null ? null : storageFault(lastError.code));
  if (found === null) return [];
  if (found === 'lost') return [{ kind: 'storage-lost', values: {} }];
  if (found === 'full') return [{ kind: 'storage-full', values: { usage, quota } }];
  return [{ kind: 'storage-broken', values: { code: found.broken } }];
}

/** The fault of our storage that an error tells of; null for an error of something else. */
export function storageFault(code: ErrorCode): StorageFault | null {
  switch (code) {
    case 'storage-lost':
      return 'lost';
    case 'storage-full':
      return 'full';
    case 'storage-blocked':
    case 'storage-unavailable':
    case 'storage-broken':
    case 'storage-corrupt':
    case 'not-secure':
      return { broken: code };
    default:
      return null;
  }
}

function clockReasons({ clockOffset, clockTolerance }: SyncFacts): Reason[] {
  if (clockOffset === null || Math.abs(clockOffset) <= clockTolerance) return [];
  return [{ kind: 'clock-wrong', values: { byMs: clockOffset } }];
}

function updateReasons({ membershipHeld, lastError }: SyncFacts, devices: readonly DeviceStatus[]): Reason[] {
  const newer = devices.filter(({ hold }) => hold?.reason === 'newer-schema').map(({ number }) => number);
  const outdated = lastError !== null && isOutdated(lastError.code);
  if (newer.length === 0 && !membershipHeld && !outdated) return [];
  return [{ kind: 'update-needed', values: { devices: newer, membership: membershipHeld } }];
}

/** An error that an update of this app ends. */
function isOutdated(code: ErrorCode): boolean {
  return code === 'newer-format' || code === 'newer-database';
}

function standingReasons({ join, registered, comparedAt }: SyncFacts): Reason[] {
  const reasons: Reason[] = [];
  if (join === 'joined') reasons.push({ kind: 'not-confirmed', values: {} });
  else if (join !== null && join !== 'confirmed') reasons.push({ kind: 'joining', values: { step: join } });
  if (!registered) reasons.push({ kind: 'not-registered', values: {} });
  if (comparedAt === null) reasons.push({ kind: 'never-synced', values: {} });
  return reasons;
}

function holdReasons(devices: readonly DeviceStatus[]): Reason[] {
  return devices.flatMap(({ number, hold }): Reason[] => {
    if (hold === null) return [];
    const { position, reason, since } = hold;
    return [{ kind: 'held', values: { device: number, position, reason, since } }];
  });
}

function networkReasons({ online, lastError, nextTryAt, syncing }: SyncFacts): Reason[] {
  const reasons: Reason[] = [];
  // Another tab took over, or this one is closing: nothing failed.
  const code = lastError === null || isNoFault(lastError.code) ? null : lastError.code;
  if (!online || code === 'offline') reasons.push({ kind: 'offline', values: {} });
  if (code === 'rate-limited') reasons.push({ kind: 'rate-limited', values: { until: nextTryAt } });
  else if (code !== null && isOfRelay(code)) reasons.push({ kind: 'relay-error', values: { code } });
  if (syncing) reasons.push({ kind: 'syncing', values: {} });
  else if (code !== null && nextTryAt !== null)
    reasons.push({ kind: 'waiting', values: { until: nextTryAt } });
  return reasons;
}

function isNoFault(code: ErrorCode): boolean {
  return code === 'moved' || code === 'closed';
}

/** Everything that ends a cycle and has no reason of its own is between us and the relay, and never goes unnamed. */
function isOfRelay(code: ErrorCode): boolean {
  return code !== 'offline' && storageFault(code) === null && !isOutdated(code);
}

function workReasons({ unsent, waits }: SyncFacts, devices: readonly DeviceStatus[]): Reason[] {
  const reasons: Reason[] = [];
  const isHeld = devices.some(({ isThis, hold }) => isThis && hold !== null);
  const why = isHeld ? 'own-log-held' : waits;
  if (unsent > 0) reasons.push({ kind: 'unsent', values: { count: unsent, why } });
  const lagging = devices.filter(({ lag }) => lag !== null && lag > 0);
  if (lagging.length > 0) {
    const entries = lagging.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
    reasons.push({ kind: 'behind', values: { entries, devices: lagging.map(({ number }) => number) } });
  }
  return reasons;
}
