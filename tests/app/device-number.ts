import type { DeviceStatus } from '../../src/client/index.ts';

/** A device number as a status carries it. */
export function deviceNumber(number: number): DeviceStatus['number'] {
  return number as DeviceStatus['number'];
}
