import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError, type ErrorCode, type Failure } from '../../src/errors.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import type { HoldReason } from '../../src/model/hold.ts';
import {
  type DeviceFacts,
  deriveStatus,
  type Reason,
  type ReasonKind,
  type SyncFacts,
} from '../../src/model/sync-status.ts';
import { property } from '../property.ts';

const now = 1_700_000_000_000;
const failure = (code: ErrorCode): Failure => new CairnError(code, 'x').toFailure();

function device(number: number, changes: Partial<DeviceFacts> = {}): DeviceFacts {
  return {
    number: asDeviceNumber(number),
    memberName: 'Ann',
    deviceName: 'phone',
    role: 'writer',
    isThis: number === 1,
    cursor: 5,
    head: 5,
    lastHeard: now,
    hold: null,
    passed: 0,
    hasOurs: null,
    ...changes,
  };
}

/** All is well: compared, everything applied, nothing unsent. */
const well: SyncFacts = {
  unsent: 0,
  waits: null,
  online: true,
  syncing: false,
  comparedAt: now,
  lastError: null,
  nextTryAt: null,
  registered: true,
  join: null,
  relayUrl: 'https://relay.example',
  acknowledged: 5,
  devices: [device(1), device(2)],
  membershipHeld: false,
  clockOffset: 10,
  clockTolerance: 300_000,
  storage: { persisted: true, usage: 1, quota: 2, fault: null },
  rows: { live: 3, hidden: 1 },
};
const reasons = (changes: Partial<SyncFacts>): readonly Reason[] =>
  deriveStatus({ ...well, ...changes }).reasons;
const held = (reason: HoldReason): DeviceFacts =>
  device(2, { cursor: 4, head: 4, hold: { reason, position: 5, since: now } });

describe('one fact at a time', () => {
  test('APP-1: with everything applied, acknowledged and compared there is no reason', () => {
    expect(deriveStatus(well).reasons).toEqual([]);
    expect(deriveStatus(well).asOf).toBe(now);
  });

  test('APP-3, RELAY-14: changes that wait because our own log is held say so, and those beside another held log do not', () => {
    const hold = { reason: 'rollback', position: 5, since: now } as const;
    const why = (devices: readonly DeviceFacts[]): unknown =>
      reasons({ unsent: 3, devices }).find(({ kind }) => kind === 'unsent')?.values;
    expect(why([device(1, { isThis: true, hold }), device(2)])).toEqual({ count: 3, why: 'own-log-held' });
    expect(why([device(1, { isThis: true }), device(2, { hold })])).toEqual({ count: 3, why: null });
  });

  test.each<[ReasonKind, Partial<SyncFacts>, object]>([
    ['storage-lost', { storage: { ...well.storage, fault: 'lost' } }, {}],
    ['storage-lost', { lastError: failure('storage-lost') }, {}],
    ['storage-full', { storage: { ...well.storage, fault: 'full' } }, { usage: 1, quota: 2 }],
    ['storage-full', { lastError: failure('storage-full') }, { usage: 1, quota: 2 }],
    [
      'storage-broken',
      { storage: { ...well.storage, fault: { broken: 'storage-corrupt' } } },
      { code: 'storage-corrupt' },
    ],
    ['storage-broken', { lastError: failure('storage-unavailable') }, { code: 'storage-unavailable' }],
    ['storage-broken', { lastError: failure('not-secure') }, { code: 'not-secure' }],
    ['clock-wrong', { clockOffset: 300_001 }, { byMs: 300_001 }],
    ['clock-wrong', { clockOffset: -300_001 }, { byMs: -300_001 }],
    ['update-needed', { membershipHeld: true }, { devices: [], membership: true }],
    ['update-needed', { lastError: failure('newer-database') }, { devices: [], membership: false }],
    ['update-needed', { lastError: failure('newer-format') }, { devices: [], membership: false }],
    ['joining', { join: 'verifying' }, { step: 'verifying' }],
    ['joining', { join: 'catching-up' }, { step: 'catching-up' }],
    ['not-confirmed', { join: 'joined' }, {}],
    ['not-registered', { registered: false }, {}],
    ['never-synced', { comparedAt: null }, {}],
    ['held', { devices: [device(1), held('fork')] }, { device: 2, position: 5, reason: 'fork', since: now }],
    ['offline', { online: false }, {}],
    ['offline', { lastError: failure('offline') }, {}],
    ['rate-limited', { lastError: failure('rate-limited') }, { until: null }],
    ['relay-error', { lastError: failure('timeout') }, { code: 'timeout' }],
    ['relay-error', { lastError: failure('internal') }, { code: 'internal' }],
    ['relay-error', { lastError: failure('bad-signature') }, { code: 'bad-signature' }],
    ['syncing', { syncing: true }, {}],
    ['unsent', { unsent: 3 }, { count: 3, why: null }],
    ['unsent', { unsent: 3, waits: 'missing-key' }, { count: 3, why: 'missing-key' }],
    [
      'behind',
      { devices: [device(1), device(2, { head: 9 }), device(3, { head: 6 })] },
      { entries: 5, devices: [2, 3] },
    ],
  ])('APP-3: %s is there while its fact holds, with its values, and alone', (kind, changes, values) => {
    expect(reasons(changes)).toEqual([{ kind, values }]);
  });

  test('APP-3: an attempt that failed and waits says until when, beside what failed', () => {
    const failed = { lastError: failure('timeout'), nextTryAt: now + 30_000 };
    expect(reasons(failed)).toEqual([
      { kind: 'relay-error', values: { code: 'timeout' } },
      { kind: 'waiting', values: { until: now + 30_000 } },
    ]);
    expect(reasons({ ...failed, syncing: true }).map(({ kind }) => kind)).toEqual(['relay-error', 'syncing']);
    expect(reasons({ nextTryAt: now + 30_000 })).toEqual([]);
  });

  test('APP-3: an entry from a newer version is held, and says that an update is needed', () => {
    expect(reasons({ devices: [device(1), held('newer-schema')] })).toEqual([
      { kind: 'update-needed', values: { devices: [2], membership: false } },
      { kind: 'held', values: { device: 2, position: 5, reason: 'newer-schema', since: now } },
    ]);
  });

  test('a clock within the tolerance, or not measured, is not called wrong', () => {
    for (const clockOffset of [300_000, -300_000, 0, null]) expect(reasons({ clockOffset })).toEqual([]);
  });

  test('another tab that took over is no failure', () => {
    for (const code of ['moved', 'closed'] as const)
      expect(reasons({ lastError: failure(code) })).toEqual([]);
  });

  test('a join that is confirmed is no reason', () => {
    expect(reasons({ join: 'confirmed' })).toEqual([]);
  });
});

