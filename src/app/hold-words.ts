/** Why the changes of one device wait, in plain words (`words`). */
import type { DeviceStatus } from '../client/index.ts';
import type { Words } from './words.ts';

export type HoldReason = NonNullable<DeviceStatus['hold']>['reason'];

/** Why the changes of one device wait; `who` names it, "Ben’s phone". */
const holds: Record<HoldReason, (who: string) => Words> = {
  fork: (who) => ({
    means: `${who} has told two different stories about its own changes. Nothing more is taken from it.`,
    next: 'An admin should remove that device; its owner joins again with a new one.',
  }),
  rollback: (who) => ({
    means: `The server shows older changes of ${who} than are here. Ours stay.`,
    next: 'The server has lost some of what it had. Erase nothing on this device, and tell the person who runs the server.',
  }),
  unauthorized: (who) => ({
    means: `${who} may not write here, as far as is known.`,
    next: 'It goes on by itself if the members change.',
  }),
  'missing-key': (who) => ({
    means: `The key for newer changes of ${who} has not arrived yet.`,
    next: 'It comes when a device that has it is online.',
  }),
  'newer-schema': (who) => ({
    means: `${who} uses a newer version of Cairn.`,
    next: 'Reload to update; its changes are then read.',
  }),
  'clock-ahead': (who) => ({
    means: `The clock of ${who} is ahead: its changes come from the future.`,
    next: 'They are taken when their time comes. Ask its owner to set the clock to automatic.',
  }),
  unavailable: (who) => ({
    means: `${who} has written more than the server delivers.`,
    next: 'It is tried again by itself, and comes when that device is online.',
  }),
  pruned: (who) => ({
    means: `The server no longer keeps old changes of ${who}.`,
    next: 'They are taken from a summary by itself.',
  }),
  disagrees: (who) => ({
    means: `This device and ${who} do not agree about who the members are.`,
    next: 'Compare the member list on both devices. Everything else goes on.',
  }),
};

export const holdReasons: readonly HoldReason[] = Object.keys(holds) as HoldReason[];

export function holdWords(reason: HoldReason, who: string): Words {
  return holds[reason](who);
}
