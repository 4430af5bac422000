import { describe, expect, test } from 'vitest';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import {
  type Activity,
  type Happening,
  happenings,
  nothingTold,
  type Sight,
  type Told,
  toldAfter,
} from '../../src/model/activity.ts';
import { activityLimits, added, emptyLog } from '../../src/model/activity-log.ts';
import { deriveStatus, type SpaceStatus, type SyncFacts } from '../../src/model/sync-status.ts';

const failure = (code: NonNullable<SyncFacts['lastError']>['code']): SyncFacts['lastError'] => ({
  code,
  message: 'https://relay.test/#join=SECRET',
  values: {},
});

/** A device of the space; 1 is this one. */
function device(number: number, changes: Partial<SyncFacts['devices'][number]> = {}) {
  return {
    number: asDeviceNumber(number),
    memberName: 'Ada',
    deviceName: 'phone',
    role: 'writer',
    isThis: number === 1,
    cursor: 0,
    head: null,
    lastHeard: null,
    hold: null,
    passed: 0,
    hasOurs: null,
    ...changes,
  } as const;
}

/** Two devices, in touch with the relay, everything compared at 100. */
function status(changes: Partial<SyncFacts> = {}): SpaceStatus {
  return deriveStatus({
    unsent: 0,
    waits: null,
    online: true,
    syncing: false,
    comparedAt: 100,
    lastError: null,
    nextTryAt: null,
    registered: true,
    join: null,
    relayUrl: 'https://relay.test',
    acknowledged: 3,
    devices: [device(1), device(2, { cursor: 5 })],
    membershipHeld: false,
    clockOffset: 0,
    clockTolerance: 300_000,
    storage: { persisted: true, usage: 1, quota: 2, fault: null },
    rows: null,
    ...changes,
  });
}

const told: Told = { ...nothingTold, devices: 2 };
const hold = (reason: 'fork' | 'rollback') => ({ reason, position: 6, since: 90 }) as const;
const held = [device(1), device(2, { cursor: 5, hold: hold('fork') })];

function seen(now: SpaceStatus, before: SpaceStatus = status(), sight: Partial<Sight> = {}): Sight {
  return { before, now, openedAsOf: 50, leads: true, ...sight };
}

/** What is told after these statuses, one after the other, all seen at `at`. */
function toldAfterAll(...statuses: readonly SpaceStatus[]): Told {
  let result = told;
  let before = status();
  for (const now of statuses) {
    for (const one of happenings(result, seen(now, before))) result = toldAfter(result, { ...one, at: 200 });
    before = now;
  }
  return result;
}

const syncFails: Happening = { kind: 'began', trouble: { of: 'sync', code: 'offline' }, asOf: 100 };