test('APP-3: reasons are a set: what holds at once is there at once', () => {
  const found = reasons({
    unsent: 2,
    online: false,
    comparedAt: null,
    registered: false,
    lastError: failure('offline'),
    nextTryAt: now + 1,
    devices: [device(1), held('clock-ahead'), device(3, { head: 7 })],
    clockOffset: 999_999,
    storage: { ...well.storage, fault: 'full' },
  });
  expect(found.map(({ kind }) => kind)).toEqual([
    'storage-full',
    'clock-wrong',
    'not-registered',
    'never-synced',
    'held',
    'offline',
    'waiting',
    'unsent',
    'behind',
  ]);
});

describe('devices', () => {
  test('APP-2: the lag is what the head names and the cursor lacks, and unknown while no head is known', () => {
    const { devices } = deriveStatus({
      ...well,
      devices: [
        device(1),
        device(2, { head: 8 }),
        device(3, { head: null, cursor: 0 }),
        device(4, { head: 3 }),
      ],
    });
    expect(devices.map(({ lag }) => lag)).toEqual([0, 3, null, 0]);
  });

  test('APP-8: what is not known stays null', () => {
    const unknown = deriveStatus({
      ...well,
      comparedAt: null,
      acknowledged: null,
      rows: null,
      storage: { persisted: null, usage: null, quota: null, fault: null },
      devices: [
        device(2, { memberName: null, deviceName: null, head: null, lastHeard: null, hasOurs: null }),
      ],
    });
    expect(unknown).toMatchObject({
      asOf: null,
      rows: null,
      relay: { acknowledged: null },
      storage: { persisted: null, usage: null, quota: null },
      devices: [
        { memberName: null, deviceName: null, head: null, lag: null, lastHeard: null, hasOurs: null },
      ],
    });
    expect(unknown.storage).not.toHaveProperty('fault');
  });
});

const codes: readonly ErrorCode[] = [
  'offline',
  'timeout',
  'bad-answer',
  'rate-limited',
  'storage-full',
  'newer-format',
  'internal',
  'moved',
  'unknown-space',
  'token-time',
];
const holds: readonly HoldReason[] = [
  'fork',
  'rollback',
  'unauthorized',
  'missing-key',
  'newer-schema',
  'clock-ahead',
  'unavailable',
  'pruned',
  'disagrees',
];
const anyDevice = fc.tuple(fc.nat(3), fc.option(fc.nat(3)), fc.option(fc.constantFrom(...holds)));
const anyFacts: fc.Arbitrary<SyncFacts> = fc
  .record({
    unsent: fc.constantFrom(0, 0, 0, 2),
    waits: fc.constantFrom(null, 'missing-key' as const),
    online: fc.constantFrom(true, true, true, false),
    syncing: fc.constantFrom(false, false, true),
    comparedAt: fc.option(fc.constant(now), { freq: 4 }),
    lastError: fc.option(fc.constantFrom(...codes).map(failure), { freq: 1 }),
    nextTryAt: fc.option(fc.constant(now + 1)),
    registered: fc.constantFrom(true, true, true, false),
    join: fc.constantFrom<SyncFacts['join']>(null, 'confirmed', 'joined', 'joining'),
    membershipHeld: fc.constantFrom(false, false, false, true),
    clockOffset: fc.constantFrom(null, 0, 400_000),
    states: fc.array(anyDevice, { maxLength: 3 }),
  })
  .map(({ states, ...facts }) => ({
    ...well,
    ...facts,
    devices: states.map(([cursor, head, hold], index) =>
      device(index + 1, {
        cursor,
        head,
        hold: hold === null ? null : { reason: hold, position: cursor + 1, since: now },
      }),
    ),
  }));

property(
  'APP-1: no reason is left out: none at all means compared, acknowledged, applied up to every head and nothing held',
  20_000,
  anyFacts,
  (facts) => {
    const status = deriveStatus(facts);
    const upToDate =
      facts.comparedAt !== null &&
      facts.unsent === 0 &&
      facts.registered &&
      facts.online &&
      !facts.syncing &&
      !facts.membershipHeld &&
      (facts.join === null || facts.join === 'confirmed') &&
      (facts.lastError === null || facts.lastError.code === 'moved') &&
      facts.clockOffset !== 400_000 &&
      facts.devices.every(({ cursor, head, hold }) => hold === null && (head === null || head <= cursor));
    expect(status.reasons.length === 0).toBe(upToDate);
    const keys = status.reasons.map((reason) => JSON.stringify(reason));
    expect(new Set(keys).size).toBe(keys.length);
  },
);
