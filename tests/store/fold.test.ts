import { beforeAll, describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { Bytes } from '../../src/format/bytes.ts';
import type { Changeset } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { appendLeaf, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, asStamp, makeStamp } from '../../src/format/stamp.ts';
import * as fold from '../../src/store/fold.ts';
import { foldMembers } from '../../src/store/fold-members.ts';
import type { Cursor, JournalRecord, LocalRecord, SealedRecord } from '../../src/store/record.ts';
import { decodeStanding, encodeStanding } from '../../src/store/saved-fold.ts';
import { type Standing, unsentCount } from '../../src/store/standing.ts';
import { deviceA, deviceB, headOf, OtherLog, someBytes, start, type TestSpace, testSpace } from './space.ts';

const { emptyStanding } = fold;
const foldRecord = (standing: Standing, record: JournalRecord): Standing =>
  fold.foldRecord(standing, record, foldMembers);
const foldRecords = (standing: Standing, records: readonly JournalRecord[]): Standing =>
  fold.foldRecords(standing, records, foldMembers);

let space: TestSpace;
let founded: Standing;
let log: OtherLog;

beforeAll(async () => {
  space = await testSpace();
  founded = foldRecords(emptyStanding(space.space), [
    { kind: 'device', sign: space.a.sign, wrap: space.a.wrap },
    { kind: 'members', from: 1, entries: space.members },
  ]);
});

function local(standing: Standing, device = deviceA): LocalRecord {
  const decoded: Changeset = {
    stamp: asStamp(standing.clock + 1),
    ops: [{ kind: 'delete', table: 'items', id: 'a' }],
  };
  return { kind: 'local', device, changeset: encodeChangeset(decoded), decoded };
}

/** Writes and folds n local changes. */
function withLocals(standing: Standing, n: number): Standing {
  let after = standing;
  for (let i = 0; i < n; i += 1) after = foldRecord(after, local(after));
  return after;
}

/** Seals outbox changes, one entry for each group of so many. */
function sealing(standing: Standing, groups: readonly number[], from?: number): SealedRecord {
  const first = from ?? (standing.ownLog.cursor?.size ?? 0) + 1;
  let frontier = emptyFrontier;
  for (let i = 1; i < first; i += 1) frontier = appendLeaf(frontier, leafHash(someBytes(i)));
  const waiting = [
    ...standing.sealed.filter((item) => item.position >= first).flatMap((item) => item.locals),
    ...standing.outbox,
  ];
  let taken = 0;
  const entries = groups.map((count, index) => {
    taken += count;
    frontier = appendLeaf(frontier, leafHash(someBytes(first + index)));
    const packed = encodeBody([encodeChangeset({ stamp: makeStamp(1, taken), ops: [] })]);
    const header = {
      format: 1,
      space: space.space,
      device: deviceA,
      position: first + index,
      schema: 0,
      epoch: 1,
      codec: 0 as const,
      size: packed.length,
      sealedSize: packed.length + 16,
    };
    return {
      entry: { header, nonce: someBytes(index, 12), packed },
      through: waiting[taken - 1]?.position ?? 0,
    };
  });
  const after: Cursor = { size: frontier.size, root: frontierRoot(frontier), frontier };
  return { kind: 'sealed', from: first, entries, after, head: someBytes(first, 80) };
}

const refused = (standing: Standing, record: JournalRecord): void => {
  const before = structuredShape(standing);
  expect(() => foldRecord(standing, record)).toThrow(CairnError);
  expect(structuredShape(standing)).toEqual(before);
};
const structuredShape = ({ membership: _, ...rest }: Standing): unknown => structuredClone(rest);

describe('who we are', () => {
  test('our device has its number from the membership log, whichever of keys and log comes first', () => {
    expect(founded.device).toBe(deviceA);
    const other = foldRecords(emptyStanding(space.space), [
      { kind: 'members', from: 1, entries: space.members },
      { kind: 'device', sign: space.b.sign, wrap: space.b.wrap },
    ]);
    expect(other.device).toBe(deviceB);
    expect(
      foldRecord(other, { kind: 'device', sign: someBytes(99) as never, wrap: space.b.wrap }).device,
    ).toBeNull();
  });

  test('membership entries known already are passed over, others at their place are refused', () => {
    const [create, invite, join] = space.members;
    const two = foldRecord(emptyStanding(space.space), {
      kind: 'members',
      from: 1,
      entries: [create, invite],
    });
    const again = foldRecord(two, { kind: 'members', from: 1, entries: [create, invite, join] });
    expect(again.membership.size).toBe(3);
    expect(again.membershipEntries).toEqual(space.members);
    refused(two, { kind: 'members', from: 2, entries: [join] });
    refused(two, { kind: 'members', from: 4, entries: [join] });
    refused(two, { kind: 'members', from: 3, entries: [create] });
  });
});

describe('the outbox', () => {
  test('PUSH-2: a local change leaves the outbox when sealed and counts as unsent until it is acknowledged', () => {
    const three = withLocals(founded, 3);
    expect([three.outbox.length, unsentCount(three)]).toEqual([3, 3]);
    const sealed = foldRecord(three, sealing(three, [2]));
    expect([sealed.outbox.length, sealed.sealed.length, unsentCount(sealed)]).toEqual([1, 1, 3]);
    expect(sealed.sealed[0]).toMatchObject({ position: 1, at: sealed.position, index: 0 });
    expect(sealed.cursors.get(deviceA)?.size).toBe(1);
    const sent = foldRecord(sealed, { kind: 'sent', size: 1, term: 0 });
    expect([sent.ownLog.sent, unsentCount(sent)]).toEqual([1, 3]);
    const done = foldRecord(sent, { kind: 'acknowledged', size: 1, root: someBytes(1) as never });
    expect([done.sealed.length, unsentCount(done), done.ownLog.acknowledged]).toEqual([0, 1, 1]);
  });

  test('APP-8: what is unsent is counted in rows changed, sealed or not, and a row written and restored is one', () => {
    const changeset = (standing: Standing, ops: Changeset['ops']): LocalRecord => {
      const decoded = { stamp: asStamp(standing.clock + 1), ops };
      return { kind: 'local', device: deviceA, changeset: encodeChangeset(decoded), decoded };
    };
    const put = (id: string) =>
      ({ kind: 'put', table: 'items', id, cells: new Map([['title', id]]), seen: new Map() }) as const;
    const many = Array.from({ length: 500 }, (_, index) => put(String(index).padStart(3, '0')));
    const two = foldRecord(founded, changeset(founded, many));
    const three = foldRecord(
      two,
      changeset(two, [put('a'), put('b'), { kind: 'restore', table: 'items', id: 'b' }]),
    );
    expect(unsentCount(three)).toBe(502);
    const sealed = foldRecord(three, sealing(three, [1]));
    expect([sealed.outbox.length, unsentCount(sealed)]).toEqual([1, 502]);
    const saved = decodeStanding(encodeStanding(sealed), space.space);
    expect(saved === null ? null : unsentCount(saved)).toBe(502);
  });

  test('KEY-9, PUSH-4: what was sealed and never sent is sealed anew in its order; what was sent never is', () => {
    const four = withLocals(founded, 4);
    const sealed = foldRecord(four, sealing(four, [1, 1, 1]));
    const sent = foldRecord(sealed, { kind: 'sent', size: 1, term: 0 });
    refused(sent, sealing(sent, [2], 1));
    const anew = foldRecord(sent, sealing(sent, [3], 2));
    expect(anew.sealed.map((item) => [item.position, item.locals.length])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(anew.outbox).toEqual([]);
    expect(anew.sealed.flatMap((item) => item.locals.map((one) => one.position))).toEqual(
      four.outbox.map((one) => one.position),
    );
  });

  test('PUSH-4: a head is signed anew at the same size without touching any entry', () => {
    const two = withLocals(founded, 2);
    const sealed = foldRecord(two, sealing(two, [1]));
    const cursor = sealed.ownLog.cursor as Cursor;
    const head: Bytes = someBytes(50, 90);
    const again = foldRecord(sealed, { kind: 'sealed', from: 2, entries: [], after: cursor, head });
    expect(again.ownLog.head).toEqual(head);
    expect(again.sealed).toEqual(sealed.sealed);
    expect(again.outbox).toEqual(sealed.outbox);
  });

  test('a seal out of place, of another device or beyond the outbox is refused', () => {
    const two = withLocals(founded, 2);
    const good = sealing(two, [1]);
    refused(two, { ...good, from: 2 });
    refused(two, { ...good, after: { ...good.after, size: 2 } });
    const [first] = good.entries;
    if (!first) throw new TypeError('one entry');
    refused(two, { ...good, entries: [{ ...first, through: 77 }] });
    const foreign = { ...first.entry, header: { ...first.entry.header, device: deviceB } };
    refused(two, { ...good, entries: [{ ...first, entry: foreign }] });
    refused(emptyStanding(space.space), good);
  });

  test('STORE-19: a sent mark of an older term, or beyond what is sealed, is refused', () => {
    const one = withLocals(founded, 1);
    const sealed = foldRecords(one, [sealing(one, [1]), { kind: 'term', term: 1, tab: 'x' }]);
    refused(sealed, { kind: 'sent', size: 1, term: 0 });
    refused(sealed, { kind: 'sent', size: 2, term: 1 });
    refused(sealed, { kind: 'acknowledged', size: 2, root: someBytes(1) as never });
    refused(sealed, { kind: 'term', term: 1, tab: 'y' });
    refused(sealed, { kind: 'term', term: 3, tab: 'y' });
    expect(foldRecord(sealed, { kind: 'sent', size: 1, term: 1 }).ownLog.sent).toBe(1);
  });

  test('MRG-12: a local change whose stamp does not rise, or of another device, is refused', () => {
    const one = withLocals(founded, 1);
    refused(one, local({ ...one, clock: asStamp(one.clock - 1) }));
    refused(one, local(one, deviceB));
  });
});

describe('applied entries', () => {
  beforeAll(() => {
    log = new OtherLog(space.space, deviceB);
  });
  const changesets = (n: number): Changeset[][] => [[{ stamp: makeStamp(start + n, 0), ops: [] }]];

  test('PULL-7: entries of a log come without gaps, and the cursor and clock move with them', () => {
    const first = log.run(changesets(1));
    const second = log.run(changesets(2));
    refused(founded, { kind: 'applied', heads: [], logs: [second] });
    const both = foldRecord(founded, { kind: 'applied', heads: [], logs: [first, second] });
    expect(both.cursors.get(deviceB)).toEqual(second.after);
    expect(both.clock).toBe(makeStamp(start + 2, 0));
    refused(both, { kind: 'applied', heads: [], logs: [second] });
    refused(founded, { kind: 'applied', heads: [], logs: [{ ...first, after: second.after }] });
  });

  test('PULL-12: a position that is passed is kept with where its bytes lie', () => {
    const own = new OtherLog(space.space, asDeviceNumber(7));
    const run = own.run([...changesets(1), ...changesets(2)]);
    const [first] = run.entries;
    if (!first) throw new TypeError('one entry');
    const entries = [first, { kind: 'passed', reason: 'malformed', bytes: someBytes(4) } as const];
    const after = foldRecord(founded, { kind: 'applied', heads: [], logs: [{ ...run, entries }] });
    expect(after.passed).toEqual([{ log: 7, position: 2, reason: 'malformed', at: after.position }]);
    expect(after.cursors.get(asDeviceNumber(7))?.size).toBe(2);
  });

  test('PULL-13: a hold goes when its position is applied, or when it is released', () => {
    const held: JournalRecord = {
      kind: 'held',
      log: deviceB,
      position: 1,
      reason: 'clock-ahead',
      since: start,
      tries: 1,
      evidence: null,
    };
    const holding = foldRecord(founded, held);
    expect(holding.holds.get(deviceB)).toMatchObject({ position: 1, reason: 'clock-ahead', tries: 1 });
    expect(foldRecord(holding, { kind: 'released', log: deviceB }).holds.size).toBe(0);
    const run = new OtherLog(space.space, deviceB).run(changesets(1));
    expect(foldRecord(holding, { kind: 'applied', heads: [], logs: [run] }).holds.size).toBe(0);
    const later = foldRecord(founded, { ...held, position: 2 });
    expect(foldRecord(later, { kind: 'applied', heads: [], logs: [run] }).holds.size).toBe(1);
  });

  test('STORE-14, LOG-14: the newest head of a log stays, a smaller one never replaces it', async () => {
    const other = new OtherLog(space.space, deviceB);
    const cursors = [other.run(changesets(1)).after, other.run(changesets(2)).after];
    const [small, great] = await Promise.all(
      cursors.map((cursor) => headOf(space.b.signer, space.space, deviceB, cursor)),
    );
    if (!small || !great || !cursors[1]) throw new TypeError('two heads');
    const renewed = await headOf(space.b.signer, space.space, deviceB, cursors[1], {
      size: 9,
      root: founded.membership.roots.at(1) as never,
    });
    const heads = (...bytes: Bytes[]): JournalRecord => ({ kind: 'applied', heads: bytes, logs: [] });
    const after = foldRecords(founded, [heads(small), heads(great), heads(small)]);
    expect(after.heads.get(deviceB)).toMatchObject({ size: 2, bytes: great });
    expect(foldRecords(after, [heads(renewed), heads(great)]).heads.get(deviceB)?.bytes).toEqual(renewed);
  });

  test('PUSH-6: entries of our own log that come back move it on and count as sent', async () => {
    const own = new OtherLog(space.space, deviceA);
    const run = own.run(changesets(5));
    const head = await headOf(space.a.signer, space.space, deviceA, run.after);
    const after = foldRecord(founded, { kind: 'applied', heads: [head], logs: [run] });
    expect(after.ownLog).toEqual({
      cursor: run.after,
      head,
      sent: 1,
      acknowledged: 0,
      acknowledgedRoot: null,
    });
    const next = withLocals(after, 1);
    expect(foldRecord(next, sealing(next, [1])).ownLog.cursor?.size).toBe(2);
    expect(after.outbox).toEqual([]);
  });
});
