import { asHash, asPublicKey, asWrapKey, type Bytes, type Hash, type SpaceId } from '../format/bytes.ts';
import { type CborInput, decode, encode } from '../format/cbor.ts';
import { asDeviceNumber, asStamp, type DeviceNumber, type Version } from '../format/stamp.ts';
import type { ConflictRecord } from '../model/conflict.ts';
import { deviceByKey } from '../model/membership-state.ts';
import { baseFields, readBase } from './base-codec.ts';
import {
  asBytes,
  asHoldReason,
  asPassReason,
  cursorFields,
  readCursor,
  readCursorFields,
  readTextMap,
} from './codec-parts.ts';
import { Fields, malformed } from './fields.ts';
import { membershipFields, readMembership } from './saved-membership.ts';
import type { HeldHead, Hold, OutboxItem, OwnLog, Passed, SealedItem, Standing } from './standing.ts';

/**
 * A standing as bytes, saved now and then so that opening need not fold the whole journal again (STORE-3).
 *
 * It is a shortcut and never a source: whatever is wrong with it (another version of this code, damage) the journal is folded from
 * its start. `savedVersion` is raised whenever folding itself changes, so that no build goes on from what another one folded.
 */
export const savedVersion = 5;

export function encodeStanding(standing: Standing): Bytes {
  const { keys, ownLog, joining } = standing;
  return encode([
    savedVersion,
    standing.position,
    standing.clock,
    keys === null ? null : [keys.sign, keys.wrap],
    standing.term,
    standing.tab,
    standing.membershipEntries,
    membershipFields(standing.membership),
    [...standing.cursors].map(([log, cursor]) => [log, cursorFields(cursor)]),
    [...standing.heads].map(([log, head]) => [
      log,
      head.bytes,
      head.size,
      head.root,
      head.members.size,
      head.members.root,
    ]),
    standing.outbox.map(outboxFields),
    standing.sealed.map((item) => [item.position, item.at, item.index, item.locals.map(outboxFields)]),
    [
      ownLog.cursor === null ? null : cursorFields(ownLog.cursor),
      ownLog.head,
      ownLog.sent,
      ownLog.acknowledged,
      ownLog.acknowledgedRoot,
    ],
    [...standing.holds.values()].map((held) => [
      held.log,
      held.position,
      held.reason,
      held.since,
      held.tries,
      held.evidence,
    ]),
    standing.passed.map((passed) => [passed.log, passed.position, passed.reason, passed.at]),
    standing.conflicts.map(conflictFields),
    baseFields(standing.base),
    joining === null ? null : [joining.state, joining.values],
  ]);
}

/** The standing that was saved; `null` if another version of this code saved it. Throws `malformed` where it is damaged. */
export function decodeStanding(bytes: Bytes, space: SpaceId): Standing | null {
  const fields = new Fields(decode(bytes));
  if (fields.integer() !== savedVersion) return null;
  const position = fields.integer();
  const clock = asStamp(fields.integer());
  const keys = fields.optional((pair) => ({
    sign: asPublicKey(pair.bytes(32)),
    wrap: asWrapKey(pair.bytes(32)),
  }));
  const term = fields.integer();
  const tab = fields.textOrNull();
  const membershipEntries = fields.list(asBytes);
  const membership = fields.optional((item) => readMembership(space, item));
  if (membership === null) throw malformed('a membership state');
  const standing: Standing = {
    position,
    clock,
    keys,
    device: keys === null ? null : (deviceByKey(membership, keys.sign)?.number ?? null),
    term,
    tab,
    membership,
    membershipEntries,
    cursors: new Map(fields.records((item) => [readDevice(item), readCursor(item)])),
    heads: new Map(fields.records(readHead)),
    outbox: fields.records(readOutbox),
    sealed: fields.records(readSealed),
    ownLog: readOwnLog(fields),
    holds: new Map(fields.records(readHold)),
    passed: fields.records(readPassed),
    conflicts: fields.records(readConflict),
    base: readBase(fields),
    joining: fields.optional((item) => ({ state: item.text(), values: readTextMap(item.map()) })),
  };
  fields.end();
  return standing;
}

function readHead(fields: Fields): [DeviceNumber, HeldHead] {
  const log = readDevice(fields);
  const bytes = fields.bytes();
  const size = fields.integer();
  const root = asHash(fields.bytes(32));
  const members = { size: fields.integer(), root: asHash(fields.bytes(32)) };
  return [log, { bytes, size, root, members }];
}

function outboxFields(item: OutboxItem): CborInput {
  return [item.position, item.stamp, item.bytes, item.rows];
}

function readOutbox(fields: Fields): OutboxItem {
  return {
    position: fields.integer(1),
    stamp: asStamp(fields.integer()),
    bytes: fields.integer(),
    rows: fields.integer(1),
  };
}

function readSealed(fields: Fields): SealedItem {
  return {
    position: fields.integer(1),
    at: fields.integer(1),
    index: fields.integer(),
    locals: fields.records(readOutbox),
  };
}

function readOwnLog(fields: Fields): OwnLog {
  const log = fields.optional((item) => ({
    cursor: item.optional(readCursorFields),
    head: item.bytesOrNull(),
    sent: item.integer(),
    acknowledged: item.integer(),
    acknowledgedRoot: readRoot(item),
  }));
  if (log === null) throw malformed('our own log');
  return log;
}

function readRoot(fields: Fields): Hash | null {
  const root = fields.bytesOrNull();
  return root === null ? null : asHash(root);
}

function readHold(fields: Fields): [DeviceNumber, Hold] {
  const log = readDevice(fields);
  const position = fields.integer(1);
  const reason = asHoldReason(fields.text());
  const [since, tries, evidence] = [fields.integer(), fields.integer(), fields.bytesOrNull()];
  return [log, { log, position, reason, since, tries, evidence }];
}

function readPassed(fields: Fields): Passed {
  return {
    log: readDevice(fields),
    position: fields.integer(1),
    reason: asPassReason(fields.text()),
    at: fields.integer(1),
  };
}

function conflictFields(conflict: ConflictRecord): CborInput {
  const { table, id, column, value, ours, winner, awaits, links } = conflict;
  return [
    table,
    id,
    column,
    value,
    versionFields(ours),
    versionFields(winner),
    awaits && versionFields(awaits),
    links.map(({ version, saw }) => [versionFields(version), saw && versionFields(saw)]),
  ];
}

function readConflict(fields: Fields): ConflictRecord {
  return {
    table: fields.text(),
    id: fields.text(),
    column: fields.text(),
    value: fields.any(),
    ours: readVersion(fields),
    winner: readVersion(fields),
    awaits: fields.optional(readVersionFields),
    links: fields.records((link) => ({
      version: readVersion(link),
      saw: link.optional(readVersionFields),
    })),
  };
}

function versionFields(version: Version): CborInput {
  return [version.stamp, version.device];
}

function readVersion(fields: Fields): Version {
  const version = fields.optional(readVersionFields);
  if (version === null) throw malformed('a version');
  return version;
}

function readVersionFields(fields: Fields): Version {
  return { stamp: asStamp(fields.integer()), device: readDevice(fields) };
}

function readDevice(fields: Fields): DeviceNumber {
  return asDeviceNumber(fields.integer(1));
}
