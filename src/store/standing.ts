import type { Bytes, Hash, PublicKey, WrapKey } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import type { DeviceNumber, Stamp } from '../format/stamp.ts';
import type { ConflictRecord } from '../model/conflict.ts';
import type { HoldReason } from '../model/hold.ts';
import type { MembershipState } from '../model/membership-state.ts';
import type { Base } from './base.ts';
import type { Cursor, PassReason } from './record.ts';

/**
 * Where a store stands after a prefix of its journal: everything that follows from the records but the rows.
 * A value: folding a record gives a new one (`fold`), so `decide` functions and callers that await in between each
 * see one consistent moment.
 */
export interface Standing {
  /** Position of the last journal record folded; 0 for an empty journal. */
  readonly position: number;
  /** The greatest stamp applied or written. */
  readonly clock: Stamp;
  /** The keys this store writes under, and their number once the membership log has it. */
  readonly keys: { readonly sign: PublicKey; readonly wrap: WrapKey } | null;
  readonly device: DeviceNumber | null;
  readonly term: number;
  /** The tab that took the term. */
  readonly tab: string | null;
  readonly membership: MembershipState;
  readonly membershipEntries: readonly Bytes[];
  /** How far each log is applied here; our own log up to what is sealed. A log never seen is absent (size 0). */
  readonly cursors: ReadonlyMap<DeviceNumber, Cursor>;
  /** The newest verified head of each log, our own as others have shown it included. */
  readonly heads: ReadonlyMap<DeviceNumber, HeldHead>;
  /** Local changesets not yet sealed, oldest first. */
  readonly outbox: readonly OutboxItem[];
  /** Entries of our log that are sealed and not acknowledged, oldest first. */
  readonly sealed: readonly SealedItem[];
  readonly ownLog: OwnLog;
  readonly holds: ReadonlyMap<DeviceNumber, Hold>;
  /** Positions that the cursor passed without applying them, oldest first. */
  readonly passed: readonly Passed[];
  /** Own writes that lost to one that had not seen them; bounded, oldest first. */
  readonly conflicts: readonly ConflictRecord[];
  /** The rows in pages, and how much of the journal they hold. */
  readonly base: Base;
  readonly joining: { readonly state: string; readonly values: ReadonlyMap<string, CborValue> } | null;
}

export interface HeldHead {
  readonly bytes: Bytes;
  readonly size: number;
  readonly root: Hash;
  readonly members: { readonly size: number; readonly root: Hash };
}

export interface OutboxItem {
  /** Journal position of the local record. */
  readonly position: number;
  readonly stamp: Stamp;
  /** Size of the encoded changeset in bytes. */
  readonly bytes: number;
  /** How many rows it changes; at least 1. */
  readonly rows: number;
}

export interface SealedItem {
  /** Position in our log. */
  readonly position: number;
  /** The journal record that holds the entry, and its index among that record's entries. */
  readonly at: number;
  readonly index: number;
  /** The local records that this entry covers. */
  readonly locals: readonly OutboxItem[];
}

export interface OwnLog {
  /** The end of what is sealed (or adopted); `null` before the first entry. */
  readonly cursor: Cursor | null;
  /** Our signed head there. */
  readonly head: Bytes | null;
  /** Entries up to here may have left the device: they keep their bytes for good. */
  readonly sent: number;
  /** Entries up to here are on the relay. */
  readonly acknowledged: number;
  /** Our root there; `null` before the first acknowledgement. */
  readonly acknowledgedRoot: Hash | null;
}

export interface Hold {
  readonly log: DeviceNumber;
  readonly position: number;
  readonly reason: HoldReason;
  readonly since: number;
  readonly tries: number;
  readonly evidence: Bytes | null;
}

export interface Passed {
  readonly log: DeviceNumber;
  readonly position: number;
  readonly reason: PassReason;
  /** The journal record that keeps its bytes. */
  readonly at: number;
}

/** Rows changed by local transactions that the relay has not acknowledged, once for each transaction that changed them. */
export function unsentCount({ outbox, sealed }: Standing): number {
  return sealed.reduce((sum, { locals }) => sum + rowsIn(locals), rowsIn(outbox));
}

function rowsIn(items: readonly OutboxItem[]): number {
  return items.reduce((sum, { rows }) => sum + rows, 0);
}
