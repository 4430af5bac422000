import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { type CborValue, decode, encode } from '../../src/format/cbor.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { limits } from '../../src/limits.ts';
import { mergeOp } from '../../src/model/merge.ts';
import { emptyRow } from '../../src/model/row.ts';
import {
  boolean,
  type Column,
  date,
  decodeRow,
  decodeValue,
  defineSchema,
  encodePatch,
  encodePut,
  encodeValue,
  integer,
  json,
  number,
  ref,
  text,
} from '../../src/model/schema.ts';
import { property } from '../property.ts';
import { values } from './arbitraries.ts';

const { things } = defineSchema({
  version: 1,
  tables: {
    things: {
      name: text(),
      note: text({ default: 'none' }),
      count: integer({ optional: true }),
      toString: boolean({ optional: true, default: true }),
      parent: ref('things', { optional: true }),
    },
  },
}).tables;

const refused = (column: Column, value: unknown): boolean => {
  try {
    encodeValue(column, value);
    return false;
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code === 'value-invalid') return true;
    throw thrown;
  }
};

/** Well-formed text, of any script. */
const words = fc.string({ unit: 'binary' }).filter((value) => !/\p{Surrogate}/u.test(value));
const jsonValues = fc
  .jsonValue({ maxDepth: 6, stringUnit: 'binary' })
  .filter((value) => !/\p{Surrogate}/u.test(JSON.stringify(value).replaceAll(/\\u(d[89a-f]..)/gi, '\ud800')))
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

describe('what is written', () => {
  property(
    'every value of a column comes back equal through its cell and its bytes',
    2000,
    words,
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    (word, whole, real, flag) => {
      const cases: [Column, unknown][] = [
        [text(), word],
        [ref('things'), word],
        [integer(), whole],
        [number(), real === 0 ? 0 : real],
        [boolean(), flag],
        [date(), whole % 8.64e15],
      ];
      for (const [column, value] of cases) {
        const cell = encodeValue(column, value);
        expect(decodeValue(column, decode(encode(cell)))).toEqual(value === 0 ? 0 : value);
      }
    },
  );

  property('every JSON value comes back equal through its cell and its bytes', 2000, jsonValues, (value) => {
    const column = json();
    expect(decodeValue(column, decode(encode(encodeValue(column, value))))).toEqual(
      JSON.parse(JSON.stringify(value), (_, item) => (Object.is(item, -0) ? 0 : item)),
    );
  });

  test.each<[string, Column, readonly unknown[]]>([
    ['text', text(), [1, true, {}, undefined, null, '\ud83d', 'a\udc00b']],
    ['ref', ref('things'), [1, null]],
    ['integer', integer(), [1.5, 2 ** 53, -(2 ** 53), '1', Number.NaN, 1n, null]],
    ['number', number(), [Number.NaN, Number.POSITIVE_INFINITY, '1', null]],
    ['boolean', boolean(), [0, 'true', null]],
    ['date', date(), [new Date(), 1.5, 8.64e15 + 1, '2026-01-01', null]],
    [
      'json',
      json(),
      [
        undefined,
        () => 1,
        1n,
        Symbol('x'),
        new Date(),
        new Map(),
        [undefined],
        { a: undefined },
        Array(1),
        { '\ud800': 1 },
        ['\udc00'],
        new Uint8Array(1),
      ],
    ],
  ])('a value of another type is refused for %s', (_, column, wrong) => {
    for (const value of wrong) expect([value, refused(column, value)]).toEqual([value, true]);
  });

  test('null is for optional columns', () => {
    expect(encodeValue(text({ optional: true }), null)).toBe(null);
    expect(decodeValue(text({ optional: true, default: 'x' }), null)).toBe(null);
  });

  test('MRG-13: a cell over 32 KiB encoded is refused before anything is written', () => {
    const header = 3;
    expect(refused(text(), 'x'.repeat(limits.cellBytes - header))).toBe(false);
    expect(refused(text(), 'x'.repeat(limits.cellBytes - header + 1))).toBe(true);
    expect(refused(text(), '€'.repeat(Math.floor((limits.cellBytes - header) / 3)))).toBe(false);
    expect(refused(text(), '€'.repeat(Math.floor(limits.cellBytes / 3)))).toBe(true);
    expect(encode(encodeValue(text(), 'x'.repeat(limits.cellBytes - header))).length).toBe(limits.cellBytes);
  });

  test('MRG-13: JSON over 32 KiB encoded is refused when its changeset is encoded', () => {
    const write = (items: number): void => {
      const cells = new Map([['c', encodeValue(json(), Array(items).fill(1))]]);
      const op = { kind: 'put', table: 't', id: 'r', cells, seen: new Map() } as const;
      encodeChangeset({ stamp: asStamp(1), ops: [op] });
    };
    expect(() => write(limits.cellBytes - 3)).not.toThrow();
    expect(() => write(limits.cellBytes - 2)).toThrow(CairnError);
  });

  test('JSON that nests deeper than an entry can carry is refused, and so is a cycle', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(refused(json(), nested(9))).toBe(false);
    expect(refused(json(), nested(10))).toBe(true);
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(refused(json(), cycle)).toBe(true);
  });

  test('zero has one sign', () => {
    for (const column of [number(), integer(), date(), json()])
      expect(Object.is(encodeValue(column, -0), 0)).toBe(true);
  });
});

