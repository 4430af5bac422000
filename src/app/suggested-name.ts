import { placeHere } from './device-names.ts';

/** A name to start from for the device in hand: "Phone", or the system of a computer. */
export function suggestedDeviceName(): string {
  if (placeHere() === 'this phone') return 'Phone';
  const system = /Windows|Macintosh|CrOS|Linux/.exec(navigator.userAgent)?.[0];
  const known: Readonly<Record<string, string>> = { Macintosh: 'Mac', CrOS: 'Chromebook', Linux: 'Computer' };
  return system === undefined ? 'Computer' : (known[system] ?? `${system} computer`);
}
