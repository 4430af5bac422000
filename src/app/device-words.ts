/** What of a device's changes is here, in plain words (APP-2). */
import type { DeviceStatus } from '../client/index.ts';
import { counted } from './counted.ts';
import { labelOf } from './device-names.ts';
import type { Words } from './words.ts';

export function lagWords({ lag, hold, passed }: Pick<DeviceStatus, 'lag' | 'hold' | 'passed'>): string {
  if (lag === null) return 'not known yet';
  if (lag > 0) return `${counted(lag, 'batch', 'batches')} to come`;
  // What it waits for is beyond the last that was taken.
  if (hold !== null) return 'held';
  return passed === 0 ? 'all here' : `all but ${counted(passed, 'batch', 'batches')} here`;
}

/** What can be taken by nobody, of each device that sent such (APP-1). */
export function passedWords(devices: readonly DeviceStatus[]): readonly Words[] {
  const who = labelOf(devices);
  return devices
    .filter(({ passed }) => passed > 0)
    .map(({ number, passed }) => ({
      means: `${counted(passed, 'batch', 'batches')} of changes of ${who(number)} cannot be read by anyone and ${passed === 1 ? 'is' : 'are'} left out.`,
      next: 'Ask its owner to write that again.',
    }));
}