describe('what follows from a status before and a status after', () => {
  const began = (trouble: Extract<Happening, { kind: 'began' }>['trouble'], asOf: number | null = 100) => [
    { kind: 'began', trouble, asOf },
  ];
  const ended = (trouble: Extract<Happening, { kind: 'ended' }>['trouble']) => [
    { kind: 'ended', trouble, since: 200 },
  ];
  const cycle = { comparedAt: 300 };
  const rows: readonly (readonly [string, Partial<SyncFacts>, Partial<SyncFacts>, readonly unknown[]])[] = [
    ['nothing new', {}, {}, []],
    ['another comparison without news', {}, cycle, []],
    ['the network goes', {}, { online: false }, began({ of: 'sync', code: 'offline' })],
    [
      'the network goes on, and another try fails',
      { online: false },
      { online: false, lastError: failure('offline') },
      [],
    ],
    [
      'a cycle fails',
      {},
      { lastError: failure('timeout'), nextTryAt: 9 },
      began({ of: 'sync', code: 'timeout' }),
    ],
    [
      'it fails for another reason',
      { lastError: failure('timeout') },
      { lastError: failure('forbidden') },
      began({ of: 'sync', code: 'forbidden' }),
    ],
    [
      'the relay asks for less',
      {},
      { lastError: failure('rate-limited') },
      began({ of: 'sync', code: 'rate-limited' }),
    ],
    ['the network is back, and nothing was compared yet', { online: false }, { online: true }, []],
    [
      'a cycle has compared and goes on',
      { lastError: failure('timeout') },
      { ...cycle, lastError: failure('timeout'), syncing: true },
      [],
    ],
    ['a cycle got through', { lastError: failure('timeout') }, cycle, ended({ of: 'sync', code: 'timeout' })],
    ['a failed cycle that another tab moved', {}, { lastError: failure('moved') }, []],
    ['a hold comes', {}, { devices: held }, began({ of: 'device', device: 2, reason: 'fork', position: 6 })],
    [
      'a hold comes in the middle of a cycle',
      {},
      { devices: held, syncing: true },
      began({ of: 'device', device: 2, reason: 'fork', position: 6 }),
    ],
    [
      'a hold has another reason',
      { devices: held },
      { devices: [device(1), device(2, { cursor: 5, hold: hold('rollback') })] },
      began({ of: 'device', device: 2, reason: 'rollback', position: 6 }),
    ],
    ['a hold stays', { devices: held }, { ...cycle, devices: held }, []],
    ['a hold goes', { devices: held }, {}, ended({ of: 'device', device: 2, reason: 'fork', position: 6 })],
    [
      'the disk is full',
      {},
      { storage: { persisted: null, usage: 1, quota: 1, fault: 'full' } },
      began({ of: 'storage', code: 'storage-full' }),
    ],
    [
      'there is room again',
      { storage: { persisted: null, usage: 1, quota: 1, fault: 'full' } },
      {},
      ended({ of: 'storage', code: 'storage-full' }),
    ],
    [
      'storage is lost',
      {},
      { lastError: failure('storage-lost') },
      began({ of: 'storage', code: 'storage-lost' }),
    ],
    [
      'storage is broken',
      {},
      { storage: { persisted: null, usage: null, quota: null, fault: { broken: 'storage-corrupt' } } },
      began({ of: 'storage', code: 'storage-corrupt' }),
    ],
    ['our clock is wrong', {}, { clockOffset: -600_000.4 }, began({ of: 'clock', byMs: -600_000 })],
    ['it goes on being wrong by less', { clockOffset: 600_000 }, { ...cycle, clockOffset: 500_000 }, []],
    ['our clock is right', { clockOffset: 600_000 }, cycle, ended({ of: 'clock', byMs: 600_000 })],
    [
      'changes can’t be sent',
      { unsent: 2 },
      { unsent: 2, waits: 'missing-key' },
      began({ of: 'sending', why: 'missing-key' }),
    ],
    ['changes wait for nothing but time', {}, { unsent: 2 }, []],
    [
      'they can be sent',
      { unsent: 2, waits: 'missing-key' },
      { ...cycle, unsent: 2 },
      ended({ of: 'sending', why: 'missing-key' }),
    ],
    ['a newer version is needed', {}, { membershipHeld: true }, began({ of: 'version' })],
    ['a newer version was needed', { membershipHeld: true }, cycle, ended({ of: 'version' })],
    [
      'entries have come',
      {},
      { devices: [device(1), device(2, { cursor: 9 })] },
      [{ kind: 'received', device: 2, entries: 4, until: 0 }],
    ],
    ['our own log was adopted', {}, { devices: [device(1, { cursor: 9 }), device(2, { cursor: 5 })] }, []],
    ['entries were taken', {}, { acknowledged: 5 }, [{ kind: 'sent', entries: 2, until: 0 }]],
    [
      'a device was added',
      {},
      { devices: [device(1), device(2, { cursor: 5 }), device(3)] },
      [{ kind: 'joined', device: 3 }],
    ],
  ];

  test.each(rows)('APP-14: %s', (_what, first, second, expected) => {
    const before = status(first);
    const now = status(second);
    expect(happenings(toldAfterAll(before), seen(now, before))).toEqual(expected);
  });

  test.each(rows)('APP-14: told once, it is not told again: %s', (_what, first, second) => {
    const now = status(second);
    expect(happenings(toldAfterAll(status(first), now), seen(now, now))).toEqual([]);
  });

  test('APP-14: a log that begins tells of the devices that are there, once', () => {
    expect(happenings(nothingTold, seen(status()))).toEqual([{ kind: 'log-began', devices: 2 }]);
  });

  test('APP-14: after a restart what went on is not told again, and ends only when this session has compared', () => {
    const failing = toldAfterAll(status({ online: false }));
    // As a session opens: nothing failed yet, and what was compared last is what was known.
    const opened = { openedAsOf: 100 };
    expect(happenings(failing, seen(status(), status(), opened))).toEqual([]);
    expect(happenings(failing, seen(status({ online: false }), status(), opened))).toEqual([]);
    expect(happenings(failing, seen(status(cycle), status(), opened))).toEqual(
      ended({ of: 'sync', code: 'offline' }),
    );
  });

  test('APP-14: a tab that does not sync tells of its storage alone', () => {
    const now = status({
      online: false,
      devices: held,
      acknowledged: 9,
      storage: { persisted: null, usage: null, quota: null, fault: 'full' },
    });
    expect(happenings(nothingTold, seen(now, status(), { leads: false }))).toEqual([
      { kind: 'began', trouble: { of: 'storage', code: 'storage-full' }, asOf: 100 },
    ]);
  });

  test('APP-14: what another build calls an error is no code of ours, and none is kept as it came', () => {
    const lastError = { code: 'secret-words' as 'offline', message: 'words', values: { words: 'words' } };
    expect(happenings(told, seen(status({ lastError })))).toEqual(began({ of: 'sync', code: 'internal' }));
  });
});

