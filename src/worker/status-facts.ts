/**
 * The facts from which `model/sync-status` derives the status: gathered from the standing of the store, what the leading tab
 * knows of sync, and the platform. A number that is not known is null.
 */
import { stampMs, type Version } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import { type ConflictRecord, confirmedConflicts } from '../model/conflict.ts';
import { decodeValue, type Schema } from '../model/schema.ts';
import type { DeviceFacts, SyncFacts } from '../model/sync-status.ts';
import { type Standing, unsentCount } from '../store/standing.ts';
import type { StorageHealth } from '../store/storage-health.ts';
import type { CycleState } from '../sync/cycle.ts';
import type { DeviceNames } from './device-names.ts';
import type { Conflict } from './protocol.ts';

/** What `statusFacts` gathers from. */
export interface StatusSources {
  readonly standing: Standing;
  readonly sync: CycleState;
  /** Null before names can be opened. */
  readonly names: DeviceNames | null;
  readonly online: boolean;
  readonly join: SyncFacts['join'];
  readonly relay: string;
  readonly health: StorageHealth;
  readonly fault: SyncFacts['storage']['fault'];
  readonly rows: { readonly live: number; readonly hidden: number } | null;
}

export function statusFacts(sources: StatusSources): SyncFacts {
  const { standing, sync, health, fault } = sources;
  const { acknowledged } = standing.ownLog;
  // Whoever joined, and whose log was taken, has met the space at the relay.
  const registered = sync.registered || acknowledged > 0 || standing.joining !== null;
  return {
    unsent: unsentCount(standing),
    waits: sync.waits,
    online: sources.online,
    syncing: sync.syncing,
    comparedAt: sync.comparedAt,
    lastError: sync.lastError,
    nextTryAt: sync.nextTryAt,
    registered,
    join: sources.join,
    relayUrl: sources.relay,
    acknowledged: acknowledged > 0 || sync.comparedAt !== null ? acknowledged : null,
    devices: devicesOf(sources),
    membershipHeld: standing.membership.hold !== null,
    clockOffset: sync.clockOffset,
    clockTolerance: limits.clockAheadMs,
    storage: { ...health, fault },
    rows: sources.rows,
  };
}

function devicesOf({ standing, sync, names }: StatusSources): DeviceFacts[] {
  const { membership, device: own, ownLog } = standing;
  const heard = new Map(sync.heard.map((one) => [one.device, one]));
  return [...membership.devices.values()].map(({ number, member }): DeviceFacts => {
    const isThis = number === own;
    const hold = standing.holds.get(number);
    const seen = standing.heads.get(number)?.size ?? null;
    const signed = isThis ? (ownLog.cursor?.size ?? null) : null;
    const beacon = heard.get(number);
    return {
      number,
      memberName: names?.of(number)?.member ?? null,
      deviceName: names?.of(number)?.device ?? null,
      // Every device belongs to a member of the same fold.
      role: membership.members.get(member)?.role ?? 'reader',
      isThis,
      cursor: standing.cursors.get(number)?.size ?? 0,
      head: seen === null || signed === null ? (seen ?? signed) : Math.max(seen, signed),
      lastHeard: beacon?.at ?? null,
      hold: hold === undefined ? null : { reason: hold.reason, position: hold.position, since: hold.since },
      passed: standing.passed.filter(({ log }) => log === number).length,
      hasOurs: isThis ? null : (beacon?.hasOurs ?? null),
    };
  });
}

/** The conflicts that people should see, with values as the columns give them; those of unknown columns are left out. */
export function conflictsOf(schema: Schema, records: readonly ConflictRecord[]): Conflict[] {
  return confirmedConflicts(records).flatMap(({ table, id, column, value, ours, winner }) => {
    const of = schema.tables[table]?.[column];
    if (of === undefined) return [];
    return [
      { table, id, column, value: decodeValue(of, value), ours: writing(ours), winner: writing(winner) },
    ];
  });
}

function writing({ stamp, device }: Version): { readonly at: number; readonly device: number } {
  return { at: stampMs(stamp), device };
}
