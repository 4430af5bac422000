import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/format/cbor.ts';
import type { Activity } from '../../src/model/activity.ts';
import { type ActivityLog, activityLimits, added, emptyLog } from '../../src/model/activity-log.ts';
import { decodeActivityLog, encodeActivityLog } from '../../src/store/activity-bytes.ts';
import { property } from '../property.ts';

const most = Number.MAX_SAFE_INTEGER;
/** One of each kind, as large as it may be. */
const each: readonly Activity[] = [
  { at: most, kind: 'opened', schema: most, before: most },
  { at: most, kind: 'opened', schema: 0, before: null },
  { at: most, kind: 'log-began', devices: 1024 },
  { at: most, kind: 'log-damaged' },
  { at: most, kind: 'began', trouble: { of: 'sync', code: 'transaction-too-large' }, asOf: null },
  { at: most, kind: 'began', trouble: { of: 'clock', byMs: -most }, asOf: most },
  { at: most, kind: 'began', trouble: { of: 'sending', why: 'membership-held' }, asOf: most },
  { at: most, kind: 'began', trouble: { of: 'version' }, asOf: most },
  {
    at: most,
    kind: 'began',
    trouble: { of: 'device', device: most, reason: 'unauthorized', position: most },
    asOf: most,
  },
  { at: most, kind: 'ended', trouble: { of: 'version' }, since: most },
  { at: most, kind: 'began', trouble: { of: 'storage', code: 'storage-unavailable' }, asOf: most },
  { at: most, kind: 'took-over' },
  { at: most, kind: 'received', device: most, entries: most, until: most },
  { at: most, kind: 'sent', entries: most, until: most },
  { at: most, kind: 'joined', device: most },
  { at: most, kind: 'invited', role: 'writer', uses: most },
  { at: most, kind: 'reopened' },
  { at: most, kind: 'closed' },
];
const log = each.reduce(added, emptyLog);
const bytes = encodeActivityLog(log);

test('APP-14: a log is read back as it was written, what it told included', () => {
  expect(log.lines).toHaveLength(each.length);
  expect(log.told.troubles.size).toBe(5);
  expect(decodeActivityLog(bytes, 0)).toEqual(log);
  expect(decodeActivityLog(null, 0)).toEqual(emptyLog);
});

test('APP-14: a full log is at most 48 KiB, whatever is in it', () => {
  for (const line of each) {
    const lines = Array.from({ length: activityLimits.lines }, () => line);
    expect(encodeActivityLog({ told: log.told, lines }).length).toBeLessThanOrEqual(48 * 1024);
  }
});

test('APP-14: what is damaged is gone, one line says so, and the log goes on', () => {
  const gone: ActivityLog = { ...emptyLog, lines: [{ at: 7, kind: 'log-damaged' }] };
  const line = (...values: readonly (string | number | null)[]) =>
    encode([1, [0, null, []], [[1, ...values]]]);
  for (const damaged of [
    new Uint8Array(0),
    bytes.slice(0, -1),
    new Uint8Array([...bytes, 0]),
    encode('a log'),
    encode([0, [0, null, []], []]),
    line('words'),
    line('sent', 1),
    line('sent', 1, 2, 3),
    line('sent', 1, -1),
    line('sent', 'secret', 1),
    line('invited', 'owner', 1),
    encode([1, [0, null, []], [[1, 'began', ['sync', 'https://relay.test/#join=SECRET'], null]]]),
    encode([1, [0, null, []], Array.from({ length: activityLimits.lines + 1 }, () => [1, 'closed'])]),
  ])
    expect(decodeActivityLog(damaged, 7)).toEqual(gone);
  expect(added(gone, { at: 8, kind: 'log-began', devices: 2 }).lines).toHaveLength(2);
});

property(
  'APP-14: any byte of a log may be another one, and it is read as some log or as damaged',
  500,
  fc.nat(bytes.length - 1),
  fc.integer({ min: 1, max: 255 }),
  (index, flip) => {
    const damaged = bytes.slice();
    damaged[index] = (damaged[index] ?? 0) ^ flip;
    const read = decodeActivityLog(damaged, 7);
    // Whatever is read can be written, so it is made of numbers and codes.
    if (read !== null) encodeActivityLog(read);
  },
);

test('APP-14: a log of a newer build is left alone', () => {
  expect(decodeActivityLog(encode([2, 'what', 'ever']), 0)).toBeNull();
});
