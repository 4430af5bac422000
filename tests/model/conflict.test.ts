import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp, type Version } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { type ConflictRecord, confirmedConflicts, foldConflicts } from '../../src/model/conflict.ts';
import { mergeOp } from '../../src/model/merge.ts';
import type { RowState } from '../../src/model/row.ts';
import { property } from '../property.ts';

const me = asDeviceNumber(1);
const at = (stamp: number, device: number): Version => ({
  stamp: asStamp(stamp),
  device: asDeviceNumber(device),
});

/** A write of one cell, which had replaced `saw`. */
interface Write {
  readonly value: CborValue;
  readonly version: Version;
  readonly saw?: Version | undefined;
  readonly id?: string;
}

const opOf = ({ value, saw, id = 'r' }: Write): Op => ({
  kind: 'put',
  table: 't',
  id,
  cells: new Map([['c', value]]),
  seen: saw === undefined ? new Map() : new Map([['c', saw]]),
});

/** The records of device 1 after these writes arrived in this order. */
function arrive(...writes: readonly Write[]): readonly ConflictRecord[] {
  const rows = new Map<string, RowState>();
  let records: readonly ConflictRecord[] = [];
  for (const write of writes) {
    const op = opOf(write);
    records = foldConflicts(records, rows.get(op.id), op, write.version, me);
    rows.set(op.id, mergeOp(rows.get(op.id), op, write.version));
  }
  return records;
}

const mine: Write = { value: 'mine', version: at(10, 1) };

describe('a lost write of our own', () => {
  test('MRG-11: is recorded when the winner had not seen it', () => {
    const winner: Write = { value: 'theirs', version: at(20, 2) };
    expect(arrive(mine, winner)).toEqual([
      {
        table: 't',
        id: 'r',
        column: 'c',
        value: 'mine',
        ours: mine.version,
        winner: winner.version,
        awaits: null,
        links: [],
      },
    ]);
  });

  test('MRG-11: is recorded when the winner had seen only an older value', () => {
    expect(
      confirmedConflicts(arrive(mine, { value: 'theirs', version: at(20, 2), saw: at(9, 2) })),
    ).toHaveLength(1);
    const again: Write = { value: 'mine again', version: at(15, 1), saw: mine.version };
    const [record] = arrive(mine, again, { value: 'theirs', version: at(20, 2), saw: mine.version });
    expect(record.value).toBe('mine again');
  });

  test('MRG-11: makes no record when the winner replaced it after seeing it', () => {
    expect(arrive(mine, { value: 'theirs', version: at(20, 2), saw: mine.version })).toEqual([]);
  });

  test('MRG-11: makes no record when the other write loses, has the same value, or is of another cell or row', () => {
    expect(arrive(mine, { value: 'theirs', version: at(9, 2) })).toEqual([]);
    expect(arrive(mine, { value: 'mine', version: at(20, 2) })).toEqual([]);
    expect(arrive(mine, { value: 'theirs', version: at(20, 2), id: 'other' })).toEqual([]);
  });

  test('MRG-11: a write of another person that loses makes none here, and neither does our own later one', () => {
    const theirs: Write = { value: 'theirs', version: at(10, 2) };
    expect(arrive(theirs, { value: 'other', version: at(20, 3) })).toEqual([]);
    expect(arrive(mine, { value: 'mine again', version: at(20, 1) })).toEqual([]);
    expect(
      foldConflicts([], mergeOp(undefined, opOf(mine), mine.version), opOf(theirs), at(20, 2), null),
    ).toEqual([]);
  });

  test('MRG-11: is settled when we write the cell again after seeing the winner', () => {
    const winner: Write = { value: 'theirs', version: at(20, 2) };
    expect(arrive(mine, winner, { value: 'mine', version: at(30, 1), saw: winner.version })).toEqual([]);
    expect(arrive(mine, winner, { value: 'x', version: at(30, 1), id: 'other' })).toHaveLength(1);
  });

  test('MRG-11: deletes and restores lose no cell and settle none', () => {
    const records = arrive(mine, { value: 'theirs', version: at(20, 2) });
    const row = mergeOp(undefined, opOf(mine), mine.version);
    for (const kind of ['delete', 'restore'] as const) {
      expect(foldConflicts(records, row, { kind, table: 't', id: 'r' }, at(30, 1), me)).toBe(records);
    }
  });
});

