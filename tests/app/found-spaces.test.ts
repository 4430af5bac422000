import { expect, test } from 'vitest';
import { spacesAmong } from '../../src/app/found-spaces.ts';

test('JOIN-5: of all databases of a browser those are spaces that bear the id of one, whole', () => {
  const id = 'Xc1VNn3cHhgKO4PixW0yuchTJo0MJekaU1dEzreIzTE';
  const names = [
    `cairn-${id}`,
    `cairn-${id}-aside`,
    `other-cairn-${id}`,
    'cairn-short',
    `cairn-${id}A`,
    undefined,
  ];
  expect(spacesAmong(names.map((name) => (name === undefined ? {} : { name })))).toEqual([id]);
  expect(spacesAmong([])).toEqual([]);
});
