/** Why changes can't be sent now, in plain words (`words`). */
import type { Reason } from '../client/index.ts';
import type { Words } from './words.ts';

type Why = NonNullable<Extract<Reason, { kind: 'unsent' }>['values']['why']>;

const whys: Record<Why, Words> = {
  'not-a-writer': {
    means: 'You may not write in this space any more.',
    next: 'Ask an admin to let you write; what is saved here is sent then.',
  },
  'membership-held': {
    means: 'The list of members needs a newer version of Cairn.',
    next: 'Reload to get the new version; what is saved here is sent then.',
  },
  'missing-key': {
    means: 'The newest key of this space has not arrived yet.',
    next: 'It comes when a device that has it is online; what is saved here is sent then.',
  },
  'clock-wrong': {
    means: 'The clock of this device is wrong.',
    next: 'Set the date and time of this device to automatic; what is saved here is sent then.',
  },
  'own-log-held': {
    means: 'What the server shows of your changes does not fit what is here, so nothing more is sent.',
    next: 'Erase nothing on this device. Tell the person who runs the server.',
  },
};

export function unsentCauseWords(why: Why): Words {
  return whys[why];
}

/** The words for unsent changes, with why they wait. */
export function unsentWords(plain: Words, why: Why): Words {
  const { means, next } = whys[why];
  return { means: `${plain.means} ${means}`, next };
}
