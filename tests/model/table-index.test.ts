import { describe, expect, test } from 'vitest';
import { asDeviceNumber, asStamp } from '../../src/format/stamp.ts';
import { indexKey, indexKeyFormat } from '../../src/model/index-key.ts';
import { emptyRow, type RowState } from '../../src/model/row.ts';
import {
  boolean,
  checkSchema,
  date,
  defineSchema,
  integer,
  json,
  number,
  ref,
  type Schema,
  text,
} from '../../src/model/schema.ts';
import { type Index, indexesOf, indexKeyOf } from '../../src/model/table-index.ts';
import { rowOf } from './indexed-table.ts';

const at = (stamp: number) => ({ stamp: asStamp(stamp), device: asDeviceNumber(1) });

const lists = { title: text() };
const items = {
  list: ref('lists'),
  board: ref('lists'),
  next: ref('items', { optional: true }),
  title: text({ default: 'untitled' }),
  done: boolean(),
  due: date({ optional: true }),
  rank: number({ optional: true, default: 1.5 }),
  extra: json(),
};
const schema = defineSchema({
  version: 1,
  tables: { lists, items },
  indexes: {
    items: [
      ['due', 'board'],
      ['list', 'due'],
      ['title', 'rank', 'done'],
    ],
  },
});

const namesOf = (index: Index): string => index.columns.map(({ name }) => name).join();

describe('which there are', () => {
  test('STORE-13: those that are declared, in their order, then one for each required reference with which none of them begins', () => {
    expect(indexesOf(schema, 'items').map(namesOf)).toEqual([
      'due,board',
      'list,due',
      'title,rank,done',
      'board',
    ]);
    expect(indexesOf(schema, 'lists')).toEqual([]);
    expect(() => indexesOf(schema, 'nothing')).toThrow('nothing');
  });

  test('a table and column may be named like what every object inherits', () => {
    const odd = { version: 1, tables: { constructor: { toString: ref('lists') }, lists }, indexes: {} };
    checkSchema(odd);
    expect(indexesOf(odd, 'constructor').map(namesOf)).toEqual(['toString']);
  });
});

describe('identity', () => {
  const identityIn = (
    column: unknown,
    index: readonly string[] = ['it', 'done'],
    table = 'things',
  ): string => {
    const of: unknown = {
      version: 1,
      tables: { lists, others: lists, [table]: { done: boolean(), it: column, more: text() } },
      indexes: { [table]: [index] },
    };
    checkSchema(of);
    return indexesOf(of, table)[0]?.identity ?? '';
  };

  test('STORE-13: it is another for another table, column, order of columns, type, option or default', () => {
    const different = [
      identityIn(text()),
      identityIn(text(), ['it', 'done'], 'thing'),
      identityIn(text(), ['done', 'it']),
      identityIn(text(), ['it']),
      identityIn(text(), ['it', 'more']),
      identityIn(text(), ['it', 'done', 'more']),
      identityIn(text({ optional: true })),
      identityIn(text({ default: '' })),
      identityIn(text({ default: 'x' })),
      identityIn(text({ optional: true, default: 'x' })),
      identityIn(integer()),
      identityIn(integer({ default: 0 })),
      identityIn(number()),
      identityIn(date()),
      identityIn(boolean()),
      identityIn(boolean({ default: false })),
      identityIn(ref('lists')),
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  test('STORE-13: it is the same whatever else the schema says, and after a structured clone', () => {
    const [first] = indexesOf(schema, 'items');
    const other = defineSchema({
      version: 7,
      readableSince: 3,
      tables: {
        items: { due: date({ optional: true }), note: text(), board: ref('lists'), list: ref('lists') },
        lists: {},
      },
      indexes: { items: [['list'], ['due', 'board']] },
    });
    const same = indexesOf(other, 'items');
    expect(same.find((index) => namesOf(index) === 'due,board')?.identity).toBe(first?.identity);
    const cloned = indexesOf(structuredClone<Schema>(schema), 'items');
    expect(cloned.map(({ identity }) => identity)).toEqual(
      indexesOf(schema, 'items').map(({ identity }) => identity),
    );
  });

  test('it begins with the number of the format', () => {
    expect(indexesOf(schema, 'items')[0]?.identity.startsWith(`[${indexKeyFormat},`)).toBe(true);
  });
});

describe('keys of rows', () => {
  const [due, , title] = indexesOf(schema, 'items');
  const keyIn = (index: Index | undefined, row: RowState): string | null => {
    if (index === undefined) throw new Error('the schema has this index');
    return indexKeyOf(index, 'i', row);
  };

  test('STORE-13: a row has the key of its values, as a query sees them: defaults, null, and what another type reads as', () => {
    expect(keyIn(due, rowOf({ due: 5, board: 'b' }))).toBe(indexKey([5, 'b'], 'i'));
    expect(keyIn(due, rowOf({ due: null }))).toBe(indexKey([null, ''], 'i'));
    expect(keyIn(due, rowOf({ due: 1.5, board: 7 }))).toBe(indexKey([null, ''], 'i'));
    expect(keyIn(title, rowOf({ title: 'x', rank: null, done: true }))).toBe(
      indexKey(['x', null, true], 'i'),
    );
    expect(keyIn(title, rowOf({ title: null, done: 1 }))).toBe(indexKey(['untitled', 1.5, false], 'i'));
    expect(keyIn(title, rowOf({ title: 'x', rank: Number.NaN, done: true }))).toBe(
      indexKey(['x', 1.5, true], 'i'),
    );
  });

  test('STORE-13: a row has one while it is live, attached or not, and none while it is deleted', () => {
    const row = rowOf({ due: 5, board: 'nowhere' });
    const key = indexKey([5, 'nowhere'], 'i');
    expect(keyIn(due, emptyRow())).toBeNull();
    row.tombstone = at(2);
    expect(keyIn(due, row)).toBeNull();
    row.restored = at(3);
    expect(keyIn(due, row)).toBe(key);
    row.tombstone = at(4);
    expect(keyIn(due, row)).toBeNull();
    row.cells.set('done', { value: true, version: at(5) });
    expect(keyIn(due, row)).toBe(key);
  });
});
