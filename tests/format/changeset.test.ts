import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText, fromHex, toHex } from '../../src/format/bytes.ts';
import { type CborInput, type CborValue, decode, encode } from '../../src/format/cbor.ts';
import { type Changeset, cellDepth, decodeChangeset, type Op, type Put } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { property } from '../property.ts';
import { anyChangeset, nested } from './arbitrary.ts';
import { expectSame } from './same.ts';
import { sampleChangeset } from './samples.ts';

const malformed = expect.objectContaining({ code: 'malformed' });
const invalid = expect.objectContaining({ code: 'value-invalid' });
const stamp = asStamp(1000);

const put = (more: Partial<Put> = {}): Put => ({
  kind: 'put',
  table: 't',
  id: 'r',
  cells: new Map([['c', 1]]),
  seen: new Map(),
  ...more,
});
const of = (...ops: Op[]): Changeset => ({ stamp, ops });

/** Ops in the order in which they come back. */
function sorted(changeset: Changeset): Changeset {
  const kinds = ['put', 'delete', 'restore'];
  const ops = [...changeset.ops].sort(
    (a, b) =>
      compareText(a.table, b.table) ||
      kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
      compareText(a.id, b.id),
  );
  return { ...changeset, ops };
}

test('a changeset is [stamp, [[table, puts, deletes, restores]…]]', () => {
  const version = { stamp: asStamp(5), device: asDeviceNumber(7) };
  const bytes = encodeChangeset(
    of(
      { kind: 'restore', table: 'b', id: 'r3' },
      put({ table: 'b', id: 'r1', seen: new Map([['c', version]]) }),
      { kind: 'delete', table: 'b', id: 'r2' },
      put({ table: 'a' }),
    ),
  );
  expect(decode(bytes)).toEqual([
    1000,
    [
      ['a', [['r', new Map([['c', 1]])]], [], []],
      ['b', [['r1', new Map([['c', 1]]), new Map([['c', [5, 7]]])]], ['r2'], ['r3']],
    ],
  ]);
});

test('MRG-9: values of every kind come back as they were, byte strings and nested ones included', () => {
  expect(decodeChangeset(encodeChangeset(sampleChangeset))).toEqual(sorted(sampleChangeset));
  const cells = new Map<string, CborValue>([
    ['a', new Uint8Array([1, 2])],
    ['b', [1, [null, 'x'], new Map([['k', -0]])]],
    ['c', Number.MAX_SAFE_INTEGER],
    ['d', 0.1],
  ]);
  const [back] = decodeChangeset(encodeChangeset(of(put({ cells })))).ops;
  expect(back).toEqual(put({ cells }));
});

test('PULL-16: an empty changeset is a changeset', () => {
  expect(decodeChangeset(encodeChangeset(of()))).toEqual(of());
});

property(
  'LOG-1: any changeset comes back, and has one encoding whatever the order of its ops',
  10_000,
  anyChangeset,
  (changeset) => {
    const bytes = encodeChangeset(changeset);
    const back = decodeChangeset(bytes);
    expectSame(back, sorted(changeset));
    expectSame(encodeChangeset(back), bytes);
    expectSame(encodeChangeset({ ...changeset, ops: changeset.ops.toReversed() }), bytes);
    // What it is made of is strict CBOR, whoever decodes it.
    expectSame(encode(decode(bytes)), bytes);
  },
);

test.each([
  ['two puts of one row', of(put(), put())],
  [
    'two deletes of one row',
    of({ kind: 'delete', table: 't', id: 'r' }, { kind: 'delete', table: 't', id: 'r' }),
  ],
  [
    'a row deleted and restored',
    of({ kind: 'delete', table: 't', id: 'r' }, { kind: 'restore', table: 't', id: 'r' }),
  ],
  ['a put without cells', of(put({ cells: new Map() }))],
  [
    'a column seen and not written',
    of(put({ seen: new Map([['d', { stamp, device: asDeviceNumber(1) }]]) })),
  ],
] as const)('MRG-6: %s is refused when written', (_, changeset) => {
  expect(() => encodeChangeset(changeset)).toThrow(invalid);
});

/** The value of a changeset of one table, with a part replaced. */
const raw = (parts: {
  stamp?: CborInput;
  table?: CborInput;
  puts?: CborInput;
  deletes?: CborInput;
  restores?: CborInput;
}): Uint8Array => {
  const {
    stamp: at = 1000,
    table = 't',
    puts = [['r', new Map([['c', 1]])]],
    deletes = [],
    restores = [],
  } = parts;
  return encode([at, [[table, puts, deletes, restores]]]);
};
const row = (...rest: CborInput[]): CborInput => ['r', new Map([['c', 1]]), ...rest];

