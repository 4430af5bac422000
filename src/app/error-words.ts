/**
 * What an error means and what to do, for every code there is (APP-3, APP-18). Exhaustive by type: a new code does not compile
 * before it has words.
 */
import type { ErrorCode } from '../client/index.ts';
import type { Words } from './words.ts';

const damaged = 'Something that arrived is damaged or was changed on its way. It was not used.';
const again = 'It is tried again by itself. If it stays, tell the person who runs the server.';
const ours = 'This is a mistake in the app, not yours.';
const report = 'Reload the page. If it happens again, please report it.';

const errors: Record<ErrorCode, Words> = {
  malformed: { means: damaged, next: again },
  'too-large': {
    means: 'Something is larger than is allowed.',
    next: 'Make it smaller or split it, and try again.',
  },
  'wrong-type': { means: damaged, next: again },
  'wrong-space': { means: 'Something that arrived belongs to another space. It was not used.', next: again },
  'bad-signature': {
    means: 'Something that arrived was not written by who it says. It was not used.',
    next: again,
  },
  'newer-format': {
    means: 'This was made by a newer version of Cairn.',
    next: 'Reload the page to get the new version, then try again.',
  },
  'cannot-open': {
    means: 'Something that arrived cannot be decrypted with the keys of this device.',
    next: again,
  },
  'schema-invalid': { means: ours, next: report },
  'value-invalid': { means: 'A value has the wrong form or is too long.', next: 'Correct it and try again.' },
  'transaction-too-large': {
    means: 'That is too much for one step, so nothing of it was saved.',
    next: 'Shorten the text or do it in smaller steps.',
  },
  'not-found': {
    means: 'It is no longer there.',
    next: 'Someone may have deleted it. Look among what was deleted.',
  },
  'not-a-writer': {
    means: 'You can read this space but not change it.',
    next: 'Ask an admin to make you a writer.',
  },
  'storage-full': {
    means: 'There is no room left on this device, so the change was not saved.',
    next: 'Free some space, then try again.',
  },
  'storage-blocked': {
    means: 'Another tab still uses an older version of the storage.',
    next: 'Close the other tabs of Cairn, then reload this one.',
  },
  'storage-unavailable': {
    means: 'This browser does not let Cairn keep anything.',
    next: 'Leave private mode, or allow this site to store data, then reload.',
  },
  'storage-broken': {
    means: 'The browser cannot read or write its storage.',
    next: 'Close all tabs of Cairn and open it again. If that does not help, restart the browser.',
  },
  'storage-corrupt': {
    means: 'What is kept on this device is damaged.',
    next: 'Do not erase anything yet: reload first. What was on the server can come back by a new invitation.',
  },
  'storage-lost': {
    means: 'The browser has deleted what was kept here.',
    next: 'Open an invitation from another member or device: what was on the server comes back.',
  },
  'newer-database': {
    means: 'A newer version of Cairn has already been used here.',
    next: 'Reload the page to get it.',
  },
  'not-secure': {
    means: 'This page was opened without https, so the browser withholds encryption and offline storage.',
    next: 'Open it over https, or on this machine as localhost.',
  },
  offline: { means: 'There is no connection to the server.', next: 'Check the connection, then try again.' },
  timeout: { means: 'The server did not answer in time.', next: 'Try again in a moment.' },
  'bad-answer': {
    means: 'The server answered with something that does not hold. It was not used.',
    next: again,
  },
  'bad-request': { means: 'The server did not understand this app.', next: report },
  unauthorized: {
    means: 'The server does not accept this device.',
    next: 'Ask a member for a new invitation.',
  },
  'token-time': {
    means: 'The clock of this device differs from the server’s.',
    next: 'Set the date and time of this device to automatic.',
  },
  'clock-ahead': {
    means: 'This was signed with a time that has not come yet.',
    next: 'Set the date and time of this device to automatic, then try again.',
  },
  forbidden: { means: 'You are not allowed to do that in this space.', next: 'Ask an admin.' },
  'unknown-space': {
    means: 'The server does not know this space.',
    next: 'If the link is right, its maker’s device has to be online once first.',
  },
  'unknown-log': { means: 'The server does not know a device of this space.', next: again },
  'size-mismatch': { means: 'Another device was faster.', next: 'It is tried again by itself.' },
  'bad-range': { means: ours, next: report },
  'bad-root': { means: 'What the server sent does not fit what was promised. It was not used.', next: again },
  'stale-membership': { means: 'The members have changed meanwhile.', next: 'It is tried again by itself.' },
  'rate-limited': {
    means: 'The server asked this device to slow down.',
    next: 'Wait a minute, then try again.',
  },
  unavailable: { means: 'The server is not ready right now.', next: 'Try again in a moment.' },
  internal: { means: 'Something unexpected went wrong.', next: report },
  'invitation-invalid': {
    means: 'This is not a complete invitation link.',
    next: 'Copy the whole link once more, from # to its end, or ask for a new one.',
  },
  'invitation-expired': {
    means: 'This invitation has expired.',
    next: 'Ask the person who sent it for a new one.',
  },
  'invitation-used': {
    means: 'This invitation has been used already.',
    next: 'Ask the person who sent it for a new one.',
  },
  'not-allowed': { means: 'That is not possible now.', next: 'Check what is shown and try again.' },
  'worker-died': {
    means: 'The part of the app that saves was stopped by the browser. It is started again.',
    next: 'Look whether your last change is there; if not, make it once more.',
  },
  moved: { means: 'Something else was changed at the same moment, too often.', next: 'Try again.' },
  closed: { means: 'This space is closed here.', next: 'Reload the page.' },
};

export const errorCodes: readonly string[] = Object.keys(errors);

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errors, code);
}

export function errorWords(failure: { readonly code: string }): Words {
  // A failure may come from a newer worker than this page.
  return isErrorCode(failure.code) ? errors[failure.code] : errors.internal;
}