describe('a winner that had seen a write which is not here yet', () => {
  const between: Write = { value: 'between', version: at(15, 3) };
  const winner: Write = { value: 'theirs', version: at(20, 2), saw: between.version };

  test('MRG-11: is no conflict until that write tells whether it had seen ours', () => {
    const waiting = arrive(mine, winner);
    expect(waiting).toHaveLength(1);
    expect(confirmedConflicts(waiting)).toEqual([]);
    expect(arrive(mine, winner, { ...between, saw: mine.version })).toEqual([]);
    expect(confirmedConflicts(arrive(mine, winner, between))).toHaveLength(1);
  });

  test('MRG-11: waits on along a chain of such writes', () => {
    const first: Write = { value: 'first', version: at(12, 4) };
    const waiting = arrive(mine, winner, { ...between, saw: first.version });
    expect(waiting[0].awaits).toEqual(first.version);
    expect(confirmedConflicts(arrive(mine, winner, { ...between, saw: first.version }, first))).toHaveLength(
      1,
    );
    expect(arrive(mine, winner, { ...between, saw: first.version }, { ...first, saw: mine.version })).toEqual(
      [],
    );
  });
});

/**
 * Device 1 writes; others write after it, each replacing a value it could see: its own last one or a later one. Their
 * logs arrive here in any interleaving, each in order.
 */
const graphs = fc.array(
  fc.record({ device: fc.integer({ min: 2, max: 5 }), saw: fc.nat(9), arrives: fc.nat(99) }),
  {
    minLength: 1,
    maxLength: 7,
  },
);

function history(steps: readonly { device: number; saw: number }[]): Write[] {
  const writes: Write[] = [];
  for (const [index, { device, saw }] of steps.entries()) {
    const version = at(11 + index, device);
    const last = writes.findLastIndex((write) => write.version.device === version.device);
    const visible = last < 0 ? [undefined, mine, ...writes] : writes.slice(last);
    writes.push({ value: `w${index}`, version, saw: visible[saw % visible.length]?.version });
  }
  return writes;
}

/** The writes in order of arrival: logs interleaved, each in its own order. */
function interleaved(writes: readonly Write[], arrives: readonly number[]): Write[] {
  const latest = new Map<number, number>();
  const keyed = writes.map((write, index) => {
    const at = Math.max(arrives[index], latest.get(write.version.device) ?? 0);
    latest.set(write.version.device, at);
    return { write, at, index };
  });
  return keyed.sort((a, b) => a.at - b.at || a.index - b.index).map(({ write }) => write);
}

property(
  'MRG-11: when all is here, a record is there exactly if the write that took our place had not seen it, by any way',
  10_000,
  graphs,
  (steps) => {
    const writes = history(steps);
    const sawMine = ({ saw }: Write): boolean =>
      saw === mine.version || writes.some((write) => write.version === saw && sawMine(write));
    const arriving = interleaved(
      writes,
      steps.map(({ arrives }) => arrives),
    );
    const records = arrive(mine, ...arriving);
    // Every write of theirs is later than ours, so the first to arrive took its place.
    expect(records).toHaveLength(sawMine(arriving[0]) ? 0 : 1);
    expect(confirmedConflicts(records)).toEqual(records);
  },
);

test('MRG-11: records are bounded, and the oldest goes first', () => {
  const writes: Write[] = [];
  for (let index = 0; index < limits.conflicts + 3; index++) {
    writes.push({ ...mine, id: `r${index}` }, { value: 'theirs', version: at(20, 2), id: `r${index}` });
  }
  const records = arrive(...writes);
  expect(records).toHaveLength(limits.conflicts);
  expect(records[0].id).toBe('r3');
  expect(records.at(-1)?.id).toBe(`r${limits.conflicts + 2}`);
});