describe('what is read', () => {
  property('reading never fails and always gives a value of the column', 5000, values, (cell: CborValue) => {
    const columns: [Column, (value: unknown) => boolean][] = [
      [text(), (value) => typeof value === 'string'],
      [ref('things'), (value) => typeof value === 'string'],
      [integer(), (value) => Number.isSafeInteger(value)],
      [number(), (value) => Number.isFinite(value)],
      [boolean(), (value) => typeof value === 'boolean'],
      [date(), (value) => Number.isSafeInteger(value)],
      [json(), (value) => value !== undefined],
      [text({ optional: true }), (value) => value === null || typeof value === 'string'],
    ];
    for (const [column, fits] of columns) expect(fits(decodeValue(column, cell))).toBe(true);
  });

  test('what is missing or of another type reads as the default, else null if optional, else the empty value', () => {
    for (const missing of [undefined, new Uint8Array(1)]) {
      expect(decodeValue(text({ default: 'd' }), missing)).toBe('d');
      expect(decodeValue(text({ optional: true, default: 'd' }), missing)).toBe('d');
      expect(decodeValue(integer({ optional: true }), missing)).toBe(null);
      expect(decodeValue(integer(), missing)).toBe(0);
      expect(decodeValue(text(), missing)).toBe('');
      expect(decodeValue(boolean(), missing)).toBe(false);
      expect(decodeValue(json(), missing)).toBe(null);
    }
    expect(decodeValue(text({ default: 'd' }), null)).toBe('d');
    expect(decodeValue(date(), 8.64e15 + 2)).toBe(0);
  });

  test('JSON with a key named __proto__ gives a property of that name and nothing else', () => {
    const read = decodeValue(
      json(),
      new Map<string, CborValue>([['__proto__', new Map([['polluted', true]])]]),
    );
    expect(Object.keys(read as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('a row has its id and all columns of its table, and none that the schema does not know', () => {
    const op = {
      kind: 'put',
      table: 'things',
      id: 'r1',
      cells: new Map<string, CborValue>([
        ['name', 'a'],
        ['later', 1],
      ]),
      seen: new Map(),
    } as const;
    const row = mergeOp(undefined, op, { stamp: asStamp(1), device: asDeviceNumber(1) });
    expect(decodeRow(things, 'r1', row)).toEqual({
      id: 'r1',
      name: 'a',
      note: 'none',
      count: null,
      toString: true,
      parent: null,
    });
    expect(decodeRow(things, 'r2', emptyRow())).toEqual({
      id: 'r2',
      name: '',
      note: 'none',
      count: null,
      toString: true,
      parent: null,
    });
  });
});

describe('rows to cells', () => {
  test('a put writes every column, with its default or null where it was left out', () => {
    expect(encodePut(things, { id: 'r', name: 'a', count: undefined })).toEqual(
      new Map<string, CborValue>([
        ['name', 'a'],
        ['note', 'none'],
        ['count', null],
        ['toString', true],
        ['parent', null],
      ]),
    );
  });

  test('a patch writes the columns it names and gives a value', () => {
    expect(encodePatch(things, { count: 3, note: undefined })).toEqual(new Map([['count', 3]]));
    expect(encodePatch(things, { parent: null })).toEqual(new Map([['parent', null]]));
  });

  test('a missing required column, an unknown one and a wrong value are refused with the name of the column', () => {
    for (const [write, column] of [
      [() => encodePut(things, {}), 'name'],
      [() => encodePut(things, { name: 'a', size: 1 }), 'size'],
      [() => encodePatch(things, { size: 1 }), 'size'],
      [() => encodePatch(things, { name: null }), 'name'],
      [() => encodePatch(things, { count: 'x' }), 'count'],
    ] as const) {
      try {
        write();
        throw new Error('it was accepted');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CairnError);
        expect((thrown as CairnError).code).toBe('value-invalid');
        expect((thrown as CairnError).values.column).toBe(column);
        expect((thrown as CairnError).message).toContain(column);
      }
    }
  });
});
