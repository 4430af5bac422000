/** What a device is called: by its member and its own name, whichever of them is known here. */
import type { DeviceStatus } from '../client/index.ts';
import type { Place } from './words.ts';

type Names = Pick<DeviceStatus, 'number' | 'memberName' | 'deviceName'>;

/** "Ben’s phone"; with names missing "Ben’s device", "phone", "device 3". A device named after its member is not named twice. */
export function deviceLabel({ number, memberName, deviceName }: Names): string {
  if (memberName === null) return deviceName ?? `device ${number}`;
  if (deviceName?.toLowerCase().startsWith(memberName.toLowerCase())) return deviceName;
  return `${possessive(memberName)} ${deviceName ?? 'device'}`;
}

export function possessive(name: string): string {
  return `${name}’s`;
}

/** Names a device by its number among those known; "device 3" for one that is not. */
export function labelOf(devices: readonly Names[]): (number: number) => string {
  return (number) => {
    const device = devices.find((known) => known.number === number);
    return device === undefined ? `device ${number}` : deviceLabel(device);
  };
}

export function placeHere(): Place {
  return matchMedia('(pointer: coarse) and (max-width: 60rem)').matches ? 'this phone' : 'this computer';
}
