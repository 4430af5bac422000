import { expect, test } from 'vitest';
import { keepingHere, type Surroundings } from '../../src/app/keeping.ts';

const refused = (name: string) => () => Promise.reject(new DOMException('', name));
const here = (navigator: Partial<Surroundings['navigator']>, indexedDB: Surroundings['indexedDB'] = {}) =>
  keepingHere({ navigator: { userAgent: 'Mozilla/5.0 Firefox/153.0', ...navigator }, indexedDB });

test('APP-5: a private window is known by the folders that it refuses, and nothing is claimed where a browser hides it', async () => {
  for (const name of ['SecurityError', 'UnknownError']) {
    expect(await here({ storage: { getDirectory: refused(name) } })).toBe('private');
  }
  expect(await here({ storage: { getDirectory: async () => ({}) } })).toBe('unknown');
  // A browser that has no folders at all.
  expect(await here({ storage: {} })).toBe('unknown');
  expect(await here({})).toBe('unknown');
});

test('APP-5: a browser that refuses to keep anything, and one that a chat app brings along, are told apart', async () => {
  expect(await here({}, { databases: refused('SecurityError') })).toBe('nothing');
  expect(await keepingHere({ navigator: { userAgent: '' } })).toBe('nothing');
  const inside = [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Version/4.0 Chrome/150.0 Mobile Safari/537.36',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBAV/480.0]',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 340.0',
  ];
  for (const userAgent of inside) expect(await here({ userAgent })).toBe('inside-an-app');
});
