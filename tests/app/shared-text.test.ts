import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemOfShared } from '../../src/app/shared-text.ts';
import { property } from '../property.ts';

const shared = (title: string, text = '', url = '') => itemOfShared({ title, text, url });

test('what another app shares becomes a title and a note, and nothing stands there twice', () => {
  expect(shared('A hut', 'with a stove', 'https://example.org/hut')).toEqual({
    title: 'A hut',
    note: 'with a stove\nhttps://example.org/hut',
  });
  // Many apps share an address as text.
  expect(shared('', 'https://example.org/hut')).toEqual({ title: 'https://example.org/hut', note: '' });
  expect(shared('A hut', 'A hut\nhttps://example.org', 'https://example.org')).toEqual({
    title: 'A hut',
    note: 'https://example.org',
  });
  expect(shared('', '\n\n  Rope\r\nCandles\n\nMatches')).toEqual({
    title: 'Rope',
    note: 'Candles\n\nMatches',
  });
  expect(shared(' ', '\n')).toEqual({ title: '', note: '' });
});

test('a long first line is cut for the title, and stands whole in the note', () => {
  const long = 'wörd '.repeat(100).trim();
  const { title, note } = shared('', long);
  expect(title.length).toBeLessThanOrEqual(200);
  expect(title.endsWith('…')).toBe(true);
  expect(note).toBe(long);
});

property(
  'any text gives a title in one line and well-formed text',
  200,
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('a', '\n', '\r', ' ', '👩🏽'), maxLength: 400 }),
  (title, text) => {
    const item = shared(title, text);
    expect(item.title).not.toMatch(/[\n\r]/);
    expect(item.title.length).toBeLessThanOrEqual(200);
    expect(item.title.isWellFormed()).toBe(true);
  },
);
