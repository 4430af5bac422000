import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrongName } from '../../src/app/name-words.ts';
import { checkNames } from '../../src/format/names.ts';
import { property } from '../property.ts';

test('APP-3: a blank name and one that is too long each have words of their own', () => {
  for (const blank of ['', '  ', '\t\n', '\u3000'])
    expect(wrongName(blank, 'Type your name.')).toBe('Type your name.');
  expect(wrongName('名'.repeat(42), '')).toBeNull();
  expect(wrongName('名'.repeat(43), '')).toBe('That name is too long.');
  expect(wrongName(`  ${'x'.repeat(128)} `, '')).toBeNull();
});

property(
  'JOIN-1, APP-3: the form refuses what the library would refuse, and nothing else but a blank name',
  500,
  fc.oneof(fc.string({ unit: 'grapheme', maxLength: 140 }), fc.string({ unit: 'binary', maxLength: 140 })),
  (typed) => {
    const name = typed.trim();
    const check = () => checkNames({ member: name, device: 'Phone' });
    if (wrongName(name, 'blank') === 'That name is too long.') expect(check).toThrow();
    else expect(check).not.toThrow();
  },
);
