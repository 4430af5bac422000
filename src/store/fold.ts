import { CairnError } from '../errors.ts';
import { type Bytes, equal, type SpaceId } from '../format/bytes.ts';
import { decodeHead } from '../format/head.ts';
import type { DeviceNumber, Stamp } from '../format/stamp.ts';
import { clockStart, observe } from '../model/clock.ts';
import { deviceByKey, emptyMembership } from '../model/membership-state.ts';
import { emptyBase } from './base.ts';
import { changesetOf, changesetsOf } from './decoded.ts';
import type { FoldMembers } from './fold-members.ts';
import type {
  AcknowledgedRecord,
  AppliedRun,
  Cursor,
  FoldedRecord,
  JournalRecord,
  LocalRecord,
  SealedRecord,
} from './record.ts';
import type { HeldHead, Hold, OutboxItem, OwnLog, Passed, SealedItem, Standing } from './standing.ts';

/**
 * The fold of the journal into a `Standing` (DESIGN §7): a pure function of the records in their order, and of nothing else.
 *
 * 1. A record that does not follow from the ones before it (a gap in a log, a sent mark of another term, an entry sealed
 *    anew after it was sent) is refused with `internal` before it is written, and never half folded.
 * 2. Folding records one by one, all at once, or on top of a saved standing gives the same standing (STORE-3).
 * 3. The clock is at or above every stamp folded; nothing here lowers it.
 * 4. Conflicts need the rows as well: `Store` folds them beside, by `withConflicts`.
 */
export function emptyStanding(space: SpaceId): Standing {
  return {
    position: 0,
    clock: clockStart,
    keys: null,
    device: null,
    term: 0,
    tab: null,
    membership: emptyMembership(space),
    membershipEntries: [],
    cursors: new Map(),
    heads: new Map(),
    outbox: [],
    sealed: [],
    ownLog: { cursor: null, head: null, sent: 0, acknowledged: 0, acknowledgedRoot: null },
    holds: new Map(),
    passed: [],
    conflicts: [],
    base: emptyBase,
    joining: null,
  };
}

/** The standing after one more record, at the position after the one reached. Only a membership record needs `foldMembers`. */
export function foldRecord(
  standing: Standing,
  record: JournalRecord,
  foldMembers: FoldMembers | null,
): Standing {
  return foldRecords(standing, [record], foldMembers);
}

/** The standing after several records; lists are copied once for all of them. */
export function foldRecords(
  standing: Standing,
  records: Iterable<JournalRecord>,
  foldMembers: FoldMembers | null,
): Standing {
  const draft = new Draft(standing, foldMembers);
  for (const record of records) draft.fold(record);
  return draft.finish();
}

export function withConflicts(standing: Standing, conflicts: Standing['conflicts']): Standing {
  return conflicts === standing.conflicts ? standing : { ...standing, conflicts };
}

/** A standing in the making: the lists and maps that a record changes are copied at the first change. */
class Draft {
  #standing: Standing;
  #position: number;
  #clock: Stamp;
  #ownLog: OwnLog;
  readonly #outbox: Copied<OutboxItem[]>;
  readonly #sealed: Copied<SealedItem[]>;
  readonly #passed: Copied<Passed[]>;
  readonly #cursors: Copied<Map<DeviceNumber, Cursor>>;
  readonly #heads: Copied<Map<DeviceNumber, HeldHead>>;
  readonly #holds: Copied<Map<DeviceNumber, Hold>>;
  readonly #foldMembers: FoldMembers | null;

  constructor(standing: Standing, foldMembers: FoldMembers | null) {
    this.#standing = standing;
    this.#foldMembers = foldMembers;
    this.#position = standing.position;
    this.#clock = standing.clock;
    this.#ownLog = standing.ownLog;
    this.#outbox = new Copied(() => [...standing.outbox]);
    this.#sealed = new Copied(() => [...standing.sealed]);
    this.#passed = new Copied(() => [...standing.passed]);
    this.#cursors = new Copied(() => new Map(standing.cursors));
    this.#heads = new Copied(() => new Map(standing.heads));
    this.#holds = new Copied(() => new Map(standing.holds));
  }

