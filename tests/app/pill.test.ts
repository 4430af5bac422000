import { expect, test } from 'vitest';
import { lagWords, passedWords } from '../../src/app/device-words.ts';
import { conflictWords, pillOf } from '../../src/app/pill.ts';
import { keepersOf } from '../../src/app/who-has.ts';
import { reasonOrder } from '../../src/app/words.ts';
import type { DeviceStatus, Reason, SpaceStatus } from '../../src/client/index.ts';
import { deviceNumber } from './device-number.ts';

const noon = Date.parse('2026-11-21T12:00:00');
const scene = { place: 'this computer', who: (device: number) => `device ${device}` } as const;

const quiet: SpaceStatus = {
  unsent: 0,
  reasons: [],
  asOf: noon,
  lastError: null,
  nextTryAt: null,
  devices: [],
  relay: { url: 'https://relay.example', acknowledged: 4 },
  storage: { persisted: null, usage: null, quota: null },
  rows: null,
};

const device = (number: number, more: Partial<DeviceStatus>): DeviceStatus => ({
  number: deviceNumber(number),
  memberName: 'Ben',
  deviceName: 'phone',
  role: 'writer',
  isThis: false,
  cursor: 0,
  head: null,
  lag: null,
  lastHeard: null,
  hold: null,
  passed: 0,
  hasOurs: null,
  ...more,
});

test('APP-1: up to date is said only without any reason, with nothing unsent, and as of a time', () => {
  expect(pillOf(quiet, scene, noon)).toMatchObject({
    word: 'Up to date',
    tone: 'quiet',
    shape: 'stack',
    number: null,
  });
  expect(pillOf(quiet, scene, noon).asOf).toMatch(/^as of .*12:00/);
  for (const status of [
    { ...quiet, asOf: null },
    { ...quiet, unsent: 1 },
    { ...quiet, reasons: [{ kind: 'syncing', values: {} }] },
  ] satisfies SpaceStatus[]) {
    const pill = pillOf(status, scene, noon);
    expect(pill.word).not.toBe('Up to date');
    expect(pill.tone).not.toBe('quiet');
    expect(pill.asOf).toBeNull();
  }
});

test('APP-3: the pill shows the gravest of several reasons, whatever their order', () => {
  const reasons: readonly Reason[] = [
    { kind: 'unsent', values: { count: 3, why: null } },
    { kind: 'offline', values: {} },
    { kind: 'storage-full', values: { usage: null, quota: null } },
  ];
  for (const order of [reasons, [...reasons].reverse()]) {
    expect(pillOf({ ...quiet, unsent: 3, reasons: order }, scene, noon)).toMatchObject({
      word: 'Storage full',
      tone: 'trouble',
      number: 3,
    });
  }
  expect(reasonOrder.indexOf('offline')).toBeLessThan(reasonOrder.indexOf('unsent'));
});

test('APP-12: what is read out is the state and the number of changes only here, each once', () => {
  const only = {
    ...quiet,
    unsent: 3,
    reasons: [{ kind: 'unsent', values: { count: 3, why: null } }],
  } satisfies SpaceStatus;
  expect(pillOf(only, scene, noon).sentence).toBe('Saved here. 3 changes only on this computer.');
  const offline = {
    ...only,
    reasons: [{ kind: 'offline', values: {} }, ...only.reasons],
  } satisfies SpaceStatus;
  expect(pillOf(offline, scene, noon).sentence).toBe(
    'Offline. There is no connection to the server. 3 changes only on this computer.',
  );
});

test('MRG-11, APP-12: values that were changed by two at once are said with their number, and nothing of none', () => {
  expect(conflictWords(0)).toBe('');
  expect(conflictWords(1)).toBe(' 1 value was changed by two at once.');
  expect(conflictWords(3)).toBe(' 3 values were changed by two at once.');
});

test('APP-2: who has our changes follows from acknowledged sizes alone', () => {
  const self = device(1, { isThis: true, head: 10, cursor: 10 });
  const status = (unsent: number, acknowledged: number | null, hasOurs: number | null): SpaceStatus => ({
    ...quiet,
    unsent,
    relay: { url: '', acknowledged },
    devices: [self, device(2, { hasOurs })],
  });
  const [relay, ben] = keepersOf(status(0, 10, 7));
  expect(relay).toEqual({ where: 'On the server', what: 'all of your changes', hasAll: true });
  expect(ben).toEqual({ where: 'On Ben’s phone', what: '7 of 10 of what you sent', hasAll: false });
  expect(keepersOf(status(2, 10, 10)).map(({ hasAll }) => hasAll)).toEqual([false, false]);
  expect(keepersOf(status(2, 10, 10))[0]?.what).toBe('all but the 2 changes only here');
});

test('APP-2, RELAY-14: a server that has lost some of our changes is never said to have them', () => {
  const hold = { position: 3, reason: 'rollback', since: noon } as const;
  const self = device(1, { isThis: true, head: 10, cursor: 10, hold });
  const status = {
    ...quiet,
    relay: { url: '', acknowledged: 10 },
    devices: [self, device(2, { hasOurs: 10 })],
  };
  const [relay, ben] = keepersOf(status);
  expect(relay).toEqual({
    where: 'On the server',
    what: 'The server has lost some of what it had',
    hasAll: false,
  });
  expect(ben).toMatchObject({ what: 'all of your changes', hasAll: true });
});

test('APP-8: what is not known about who has our changes is said as not known, never as zero', () => {
  const self = device(1, { isThis: true, head: 10 });
  const unknown = { ...quiet, relay: { url: '', acknowledged: null }, devices: [self, device(2, {})] };
  expect(keepersOf(unknown).map(({ what, hasAll }) => [what, hasAll])).toEqual([
    ['not known', false],
    ['not known', false],
  ]);
});

test('APP-1: what nobody can read is named beside "Up to date", for each device that sent it', () => {
  const devices = [device(1, { isThis: true }), device(2, { passed: 1 }), device(3, { passed: 2 })];
  expect(pillOf(quiet, scene, noon).sentence).toMatch(/12:00\.$/);
  expect(pillOf({ ...quiet, devices }, scene, noon)).toMatchObject({ word: 'Up to date' });
  expect(pillOf({ ...quiet, devices }, scene, noon).sentence).toMatch(
    /12:00\. 3 batches of changes are left out\.$/,
  );
  expect(passedWords(devices).map(({ means }) => means)).toEqual([
    '1 batch of changes of Ben’s phone cannot be read by anyone and is left out.',
    '2 batches of changes of Ben’s phone cannot be read by anyone and are left out.',
  ]);
  expect(passedWords([device(1, {})])).toEqual([]);
});

test('APP-2, APP-8: a device is said to be all here only if nothing of it is to come, held or unknown', () => {
  const hold = { reason: 'unavailable', position: 5, since: noon } as const;
  expect(lagWords({ lag: 0, hold: null, passed: 0 })).toBe('all here');
  expect(lagWords({ lag: 1, hold: null, passed: 0 })).toBe('1 batch to come');
  expect(lagWords({ lag: 3, hold, passed: 0 })).toBe('3 batches to come');
  expect(lagWords({ lag: 0, hold, passed: 0 })).toBe('held');
  expect(lagWords({ lag: 0, hold: null, passed: 1 })).toBe('all but 1 batch here');
  expect(lagWords({ lag: null, hold: null, passed: 0 })).toBe('not known yet');
});
