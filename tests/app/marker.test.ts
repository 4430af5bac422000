import { expect, test } from 'vitest';
import { markedSpaces } from '../../src/app/marker.ts';

test('STORE-22: the spaces that were here are read from the markers among other cookies, and nothing else is taken for one', () => {
  const [one, two] = ['a'.repeat(43), `${'-_'.repeat(21)}0`];
  expect(markedSpaces('')).toEqual([]);
  expect(markedSpaces(`cairn-space-${one}=1`)).toEqual([one]);
  expect(markedSpaces(`theme=dark; cairn-space-${one}=1; cairn-space-${two}=1; x=y`)).toEqual([one, two]);
  const others = [
    `my-cairn-space-${one}=1`,
    `cairn-space-${one}x=1`,
    'cairn-space-=1',
    `a=cairn-space-${one}=1`,
  ];
  expect(markedSpaces(others.join('; '))).toEqual([]);
});