  finish(): Standing {
    const standing = this.#standing;
    return {
      ...standing,
      position: this.#position,
      clock: this.#clock,
      ownLog: this.#ownLog,
      outbox: this.#outbox.copy ?? standing.outbox,
      sealed: this.#sealed.copy ?? standing.sealed,
      passed: this.#passed.copy ?? standing.passed,
      cursors: this.#cursors.copy ?? standing.cursors,
      heads: this.#heads.copy ?? standing.heads,
      holds: this.#holds.copy ?? standing.holds,
    };
  }

  fold(record: JournalRecord): void {
    this.#position += 1;
    switch (record.kind) {
      case 'local':
        this.#local(record);
        break;
      case 'device':
        this.#set({
          keys: { sign: record.sign, wrap: record.wrap },
          device: deviceByKey(this.#standing.membership, record.sign)?.number ?? null,
        });
        break;
      case 'members':
        this.#members(record.from, record.entries);
        break;
      case 'applied':
        for (const bytes of record.heads) this.#head(bytes);
        for (const run of record.logs) this.#run(run);
        break;
      case 'sealed':
        this.#sealedAnew(record);
        break;
      case 'sent':
        this.#sent(record.size, record.term);
        break;
      case 'acknowledged':
        this.#acknowledged(record);
        break;
      case 'held': {
        const { log, position, reason, since, tries, evidence } = record;
        this.#holds.own().set(log, { log, position, reason, since, tries, evidence });
        break;
      }
      case 'released':
        this.#holds.own().delete(record.log);
        break;
      case 'term':
        check(record.term === this.#standing.term + 1, `term ${record.term} after ${this.#standing.term}`);
        this.#set({ term: record.term, tab: record.tab });
        break;
      case 'folded':
        this.#folded(record);
        break;
      case 'joining':
        this.#set({ joining: { state: record.state, values: record.values } });
        break;
    }
  }

