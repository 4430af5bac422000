import type { Bytes, Hash, PublicKey, WrapKey } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import type { Changeset } from '../format/changeset.ts';
import type { Frontier } from '../format/frontier.ts';
import type { OpenedEntry } from '../format/opened-entry.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { HoldReason } from '../model/hold.ts';
import type { Base } from './base.ts';

/**
 * The records of the journal: every change of a store's standing is exactly one of these, at one journal
 * position (STORE-1). This file holds their shapes; `record-codec` their bytes.
 *
 * Journal positions and log positions are different numbers: the journal is this store's own log, numbered from 1.
 * `decoded` and `changesets` carry what the writer has decoded already, so that the fold does not do it
 * again; they are never encoded and are absent in a record that was read.
 */
export type JournalRecord =
  | LocalRecord
  | DeviceRecord
  | MembersRecord
  | AppliedRecord
  | SealedRecord
  | SentRecord
  | AcknowledgedRecord
  | HeldRecord
  | ReleasedRecord
  | TermRecord
  | FoldedRecord
  | JoiningRecord;

export type RecordKind = JournalRecord['kind'];

/** One local transaction: its changeset, and the device of ours that wrote it. */
export interface LocalRecord {
  readonly kind: 'local';
  readonly device: DeviceNumber;
  readonly changeset: Bytes;
  readonly decoded?: Changeset;
}

/** From here on this store writes under these keys; the device's number follows from the membership log. */
export interface DeviceRecord {
  readonly kind: 'device';
  readonly sign: PublicKey;
  readonly wrap: WrapKey;
}

/** Verified membership entries; the first stands at position `from` (1-based) of the membership log. */
export interface MembersRecord {
  readonly kind: 'members';
  readonly from: number;
  readonly entries: readonly Bytes[];
}

/** One batch of applied entries with the cursors behind them, and the verified heads that vouch for them. */
export interface AppliedRecord {
  readonly kind: 'applied';
  /** Verified signed heads, newest of each log; a record may carry heads and no entries. */
  readonly heads: readonly Bytes[];
  readonly logs: readonly AppliedRun[];
}

/** Entries `from`, `from + 1`, … of one log, and the cursor behind the last of them. */
export interface AppliedRun {
  readonly log: DeviceNumber;
  readonly from: number;
  readonly entries: readonly AppliedEntry[];
  readonly after: Cursor;
}

export type AppliedEntry = AppliedOpened | PassedEntry;

/** An applied entry in opened form: with its epoch's key it gives back the identical sealed bytes. */
export interface AppliedOpened extends OpenedEntry {
  readonly kind: 'opened';
  readonly changesets?: readonly Changeset[];
}

/** An entry that the cursor passes without applying it; its bytes are kept and shown. */
export interface PassedEntry {
  readonly kind: 'passed';
  readonly reason: PassReason;
  readonly bytes: Bytes;
}

export type PassReason = 'malformed' | 'set-aside';

/** How far a log has been applied: size, root, and the frontier to go on from. */
export interface Cursor {
  readonly size: number;
  readonly root: Hash;
  readonly frontier: Frontier;
}

/**
 * Local changesets sealed into entries of our own log, and the head over them. `from` is the log position of the first entry and lies above
 * what was sent: entries that were never sent may be sealed again. With no entries, the head alone is signed anew.
 */
export interface SealedRecord {
  readonly kind: 'sealed';
  readonly from: number;
  readonly entries: readonly SealedEntry[];
  readonly after: Cursor;
  readonly head: Bytes;
}

export interface SealedEntry {
  readonly entry: OpenedEntry;
  /** Journal position of the last local record that this entry covers. */
  readonly through: number;
}

/** Entries of our log up to `size` may leave the device from now on and never change again. */
export interface SentRecord {
  readonly kind: 'sent';
  readonly size: number;
  readonly term: number;
}

/** The relay holds our log up to `size`, with a root that lies on our branch. */
export interface AcknowledgedRecord {
  readonly kind: 'acknowledged';
  readonly size: number;
  readonly root: Hash;
}

/** A log waits below `position`. Written again for another try or another reason. */
export interface HeldRecord {
  readonly kind: 'held';
  readonly log: DeviceNumber;
  readonly position: number;
  readonly reason: HoldReason;
  /** Milliseconds since the epoch at which the hold began. */
  readonly since: number;
  readonly tries: number;
  readonly evidence: Bytes | null;
}

export interface ReleasedRecord {
  readonly kind: 'released';
  readonly log: DeviceNumber;
}

/** A tab takes the next term as leader: `term` is exactly one above the one before. */
export interface TermRecord {
  readonly kind: 'term';
  readonly term: number;
  readonly tab: string;
}

/**
 * The journal up to `base.boundary` lies in pages that were written before; `follows` is the boundary of the base that they were made from.
 */
export interface FoldedRecord {
  readonly kind: 'folded';
  readonly follows: number;
  readonly base: Base;
}

/** Where joining stands; `values` belongs to `sync/join` and survives a reload. */
export interface JoiningRecord {
  readonly kind: 'joining';
  readonly state: string;
  readonly values: ReadonlyMap<string, CborValue>;
}
