/**
 * What a relay keeps, behind one interface with one conformance suite (tests/conformance). An adapter is a class
 * over one kind of store; relays are stateless in front of it, and any number of them may share one store.
 *
 * A space is a set of logs by number: 0 is the membership log, n the log of device n. A log is its entries, their leaf
 * hashes and one record: how many there are, the frontier behind them and the newest signed head. All that a relay has
 * to agree on is this record, so the one atomic step an adapter offers is compare-and-set on one log: a small promise
 * that a SQLite file, and an object store with conditional PUT, can both keep.
 *
 * 1. `append` takes effect whole or not at all, and only if the log's revision is the expected one. Of n
 *    appends that expect one revision exactly one wins.
 * 2. When `append` or `putBeacon` has resolved to true, its effect survives the end of the process and of the machine.
 * 3. What a read returns was there whole at one moment of the log's history; entries and leaf hashes never change.
 * 4. Nothing compares two logs at once.
 * 5. A beacon is replaced only by one with a greater time.
 *
 * An adapter judges nothing: positions, roots and signatures are the relay's business. It rejects with `unavailable` when
 * the store can't be reached or is full, and with `closed` after `close`.
 */
import type { Bytes, Hash, SpaceId } from '../format/bytes.ts';
import type { Frontier } from '../format/merkle.ts';

/** The membership log's number among the logs of a space. */
export const membershipLog = 0;

/** Names one state of one log: equal revisions mean that nothing was written in between. Opaque to the relay. */
export type Revision = string;

/** The part of a log that changes. */
export interface LogState {
  /** Its size is the log's size. */
  readonly frontier: Frontier;
  /** The newest signed head; the membership log has none. */
  readonly head: Bytes | null;
}

export interface StoredLog extends LogState {
  readonly revision: Revision;
}

export interface NewEntry {
  readonly entry: Bytes;
  readonly leaf: Hash;
}

export interface Append {
  /** The revision this was decided on, null for a log that is not there yet. */
  readonly expected: Revision | null;
  /** Go to the positions above the old size. May be none: then only the state is replaced. */
  readonly entries: readonly NewEntry[];
  readonly after: LogState;
}

export interface StoredHead {
  readonly log: number;
  readonly size: number;
  readonly head: Bytes;
}

export interface StoredBeacon {
  readonly device: number;
  /** The time its device states in it, milliseconds. */
  readonly at: number;
  readonly beacon: Bytes;
}

export interface Usage {
  /** What the store takes on its medium. */
  readonly bytes: number;
  readonly spaces: number;
}

export interface Storage {
  readLog(space: SpaceId, log: number): Promise<StoredLog | null>;
  /** False, and nothing has changed, if the log's revision is not the expected one. */
  append(space: SpaceId, log: number, append: Append): Promise<boolean>;
  /**
   * The entries from `start` to `end` (positions from 1, both inclusive) as far as they are there, from the first on, and only so
   * many that they have `maxBytes` together; the first comes whatever its size.
   */
  readEntries(space: SpaceId, log: number, start: number, end: number, maxBytes: number): Promise<Bytes[]>;
  /** The leaf hashes from `start` to `end` as far as they are there, 32 bytes each. */
  readLeaves(space: SpaceId, log: number, start: number, end: number): Promise<Hash[]>;
  /** The heads of all device logs that have one, by log. */
  readHeads(space: SpaceId): Promise<StoredHead[]>;
  /** Keeps the beacon unless one of the same device with the same or a greater time is there; then false. */
  putBeacon(space: SpaceId, beacon: StoredBeacon): Promise<boolean>;
  /** The beacons of all devices, the newest first. */
  readBeacons(space: SpaceId): Promise<StoredBeacon[]>;
  /** For metrics and readiness: rejects if the store can't serve. */
  measure(): Promise<Usage>;
  close(): Promise<void>;
}
