/**
 * Every state's text in one place (DESIGN §13, APP-3, APP-4). Plain words: what it means, then what to do; the exact
 * terms of the design stand only in the folds that explain them.
 *
 * The tables are exhaustive by type: a new reason does not compile before it has words. What is said of errors, holds, roles and what can't be sent is in
 * `error-words`, `hold-words`, `role-words` and `unsent-words`, which are loaded with the first screen that says them.
 */
import type { Reason, ReasonKind } from '../client/index.ts';
import { counted } from './counted.ts';

/** quiet: nothing to do. waiting: it will go on by itself, or soon. trouble: a person has to do something. */
export type Tone = 'quiet' | 'waiting' | 'trouble';

/** The shape beside the word, so that no state is told by colour alone. */
export type Shape = 'stack' | 'ring' | 'turning' | 'slash' | 'bars' | 'triangle';

export interface Words {
  /** A sentence: what it means. */
  readonly means: string;
  /** A sentence: what to do, or that nothing has to be done. */
  readonly next: string;
}

export interface StateWords extends Words {
  /** One or two words, for the pill. */
  readonly word: string;
  readonly tone: Tone;
  readonly shape: Shape;
}

/** "this phone" or "this computer". */
export type Place = 'this phone' | 'this computer';

/** What words need to know of where they are said. */
export interface Scene {
  readonly place: Place;
  /** Names a device: "Ben’s phone". */
  readonly who: (device: number) => string;
}

type ValuesOf<K extends ReasonKind> = Extract<Reason, { kind: K }>['values'];

const joinSteps: Record<ValuesOf<'joining'>['step'], string> = {
  verifying: 'The list of members is being fetched and checked.',
  joining: 'This device is being added to the space.',
  'catching-up': 'You have joined; what the others wrote is arriving.',
};

const noAnswer = {
  word: 'No answer',
  means: 'The server does not answer.',
  tone: 'waiting',
  shape: 'ring',
} as const;
const badAnswer = {
  word: 'Server trouble',
  means: 'The server answered, but not as it should.',
  tone: 'trouble',
  shape: 'triangle',
} as const;

