import type { CborValue } from '../format/cbor.ts';
import type { Op } from '../format/changeset.ts';
import type { DeviceNumber, Version } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import { isLater, type RowState, sameValue } from './row.ts';

/**
 * Which of a device's own writes were lost to someone who had not seen them (DESIGN §4, MRG-11). A cell write
 * names the version it replaced; that tells "changed after reading mine" from "written apart from mine".
 *
 *   version replaced   older than ours, or none   → a conflict
 *                      ours                       → the author had read it: none
 *                      later than ours            → the author had read a write that is not here yet. Whether *that* one
 *                                                   had read ours is known when it arrives: the record awaits it
 *
 * 1. A winner with the same value loses nothing and makes no record.
 * 2. A record goes when this device writes the cell again, having seen the winner.
 * 3. At most `limits.conflicts` records are kept; the oldest goes first.
 */
export interface ConflictRecord {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  /** Our value, which lost. Writing it again is all that restoring takes. */
  readonly value: CborValue;
  readonly ours: Version;
  readonly winner: Version;
  /** The unseen write that decides whether this is a conflict; `null` when it is one. */
  readonly awaits: Version | null;
  /** While it awaits: other writes of the cell that came meanwhile, any of which may be the next to ask about. */
  readonly links: readonly Link[];
}

/** A write and the version it replaced: ours where it had our value, `null` where there was none. */
export interface Link {
  readonly version: Version;
  readonly saw: Version | null;
}

/** More writes of one cell than people make while a device waits for one of them; a bound against those who do. */
const mostLinks = 64;

/** The records people should see: those that await nothing. */
export function confirmedConflicts(records: readonly ConflictRecord[]): readonly ConflictRecord[] {
  return records.filter((record) => record.awaits === null);
}

/**
 * The records after `op` at `version`, given the row before it. Returns the same array when nothing changed; call it
 * before the op is merged, with `own` = the number of the device whose writes are watched (`null`: none yet).
 */
export function foldConflicts(
  records: readonly ConflictRecord[],
  row: RowState | undefined,
  op: Op,
  version: Version,
  own: DeviceNumber | null,
): readonly ConflictRecord[] {
  if (op.kind !== 'put' || own === null) return records;
  const kept = records.length === 0 ? records : settle(records, op, version, own);
  const found = version.device === own || row === undefined ? [] : lostTo(row, op, version, own);
  if (found.length === 0) return kept;
  return [...kept, ...found].slice(-limits.conflicts);
}

type Put = Extract<Op, { kind: 'put' }>;

function lostTo(row: RowState, op: Put, version: Version, own: DeviceNumber): ConflictRecord[] {
  const lost: ConflictRecord[] = [];
  for (const [column, value] of op.cells) {
    const cell = row.cells.get(column);
    if (cell === undefined || cell.version.device !== own || !isLater(version, cell.version)) continue;
    if (sameValue(value, cell.value)) continue;
    const ours = cell.version;
    const verdict = judge(op.seen.get(column) ?? null, ours);
    if (verdict === 'seen') continue;
    const { table, id } = op;
    lost.push({ table, id, column, value: cell.value, ours, winner: version, awaits: verdict, links: [] });
  }
  return lost;
}

/**
 * What the version that a writer replaced says about our own: it was seen, it was not (`null`), or another write
 * tells.
 */
function judge(saw: Version | null, ours: Version): 'seen' | null | Version {
  if (saw === null || isLater(ours, saw)) return null;
  // A version of our own device at or above ours was written with ours in view.
  return saw.device === ours.device ? 'seen' : saw;
}

function settle(
  records: readonly ConflictRecord[],
  op: Put,
  version: Version,
  own: DeviceNumber,
): readonly ConflictRecord[] {
  let changed = false;
  const kept: ConflictRecord[] = [];
  for (const record of records) {
    const after = settleOne(record, op, version, own);
    if (after !== record) changed = true;
    if (after !== null) kept.push(after);
  }
  return changed ? kept : records;
}

function settleOne(
  record: ConflictRecord,
  op: Put,
  version: Version,
  own: DeviceNumber,
): ConflictRecord | null {
  if (record.table !== op.table || record.id !== op.id) return record;
  const value = op.cells.get(record.column);
  if (value === undefined) return record;
  if (version.device === own) return isLater(version, record.winner) ? null : record;
  if (record.awaits === null) return record;
  const saw = sameValue(value, record.value) ? record.ours : (op.seen.get(record.column) ?? null);
  const links = [...record.links, { version, saw }].slice(-mostLinks);
  return followed({ ...record, links });
}

/** The record after following what it awaits through the writes that are here; `null` if ours was seen after all. */
function followed(record: ConflictRecord): ConflictRecord | null {
  let { awaits } = record;
  while (awaits !== null) {
    const { stamp, device } = awaits;
    const link = record.links.find(({ version }) => version.stamp === stamp && version.device === device);
    if (link === undefined) return { ...record, awaits };
    const verdict = judge(link.saw, record.ours);
    if (verdict === 'seen') return null;
    awaits = verdict !== null && isLater(link.version, verdict) ? verdict : null;
  }
  return { ...record, awaits: null, links: [] };
}
