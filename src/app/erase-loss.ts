/** What would be lost for good if this space left this device, in sentences; none if others keep all of it (APP-7). */
import type { SpaceStatus } from '../client/index.ts';
import { counted } from './counted.ts';
import type { Place } from './words.ts';

export function eraseLosses({ unsent, devices }: SpaceStatus, place: Place): readonly string[] {
  const losses: string[] = [];
  const others = devices.filter(({ isThis }) => !isThis);
  if (unsent > 0) {
    losses.push(
      `${counted(unsent, 'change is', 'changes are')} only on ${place} and will be lost for everyone.`,
    );
  }
  // Devices that are not known to be there keep nothing.
  if (others.length === 0) {
    losses.push('You are the only one who can open this space: erasing destroys it for ever.');
  } else if (
    devices.some(({ isThis, role }) => isThis && role === 'admin') &&
    others.every(({ role }) => role !== 'admin')
  ) {
    losses.push('You are the last admin: nobody could invite another admin or remove anyone any more.');
  }
  return losses;
}
