/** Who has what this device wrote, in plain words, from verified statements alone (APP-2). */
import type { DeviceStatus, SpaceStatus } from '../client/index.ts';
import { counted, grouped } from './counted.ts';
import { deviceLabel } from './device-names.ts';

export interface Keeper {
  /** "On the server", "On Ben’s phone" */
  readonly where: string;
  readonly what: string;
  readonly hasAll: boolean;
}

export function keepersOf({ devices, relay, unsent }: SpaceStatus): readonly Keeper[] {
  const self = devices.find(({ isThis }) => isThis);
  const own = self?.head ?? relay.acknowledged;
  // A device that has signed nothing yet cannot have sent anything to anyone.
  if (self !== undefined && own === null && unsent > 0) {
    return [{ where: 'On the server', what: 'nothing of yours yet', hasAll: false }];
  }
  const keeper = (where: string, size: number | null): Keeper => {
    const hasSent = size !== null && own !== null && size >= own;
    return { where, what: whatIsThere(size, own, unsent), hasAll: hasSent && unsent === 0 };
  };
  return [
    // What it has acknowledged it may have lost since: our own log is held then.
    self !== undefined && self.hold !== null
      ? { where: 'On the server', what: lossOf(self.hold.reason), hasAll: false }
      : keeper('On the server', relay.acknowledged),
    ...devices
      .filter(({ isThis }) => !isThis)
      .map((device) => keeper(`On ${deviceLabel(device)}`, device.hasOurs)),
  ];
}

function lossOf(reason: NonNullable<DeviceStatus['hold']>['reason']): string {
  return reason === 'rollback' ? 'The server has lost some of what it had' : 'not known';
}

function whatIsThere(size: number | null, own: number | null, unsent: number): string {
  if (size === null || own === null) return 'not known';
  if (size >= own) {
    if (unsent > 0) return `all but the ${counted(unsent, 'change')} only here`;
    return own === 0 ? 'nothing to have yet' : 'all of your changes';
  }
  return `${grouped(size)} of ${grouped(own)} of what you sent`;
}
