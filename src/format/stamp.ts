/**
 * A stamp is a hybrid logical clock in one safe integer: 42 bits of milliseconds since the Unix epoch above 11 bits of
 * counter (LOG-3). It belongs to the device of the log it stands in; both together are a version, and versions are
 * totally ordered, so no two writes are ever equal. 2^42 milliseconds last until the year 2109.
 *
 * All arithmetic is multiplication, division and floor on safe integers: bit operations would cut to 32 bits (LOG-2).
 */
import { CairnError } from '../errors.ts';

declare const stampBrand: unique symbol;
declare const deviceBrand: unique symbol;

export type Stamp = number & { readonly [stampBrand]: true };
/** A device's place in the membership fold: 1, 2, 3 … (LOG-4). Also the number of its log. */
export type DeviceNumber = number & { readonly [deviceBrand]: true };

export interface Version {
  readonly stamp: Stamp;
  readonly device: DeviceNumber;
}

export const maxCounter = 2047;
export const maxStampMs = 2 ** 42 - 1;
const step = maxCounter + 1;

/** @throws malformed unless both are integers in range */
export function makeStamp(ms: number, counter: number): Stamp {
  if (!isCount(ms, maxStampMs) || !isCount(counter, maxCounter)) {
    throw new CairnError('malformed', `No stamp has ${ms} milliseconds and counter ${counter}`);
  }
  return (ms * step + counter) as Stamp; // in range by the check
}

/** @throws malformed unless a safe integer from 0 on: each is a stamp, since 42 and 11 bits are 53 */
export function asStamp(value: number): Stamp {
  if (!isCount(value, Number.MAX_SAFE_INTEGER)) throw new CairnError('malformed', `${value} is no stamp`);
  return value as Stamp;
}

/** @throws malformed unless a safe integer from 1 on */
export function asDeviceNumber(value: number): DeviceNumber {
  if (!isCount(value, Number.MAX_SAFE_INTEGER) || value === 0) {
    throw new CairnError('malformed', `${value} is no device number`);
  }
  return value as DeviceNumber;
}

export const stampMs = (stamp: Stamp): number => Math.floor(stamp / step);
export const stampCounter = (stamp: Stamp): number => stamp % step;

const isCount = (value: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= most;
