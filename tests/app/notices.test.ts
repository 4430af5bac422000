import { beforeEach, expect, test } from 'vitest';
import { attempt, notices, notify } from '../../src/app/notices.ts';
import { CairnError } from '../../src/client/index.ts';

beforeEach(() => {
  notices.value = [];
});

test('APP-18: a step that is refused again and again says so once', async () => {
  const refused = () => Promise.reject(new CairnError('not-a-writer', 'no'));
  notify('Something else', null, true);
  expect(await attempt(refused)).toBe(false);
  expect(await attempt(refused)).toBe(false);
  expect(notices.value.map(({ text }) => text)).toEqual([
    'Something else',
    expect.stringContaining('You can read this space but not change it.'),
  ]);
});

test('of messages with a step back only the newest stays, and it never takes one without for its like', () => {
  const action = { label: 'Undo', run: async () => {} };
  notify('“Rope” was deleted.');
  notify('“Rope” was deleted.', action);
  notify('“Candles” was deleted.', action);
  expect(notices.value.map(({ text }) => text)).toEqual(['“Rope” was deleted.', '“Candles” was deleted.']);
});
