import { expect, test } from 'vitest';
import { writingsOf } from '../../src/app/author-words.ts';

const who = (device: number): string => ['', 'Ada’s phone', 'Ben’s phone', 'Cid’s laptop'][device] ?? '';
const of = (column: string, device: number, at: number) => ({
  column,
  device,
  at,
  onRelay: true,
  onDevices: [],
});

test('APP-6: what one device wrote at one moment is one line that names it, the newest first', () => {
  const authors = [
    of('list', 1, 10),
    of('title', 1, 10),
    of('due', 1, 10),
    of('note', 2, 20),
    of('strange', 2, 30),
  ];
  expect(writingsOf(authors, 1, 'this phone', who).map(({ what, device, at }) => [what, device, at])).toEqual(
    [
      ['“strange”', 2, 30],
      ['Note', 2, 20],
      ['Title, due day and list', 1, 10],
    ],
  );
});

test('APP-2, APP-4: where it is by now is said plainly, and never more than is known', () => {
  const where = (onRelay: boolean | null, ...onDevices: number[]): string | undefined =>
    writingsOf([{ ...of('title', 1, 10), onRelay, onDevices }], 1, 'this phone', who)[0]?.where;
  expect(where(false)).toBe('Only on this phone');
  expect(where(true)).toBe('On this phone and on the server');
  expect(where(true, 2, 3)).toBe('On this phone, on the server, on Ben’s phone and on Cid’s laptop');
  expect(where(null, 2)).toBe('On this phone, on Ben’s phone and perhaps no longer on the server');
});
