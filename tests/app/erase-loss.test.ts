import { expect, test } from 'vitest';
import { eraseLosses } from '../../src/app/erase-loss.ts';
import type { DeviceStatus, SpaceStatus } from '../../src/client/index.ts';
import { deviceNumber } from './device-number.ts';

type Part = Pick<DeviceStatus, 'isThis' | 'role'>;
const admin: Part = { isThis: true, role: 'admin' };
const writer: Part = { isThis: true, role: 'writer' };
const other = (role: DeviceStatus['role']): Part => ({ isThis: false, role });

function losses(unsent: number, parts: readonly Part[]): readonly string[] {
  const devices = parts.map(
    (part, index): DeviceStatus => ({
      number: deviceNumber(index + 1),
      memberName: null,
      deviceName: null,
      cursor: 0,
      head: null,
      lag: null,
      lastHeard: null,
      hold: null,
      passed: 0,
      hasOurs: null,
      ...part,
    }),
  );
  const status: SpaceStatus = {
    unsent,
    reasons: [],
    asOf: 0,
    lastError: null,
    nextTryAt: null,
    devices,
    relay: { url: '', acknowledged: 0 },
    storage: { persisted: null, usage: null, quota: null },
    rows: null,
  };
  return eraseLosses(status, 'this phone');
}

test('APP-7: erasing the only device is said to destroy the space, also with nothing unsent and while no device is known', () => {
  for (const parts of [[admin], []]) {
    expect(losses(0, parts)).toEqual([
      expect.stringContaining('You are the only one who can open this space'),
    ]);
  }
  expect(losses(2, [admin])).toHaveLength(2);
});

test('APP-7: erasing the last admin is said to leave the others without one', () => {
  expect(losses(0, [admin, other('writer'), other('reader')])).toEqual([
    expect.stringContaining('You are the last admin'),
  ]);
  expect(losses(0, [admin, other('writer'), other('admin')])).toEqual([]);
  expect(losses(0, [writer, other('reader')])).toEqual([]);
});

test('APP-7: changes that are only here are said with their number', () => {
  expect(losses(1200, [writer, other('admin')])).toEqual([
    '1,200 changes are only on this phone and will be lost for everyone.',
  ]);
});
