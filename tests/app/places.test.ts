/** What the app keeps outside the library: addresses, and the spaces and rows it remembers in localStorage. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPast } from '../../src/app/counted.ts';
import { parseSorts } from '../../src/app/list-view.ts';
import { ago, bytes, dayField, dayOf } from '../../src/app/measures.ts';
import { invitationIn } from '../../src/app/pasted-invitation.ts';
import { labelAmong, parseRemembered } from '../../src/app/remembered.ts';
import { hashOf, parseRoute, searching } from '../../src/app/route.ts';
import { property } from '../property.ts';

const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });

property(
  'an address leads back to the place it was made of, for ids of any characters',
  500,
  id,
  id,
  (list, item) => {
    for (const place of [null, list, searching]) {
      for (const aside of [null, { kind: 'item', id: item }, { kind: 'sync' }, { kind: 'import' }] as const) {
        expect(parseRoute(hashOf(place, aside))).toEqual({ kind: 'work', place, aside });
      }
    }
  },
);

property('any address is some place', 1000, fc.string({ maxLength: 60 }), (text) => {
  expect(['work', 'join', 'new']).toContain(parseRoute(`#${text}`).kind);
});

test('an invitation is found in a whole link, in its fragment, and in a link that a mail program broke into lines', () => {
  for (const text of [
    'https://cairn.example/#join=abc_-1',
    '#join=abc_-1',
    '  Come in: https://cairn.example/#join=\nabc_\n-1 ',
  ]) {
    expect(invitationIn(text)).toBe('#join=abc_-1');
  }
  expect(invitationIn('https://cairn.example/')).toBeNull();
  expect(parseRoute('#join=abc')).toEqual({ kind: 'join', fragment: '#join=abc' });
});

property(
  'whatever localStorage holds, remembering goes on with what can be read',
  1000,
  fc.jsonValue(),
  fc.string(),
  (value, junk) => {
    for (const text of [JSON.stringify(value), junk, JSON.stringify({ spaces: [value], chosen: value })]) {
      const { chosen, spaces } = parseRemembered(text);
      expect(chosen === null || spaces.some(({ id: known }) => known === chosen)).toBe(true);
      expect(Array.isArray(parseSorts(text))).toBe(true);
    }
  },
);

test('a space is remembered with the one used last, and a choice of one that is gone falls back to one that is here', () => {
  const spaces = [
    { id: 'a', label: 'A', relay: 'https://a' },
    { id: 'b', label: 'B', relay: 'https://b' },
  ];
  expect(parseRemembered(JSON.stringify({ chosen: 'b', spaces }))).toEqual({ chosen: 'b', spaces });
  expect(parseRemembered(JSON.stringify({ chosen: 'c', spaces })).chosen).toBe('a');
  expect(parseRemembered(null)).toEqual({ chosen: null, spaces: [] });
});

test('spaces that are called the same are told apart by a number that stays whichever was used last', () => {
  const space = (id: string, label: string) => ({ id, label, relay: 'https://a' });
  const [one, two, other] = [space('1', 'Ada’s lists'), space('2', 'Ada’s lists'), space('3', 'Work')];
  for (const spaces of [
    [one, two, other],
    [other, two, one],
  ]) {
    expect([one, two, other].map(({ id, label }) => labelAmong(spaces, id, label))).toEqual([
      'Ada’s lists (1)',
      'Ada’s lists (2)',
      'Work',
    ]);
  }
});

test('APP-8: an unknown time or size is said as unknown', () => {
  expect(ago(null, 0)).toBe('unknown');
  expect(bytes(null)).toBe('unknown');
  expect(bytes(0)).toBe('0 B');
});

test('times and sizes read as people say them', () => {
  expect(ago(0, 59_000)).toBe('just now');
  expect(ago(0, 60_000)).toBe('1 minute ago');
  expect(ago(0, 3 * 86_400_000)).toBe('3 days ago');
  expect(ago(30_000, 0)).toBe('in a moment');
  expect(bytes(1_234_567)).toBe('1.2 MB');
  expect(bytes(12_345_678_900)).toBe('12 GB');
});

property('a day goes into its field and comes back', 500, fc.integer({ min: 0, max: 80_000 }), (days) => {
  const at = days * 86_400_000;
  expect(dayOf(dayField(at))).toBe(at);
});

test('an empty or broken day is none, and today is not past', () => {
  expect([dayOf(''), dayOf('2026-13-40'), dayOf('soon')]).toEqual([null, null, null]);
  expect(dayField(null)).toBe('');
  const now = new Date(2026, 10, 21, 0, 5).getTime();
  expect(isPast(Date.UTC(2026, 10, 21), now)).toBe(false);
  expect(isPast(Date.UTC(2026, 10, 20), now)).toBe(true);
});