  #set(changes: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...changes };
  }

  #local(record: LocalRecord): void {
    const { stamp, ops } = changesetOf(record);
    check(record.device === this.#standing.device, `a local change of device ${record.device}`);
    check(stamp > this.#clock, 'a local change whose stamp does not rise');
    this.#clock = stamp;
    this.#outbox.own().push({
      position: this.#position,
      stamp,
      bytes: record.changeset.length,
      // A row that is restored and written is one; a changeset of none still waits to be sent.
      rows: new Set(ops.map(({ table, id }) => `${table}/${id}`)).size || 1,
    });
  }

  #members(from: number, entries: readonly Bytes[]): void {
    const { keys, membershipEntries: known } = this.#standing;
    const overlap = this.#standing.membership.size + 1 - from;
    check(overlap >= 0, `membership entry ${from} after ${this.#standing.membership.size}`);
    const again = entries.slice(0, overlap);
    check(
      again.every((bytes, index) => equal(bytes, known[from - 1 + index])),
      'another membership entry at a known position',
    );
    const added = entries.slice(overlap);
    if (this.#foldMembers === null) throw new TypeError('a membership record before its rules are here');
    const { state, refusal } = this.#foldMembers(this.#standing.membership, added);
    if (refusal) throw doesNotFollow(`a membership entry that does not count: ${refusal.refused}`);
    this.#set({
      membership: state,
      membershipEntries: [...known, ...added.slice(0, state.size - known.length)],
      device: keys === null ? null : (deviceByKey(state, keys.sign)?.number ?? null),
    });
  }

  #folded({ base, follows }: FoldedRecord): void {
    const { boundary } = this.#standing.base;
    check(follows === boundary, `a fold above ${follows}, with the base at ${boundary}`);
    check(base.boundary >= boundary && base.boundary < this.#position, `a fold up to ${base.boundary}`);
    this.#set({ base });
  }

  /** The newest head of a log stays: the one that states more of it, or of the membership log at the same size. */
  #head(bytes: Bytes): void {
    const { log, size, root, members } = decodeHead(bytes);
    const held = (this.#heads.copy ?? this.#standing.heads).get(log);
    if (held && (held.size > size || (held.size === size && held.members.size >= members.size))) return;
    this.#heads.own().set(log, { bytes, size, root, members });
  }

  #run({ log, from, entries, after }: AppliedRun): void {
    const reached = (this.#cursors.copy ?? this.#standing.cursors).get(log)?.size ?? 0;
    check(from === reached + 1, `entry ${from} of log ${log} after ${reached}`);
    check(after.size === reached + entries.length, `a cursor at ${after.size} of log ${log}`);
    check(after.frontier.size === after.size, `a frontier that is not its cursor's, of log ${log}`);
    entries.forEach((entry, index) => {
      if (entry.kind === 'passed') {
        this.#passed.own().push({ log, position: from + index, reason: entry.reason, at: this.#position });
        return;
      }
      for (const { stamp } of changesetsOf(entry)) this.#clock = observe(this.#clock, stamp);
    });
    this.#cursors.own().set(log, after);
    const hold = (this.#holds.copy ?? this.#standing.holds).get(log);
    if (hold && hold.position <= after.size) this.#holds.own().delete(log);
    if (log === this.#standing.device) this.#adopted(log, after);
  }

  /** Entries of our own log that came back to us: they left this device once, in an earlier life. */
  #adopted(log: DeviceNumber, after: Cursor): void {
    const head = (this.#heads.copy ?? this.#standing.heads).get(log);
    const fits = head !== undefined && head.size === after.size && equal(head.root, after.root);
    this.#ownLog = {
      ...this.#ownLog,
      cursor: after,
      head: fits ? head.bytes : null,
      sent: Math.max(this.#ownLog.sent, after.size),
    };
  }

  #sealedAnew({ from, entries, after, head }: SealedRecord): void {
    const { device } = this.#standing;
    const reached = this.#ownLog.cursor?.size ?? 0;
    if (device === null) throw doesNotFollow('a seal before this device has a number');
    check(from > this.#ownLog.sent && from <= reached + 1, `a seal from ${from}, sent ${this.#ownLog.sent}`);
    check(after.size === from - 1 + entries.length, `a seal up to ${after.size}`);
    check(after.frontier.size === after.size, 'a frontier that is not its cursor’s');
    const outbox = this.#outbox.own();
    const sealed = this.#sealed.own();
    // What was sealed and never sent is sealed anew: its changes are in the outbox again, before the newer ones.
    const again = sealed.findIndex((item) => item.position >= from);
    if (again >= 0) outbox.unshift(...sealed.splice(again).flatMap((item) => item.locals));
    entries.forEach(({ entry, through }, index) => {
      check(
        entry.header.device === device && entry.header.position === from + index,
        'an entry out of place',
      );
      const beyond = outbox.findIndex((item) => item.position > through);
      const locals = outbox.splice(0, beyond < 0 ? outbox.length : beyond);
      check(locals.at(-1)?.position === through, `a seal through journal position ${through}`);
      sealed.push({ position: from + index, at: this.#position, index, locals });
    });
    this.#ownLog = { ...this.#ownLog, cursor: after, head };
    this.#cursors.own().set(device, after);
  }

  #sent(size: number, term: number): void {
    check(term === this.#standing.term, `a sent mark of term ${term} in term ${this.#standing.term}`);
    check(size <= (this.#ownLog.cursor?.size ?? 0), `a sent mark at ${size} beyond what is sealed`);
    this.#ownLog = { ...this.#ownLog, sent: Math.max(this.#ownLog.sent, size) };
  }

  #acknowledged({ size, root }: AcknowledgedRecord): void {
    check(size <= (this.#ownLog.cursor?.size ?? 0), `an acknowledgement at ${size} beyond what is sealed`);
    const { acknowledged, sent } = this.#ownLog;
    if (size <= acknowledged) return;
    this.#ownLog = {
      ...this.#ownLog,
      acknowledged: size,
      acknowledgedRoot: root,
      sent: Math.max(sent, size),
    };
    const sealed = this.#sealed.own();
    const open = sealed.findIndex((item) => item.position > size);
    sealed.splice(0, open < 0 ? sealed.length : open);
  }
}

/** A list or map of the old standing, copied when first written to. */
class Copied<T> {
  copy: T | null = null;
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  own(): T {
    this.copy ??= this.#make();
    return this.copy;
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw doesNotFollow(what);
}

function doesNotFollow(what: string): CairnError {
  return new CairnError('internal', `The journal does not allow ${what}`);
}