describe('the log', () => {
  const log = (...lines: readonly Activity[]) => lines.reduce(added, emptyLog);

  test('APP-14: it holds so many lines, the oldest goes first, and what it told stays told', () => {
    const many = Array.from(
      { length: 2 * activityLimits.lines },
      (_, index): Activity => ({ kind: 'closed', at: index }),
    );
    const { lines, told } = log({ kind: 'log-began', devices: 7, at: 0 }, { ...syncFails, at: 0 }, ...many);
    expect(lines).toHaveLength(activityLimits.lines);
    expect(lines[0]).toEqual({ kind: 'closed', at: activityLimits.lines });
    expect(told.devices).toBe(7);
    expect([...told.troubles.keys()]).toEqual(['sync']);
  });

  test('APP-14: what two tabs tell is there once', () => {
    const first = log({ kind: 'log-began', devices: 2, at: 1 }, { ...syncFails, at: 1 });
    expect(added(first, { ...syncFails, at: 2 })).toBe(first);
    expect(added(first, { kind: 'joined', device: 2, at: 2 })).toBe(first);
    expect(added(first, { kind: 'ended', trouble: { of: 'version' }, since: 0, at: 2 })).toBe(first);
  });

  test('APP-14: a run of cycles is one line for each device and one for what was sent, until something else happens or ten minutes', () => {
    const received = (device: number, entries: number, at: number): Activity => ({
      kind: 'received',
      device,
      entries,
      until: at,
      at,
    });
    const sent = (entries: number, at: number): Activity => ({ kind: 'sent', entries, until: at, at });
    const late = activityLimits.gatherMs;
    const { lines } = log(
      received(2, 1, 0),
      sent(1, 1),
      received(3, 1, 2),
      received(2, 4, 3),
      sent(2, late + 1),
      sent(1, late + 2),
      { kind: 'took-over', at: late + 3 },
      sent(1, late + 4),
    );
    expect(lines).toEqual([
      { ...received(2, 5, 0), until: 3 },
      { ...sent(3, 1), until: late + 1 },
      received(3, 1, 2),
      sent(1, late + 2),
      { kind: 'took-over', at: late + 3 },
      sent(1, late + 4),
    ]);
  });
});