test.each<[string, Uint8Array]>([
  ['a negative stamp', raw({ stamp: -1 })],
  ['a stamp that is text', raw({ stamp: '1' })],
  ['a table without ops', raw({ puts: [] })],
  ['a table without a name', raw({ table: '' })],
  ['a table named by a number', raw({ table: 1 })],
  [
    'puts out of order',
    raw({
      puts: [
        ['b', new Map([['c', 1]])],
        ['a', new Map([['c', 1]])],
      ],
    }),
  ],
  ['a put twice', raw({ puts: [row(), row()] })],
  ['a put of one part', raw({ puts: [['r']] })],
  ['a put of four parts', raw({ puts: [row(new Map([['c', [1, 1]]]), 0)] })],
  ['a put without cells', raw({ puts: [['r', new Map()]] })],
  ['cells that are an array', raw({ puts: [['r', [1]]] })],
  ['a column named by a number', raw({ puts: [['r', new Map([[1, 1]])]] })],
  ['a column without a name', raw({ puts: [['r', new Map([['', 1]])]] })],
  ['an empty `seen`', raw({ puts: [row(new Map())] })],
  ['a column seen and not written', raw({ puts: [row(new Map([['d', [1, 1]]]))] })],
  ['a version of one part', raw({ puts: [row(new Map([['c', [1]]]))] })],
  ['a version of device 0', raw({ puts: [row(new Map([['c', [1, 0]]]))] })],
  ['a row without an id', raw({ deletes: [''] })],
  ['a row named by a number', raw({ deletes: [1] })],
  ['deletes out of order', raw({ deletes: ['b', 'a'] })],
  ['a delete twice', raw({ deletes: ['a', 'a'] })],
  ['restores out of order', raw({ restores: ['b', 'a'] })],
  ['a row deleted and restored', raw({ deletes: ['a'], restores: ['a'] })],
  [
    'tables out of order',
    encode([
      1,
      [
        ['b', [], ['r'], []],
        ['a', [], ['r'], []],
      ],
    ]),
  ],
  [
    'a table twice',
    encode([
      1,
      [
        ['a', [], ['r'], []],
        ['a', [], [], ['s']],
      ],
    ]),
  ],
  [
    'tables in the order of map keys',
    encode([
      1,
      [
        ['b', [], ['r'], []],
        ['aa', [], ['r'], []],
      ],
    ]),
  ],
  ['a changeset of one part', encode([1])],
  ['a changeset of three parts', encode([1, [], 0])],
  ['a map', encode(new Map([[1, []]]))],
])('PULL-12: %s is malformed', (_, bytes) => {
  expect(() => decodeChangeset(bytes)).toThrow(malformed);
});

test.each([
  ['columns out of order', '82008184617481826172a26162016161018080'],
  ['a column twice', '82008184617481826172a26161016161018080'],
  ['a longer form inside a cell', '82008184617481826172a1616118018080'],
  ['an indefinite length inside a cell', '82008184617481826172a161619fff8080'],
  ['a tag inside a cell', '82008184617481826172a16161c1008080'],
  ['bytes after it', `${toHex(encode([0, []]))}00`],
])('LOG-1: %s is malformed', (_, hex) => {
  expect(() => decodeChangeset(fromHex(hex))).toThrow(malformed);
});

test('MRG-13: each limit holds at its value and not one beyond, when written and when received', () => {
  const name = 'n'.repeat(limits.nameBytes);
  const id = 'i'.repeat(limits.rowIdBytes);
  const umlauts = 'ü'.repeat(limits.nameBytes / 2); // bytes are counted, not characters
  // A byte string of n bytes takes three more up to 65,535.
  const cell = new Uint8Array(limits.cellBytes - 3);
  const columns = (count: number): Map<string, CborValue> =>
    new Map(Array.from({ length: count }, (_, i) => [`c${i}`, i]));
  const fits: Put[] = [
    put({ table: name }),
    put({ table: umlauts }),
    put({ id }),
    put({ cells: new Map([[name, 1]]) }),
    put({ cells: new Map([['c', cell]]) }),
    put({ cells: columns(limits.columnsPerRow) }),
    put({ cells: new Map([['c', nested(cellDepth, 'array')]]) }),
  ];
  for (const one of fits) expect(decodeChangeset(encodeChangeset(of(one)))).toEqual(sorted(of(one)));
  const beyond: Put[] = [
    put({ table: `${name}n` }),
    put({ table: `${umlauts}u` }),
    put({ table: '' }),
    put({ id: `${id}i` }),
    put({ id: '' }),
    put({ cells: new Map([[`${name}n`, 1]]) }),
    put({ cells: new Map([['', 1]]) }),
    put({ cells: new Map([['c', new Uint8Array(cell.length + 1)]]) }),
    put({ cells: columns(limits.columnsPerRow + 1) }),
    put({ cells: new Map([['c', nested(cellDepth + 1, 'array')]]) }),
  ];
  for (const one of beyond) {
    expect(() => encodeChangeset(of(one))).toThrow(invalid);
    expect(() => decodeChangeset(encode([1, [[one.table, [[one.id, one.cells]], [], []]]]))).toThrow(
      malformed,
    );
  }
  for (const kind of ['delete', 'restore'] as const) {
    expect(decodeChangeset(encodeChangeset(of({ kind, table: 't', id })))).toEqual(
      of({ kind, table: 't', id }),
    );
    for (const wrong of [`${id}i`, '']) {
      expect(() => encodeChangeset(of({ kind, table: 't', id: wrong }))).toThrow(invalid);
      const lists = kind === 'delete' ? [[wrong], []] : [[], [wrong]];
      expect(() => decodeChangeset(encode([1, [['t', [], ...lists]]]))).toThrow(malformed);
    }
  }
});

test('TEST-8: a count that the bytes cannot hold is refused before anything is allocated for it', () => {
  const huge = '9b001fffffffffffff';
  for (const hex of [
    `8200${huge}`,
    `820081846174${huge}`,
    `82008184617480${huge}`,
    '82008184617481826172bb001fffffffffffff',
    '820081846174818272',
  ]) {
    expect(() => decodeChangeset(fromHex(hex))).toThrow(malformed);
  }
});

property(
  'TEST-8: random bytes are no changeset, and a changed one is refused or another changeset',
  10_000,
  anyChangeset,
  fc.nat(),
  fc.integer({ min: 1, max: 255 }),
  (changeset, at, flip) => {
    const bytes = encodeChangeset(changeset);
    bytes[at % bytes.length] ^= flip;
    try {
      const other = decodeChangeset(bytes);
      expectSame(encodeChangeset(other), bytes);
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: 'CairnError', code: 'malformed' });
    }
  },
);