/** Words for each reason why this device is not up to date. Ordered from the gravest: the pill shows the first that holds. */
const reasons: { readonly [K in ReasonKind]: (values: ValuesOf<K>, scene: Scene) => StateWords } = {
  'storage-lost': (_, { place }) => ({
    word: 'Storage lost',
    means: `The browser has deleted what was kept on ${place}.`,
    next: 'What was on the server can come back: open an invitation from another member or device. What was only here is gone.',
    tone: 'trouble',
    shape: 'triangle',
  }),
  'storage-broken': () => ({
    word: 'Storage broken',
    means: 'The browser cannot read or write its storage.',
    next: 'Close all tabs of Cairn and open it again. If that does not help, restart the browser.',
    tone: 'trouble',
    shape: 'triangle',
  }),
  'storage-full': (_, { place }) => ({
    word: 'Storage full',
    means: `There is no room left on ${place}: new changes cannot be saved.`,
    next: 'Free some space on the device, then try again. What is saved already is safe.',
    tone: 'trouble',
    shape: 'triangle',
  }),
  'clock-wrong': ({ byMs }, { place }) => {
    const by = counted(Math.max(1, Math.round(Math.abs(byMs) / 60_000)), 'minute');
    return {
      word: 'Clock wrong',
      means: `The clock of ${place} is ${by} ${byMs < 0 ? 'behind' : 'ahead of'} the server’s.`,
      next: 'Set the date and time of this device to automatic. Your changes are saved here and are sent when it is right.',
      tone: 'trouble',
      shape: 'triangle',
    };
  },
  'update-needed': ({ devices }, { who }) => ({
    word: 'Update needed',
    means: `${devices.length === 0 ? 'Someone' : devices.map(who).join(', ')} uses a newer version of Cairn, and some changes cannot be read by this one.`,
    next: 'Reload to get the new version. Until then those changes wait; nothing is lost.',
    tone: 'trouble',
    shape: 'triangle',
  }),
  // The panel says why (`hold-words`).
  held: ({ device, reason }, { who }) => ({
    // A device that tells two stories is a trouble of its own.
    word: reason === 'fork' ? 'Forked' : 'Held',
    means:
      reason === 'rollback'
        ? 'The server has lost some of what it had.'
        : `Newer changes of ${who(device)} cannot be taken yet.`,
    next: 'Open this panel for the reason, and for what can be done.',
    tone: 'trouble',
    shape: 'bars',
  }),
  // The panel adds what the code says (`error-words`).
  'relay-error': ({ code }) => ({
    ...(code === 'timeout' || code === 'unavailable' ? noAnswer : badAnswer),
    next: 'It is tried again by itself. Your changes are saved here.',
  }),
  joining: ({ step }) => ({
    word: 'Joining',
    means: joinSteps[step],
    next: 'It goes on by itself as soon as the server answers, also after a reload.',
    tone: 'waiting',
    shape: 'turning',
  }),
  offline: (_, { place }) => ({
    word: 'Offline',
    means: 'There is no connection to the server.',
    next: `Go on working: everything is saved on ${place} and is sent when the connection is back.`,
    tone: 'waiting',
    shape: 'slash',
  }),
  'rate-limited': () => ({
    word: 'Slowed down',
    means: 'The server asked this device to slow down.',
    next: 'It goes on by itself in a moment.',
    tone: 'waiting',
    shape: 'ring',
  }),
  syncing: () => ({
    word: 'Syncing',
    means: 'Changes are on their way.',
    next: 'Nothing to do.',
    tone: 'waiting',
    shape: 'turning',
  }),
  'not-registered': (_, { place }) => ({
    word: 'Only here',
    means: `The server does not know this space yet: it is only on ${place}.`,
    next: 'It is sent with the next connection. Until then nobody can be invited.',
    tone: 'waiting',
    shape: 'ring',
  }),
  'never-synced': () => ({
    word: 'Not yet synced',
    means: 'Nothing has been compared with the server yet.',
    next: 'It happens by itself with the next connection.',
    tone: 'waiting',
    shape: 'ring',
  }),
  unsent: ({ count, why }, { place }) => ({
    word: 'Saved here',
    means: `${counted(count, 'change is', 'changes are')} only on ${place}.`,
    // The panel says why (`unsent-words`).
    next:
      why === null
        ? `Nothing to do: ${count === 1 ? 'it is sent by itself' : 'they are sent by themselves'}.`
        : 'Open this panel for the reason.',
    tone: 'waiting',
    shape: 'ring',
  }),
  behind: ({ entries, devices }, { who }) => ({
    word: 'Catching up',
    means: `${counted(entries, 'batch of changes is', 'batches of changes are')} still to arrive, from ${devices.map(who).join(', ')}.`,
    next: 'Nothing to do: they are fetched by themselves.',
    tone: 'waiting',
    shape: 'turning',
  }),
  waiting: () => ({
    word: 'Waiting',
    means: 'The last try did not succeed; the next one comes later.',
    next: 'It is tried again by itself, or at once with “Sync now”.',
    tone: 'waiting',
    shape: 'ring',
  }),
  'not-confirmed': () => ({
    word: 'Joined',
    means: 'You have joined; no other device has been seen to know it yet.',
    next: 'It is confirmed as soon as a device of another member is online. You can work meanwhile.',
    tone: 'waiting',
    shape: 'ring',
  }),
};

/** All reason kinds, the gravest first. */
// The keys of the table are its type's keys.
export const reasonOrder: readonly ReasonKind[] = Object.keys(reasons) as ReasonKind[];

export function reasonWords(reason: Reason, scene: Scene): StateWords {
  // A reason's values are those of its kind; the type of a table looked up by a union does not say so.
  const words = reasons[reason.kind] as (values: Reason['values'], scene: Scene) => StateWords;
  return words(reason.values, scene);
}

export const upToDateWords: StateWords = {
  word: 'Up to date',
  means: 'All your changes are on the server, and everything that is there is here.',
  next: 'Nothing to do.',
  tone: 'quiet',
  shape: 'stack',
};
