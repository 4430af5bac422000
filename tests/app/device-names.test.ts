import { expect, test } from 'vitest';
import { deviceLabel } from '../../src/app/device-names.ts';
import { deviceNumber } from './device-number.ts';

const label = (memberName: string | null, deviceName: string | null): string =>
  deviceLabel({ number: deviceNumber(3), memberName, deviceName });

test('APP-4: a device is called by its member and its own name, and never by one name twice', () => {
  expect(label('Ben', 'phone')).toBe('Ben’s phone');
  expect(label('Ben', 'Ben’s phone')).toBe('Ben’s phone');
  expect(label('ben', 'Ben’s phone')).toBe('Ben’s phone');
});

test('APP-8: a name that is not known is left out, and none at all is the number', () => {
  expect(label('Ben', null)).toBe('Ben’s device');
  expect(label(null, 'phone')).toBe('phone');
  expect(label(null, null)).toBe('device 3');
});
