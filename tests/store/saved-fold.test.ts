import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { compare } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { appendLeaf, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { emptyStanding } from '../../src/store/fold.ts';
import { foldMembers } from '../../src/store/fold-members.ts';
import { Folded } from '../../src/store/folded.ts';
import { localRecord } from '../../src/store/local-write.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import type { JournalRecord } from '../../src/store/record.ts';
import { decodeRecord, encodeRecord } from '../../src/store/record-codec.ts';
import { Rows } from '../../src/store/rows.ts';
import { decodeStanding, encodeStanding, savedVersion } from '../../src/store/saved-fold.ts';
import type { Standing } from '../../src/store/standing.ts';
import { property } from '../property.ts';
import { deviceA, headOf, OtherLog, someBytes, start, type TestSpace, testSpace } from './space.ts';

let space: TestSpace;
let heads: Uint8Array<ArrayBuffer>[];

beforeAll(async () => {
  space = await testSpace();
  heads = await Promise.all(
    [1, 2, 3].map((size) => {
      const root = frontierRoot(appendLeaf(emptyFrontier, leafHash(someBytes(size))));
      const log = asDeviceNumber(2 + (size % 2));
      return headOf(space.b.signer, space.space, log, { size, root, frontier: emptyFrontier });
    }),
  );
});

const column = fc.constantFrom('x', 'y');
const cells = fc
  .dictionary(column, fc.nat({ max: 2 }), { minKeys: 1 })
  .map((o) => new Map(Object.entries(o)));
const id = fc.constantFrom('a', 'b');
const wish = fc.oneof(
  fc.record({ do: fc.constant('local' as const), id, cells }),
  fc.record({
    do: fc.constant('apply' as const),
    device: fc.constantFrom(2, 3),
    late: fc.nat({ max: 9 }),
    id,
    cells,
    pass: fc.boolean(),
  }),
  fc.record({ do: fc.constant('seal' as const), count: fc.integer({ min: 1, max: 3 }), again: fc.boolean() }),
  fc.record({ do: fc.constant('sent' as const) }),
  fc.record({ do: fc.constant('acknowledged' as const) }),
  fc.record({ do: fc.constant('hold' as const), device: fc.constantFrom(2, 3), tries: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant('release' as const), device: fc.constantFrom(2, 3) }),
  fc.record({ do: fc.constant('head' as const), which: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('term' as const) }),
  fc.record({ do: fc.constant('joining' as const), state: fc.constantFrom('joining', 'confirmed') }),
);
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

/** The record a wish comes to, where the standing allows it. */
function recordFor(one: Wish, folded: Folded, logs: Map<number, OtherLog>): JournalRecord | null {
  const { standing } = folded;
  switch (one.do) {
    case 'local':
      return localRecord(
        [{ kind: 'put', table: 't', id: one.id, cells: one.cells }],
        folded.rows,
        standing,
        start,
      );
    case 'apply': {
      const device = asDeviceNumber(one.device);
      const log = logs.get(device) ?? new OtherLog(space.space, device);
      logs.set(device, log);
      const op: Op = { kind: 'put', table: 't', id: one.id, cells: one.cells, seen: new Map() };
      const run = log.run([[{ stamp: asStamp(Math.max(1, standing.clock + one.late - 4)), ops: [op] }]]);
      const passed = { kind: 'passed', reason: 'malformed', bytes: someBytes(one.late) } as const;
      return { kind: 'applied', heads: [], logs: [one.pass ? { ...run, entries: [passed] } : run] };
    }
    case 'seal': {
      const from = (one.again ? standing.ownLog.sent : (standing.ownLog.cursor?.size ?? 0)) + 1;
      const waiting = [
        ...standing.sealed.filter((item) => item.position >= from).flatMap((item) => item.locals),
        ...standing.outbox,
      ].slice(0, one.count);
      if (waiting.length === 0) return null;
      let frontier = emptyFrontier;
      for (let i = 0; i < from - 1 + waiting.length; i += 1)
        frontier = appendLeaf(frontier, leafHash(someBytes(i)));
      const entries = waiting.map((item, index) => {
        const packed = encodeBody([encode([1, []])]);
        const header = {
          format: 1,
          space: space.space,
          device: deviceA,
          position: from + index,
          schema: 0,
          epoch: 1,
          codec: 0 as const,
          size: packed.length,
          sealedSize: packed.length + 16,
        };
        return { entry: { header, nonce: someBytes(index, 12), packed }, through: item.position };
      });
      const after = { size: frontier.size, root: frontierRoot(frontier), frontier };
      return { kind: 'sealed', from, entries, after, head: someBytes(from, 70) };
    }
    case 'sent':
      return standing.ownLog.cursor
        ? { kind: 'sent', size: standing.ownLog.cursor.size, term: standing.term }
        : null;
    case 'acknowledged':
      return standing.ownLog.sent > 0
        ? { kind: 'acknowledged', size: standing.ownLog.sent, root: frontierRoot(emptyFrontier) }
        : null;
    case 'hold': {
      const log = asDeviceNumber(one.device);
      const position = (standing.cursors.get(log)?.size ?? 0) + 2;
      const evidence = one.tries > 1 ? someBytes(one.tries) : null;
      return { kind: 'held', log, position, reason: 'missing-key', since: start, tries: one.tries, evidence };
    }
    case 'release':
      return { kind: 'released', log: asDeviceNumber(one.device) };
    case 'head':
      return { kind: 'applied', heads: [heads[one.which] ?? someBytes(0)], logs: [] };
    case 'term':
      return { kind: 'term', term: standing.term + 1, tab: `tab ${standing.position}` };
    case 'joining':
      return { kind: 'joining', state: one.state, values: new Map([['at', start]]) };
  }
}

/** One that folds membership records as well, at once. */
async function readyFolded(standing: Standing): Promise<Folded> {
  const folded = new Folded(standing, new Rows(), async () => foldMembers);
  await folded.ready({ kind: 'members', from: 1, entries: [] });
  return folded;
}

property(
  'STORE-3: opened from a fold saved at any point and the rest of the journal, or from the journal alone: the same',
  300,
  fc.array(wish, { maxLength: 16 }),
  async (wishes) => {
    const writer = someBytes(8, 8);
    const journal: Uint8Array<ArrayBuffer>[] = [];
    const saved: Uint8Array<ArrayBuffer>[] = [];
    const folded = await readyFolded(emptyStanding(space.space));
    const logs = new Map<number, OtherLog>();
    const add = (record: JournalRecord | null): void => {
      if (record === null) return;
      folded.advance(record, folded.next(record), new ChangedRows());
      journal.push(encodeRecord(folded.standing.position, writer, record));
      saved.push(encodeStanding(folded.standing));
    };
    add({ kind: 'device', sign: space.a.sign, wrap: space.a.wrap });
    add({ kind: 'members', from: 1, entries: space.members });
    for (const one of wishes) add(recordFor(one, folded, logs));

    const read = journal.map((bytes, index) => decodeRecord(bytes, index + 1, space.space).record);
    const rowsOf = (some: Folded) => [...some.rows.above.scan('t')];
    const end = encodeStanding(folded.standing);
    const last = saved.at(-1);
    expect(decodeStanding(last ?? end, space.space)).toEqual(folded.standing);
    for (let cut = 0; cut <= journal.length; cut += 1) {
      const before = saved[cut - 1];
      const from = before ? decodeStanding(before, space.space) : emptyStanding(space.space);
      if (from === null) throw new TypeError('saved by this version');
      const opened = await readyFolded(from);
      for (const [index, record] of read.entries()) {
        if (index < cut) opened.replay(index + 1, record);
        else opened.advance(record, opened.next(record), new ChangedRows());
      }
      expect(compare(encodeStanding(opened.standing), end)).toBe(0);
      expect(opened.standing.device).toBe(folded.standing.device);
      expect(rowsOf(opened)).toEqual(rowsOf(folded));
      expect(opened.rows.movedSince(0, { rows: [], tables: ['t'] })).toBe(
        folded.rows.movedSince(0, { rows: [], tables: ['t'] }),
      );
    }
  },
);

test('a fold saved by another version of the code is passed over', () => {
  expect(decodeStanding(encode([savedVersion + 1, 1, 2, 3]), space.space)).toBeNull();
});

property(
  'TEST-8: a damaged saved fold is malformed or another standing, never a crash',
  3000,
  fc.nat(),
  fc.nat({ max: 255 }),
  (at, value) => {
    const folded = new Folded(emptyStanding(space.space));
    for (const record of [
      { kind: 'device', sign: space.a.sign, wrap: space.a.wrap } as const,
      { kind: 'term', term: 1, tab: 'x' } as const,
      { kind: 'joining', state: 'joining', values: new Map([['a', 1]]) } as const,
    ]) {
      folded.advance(record, folded.next(record), new ChangedRows());
    }
    const bytes = encodeStanding(folded.standing);
    bytes[at % bytes.length] = value;
    try {
      decodeStanding(bytes, space.space);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CairnError);
    }
  },
);
