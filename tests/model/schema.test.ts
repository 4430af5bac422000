import { describe, expect, expectTypeOf, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import {
  boolean,
  type Column,
  checkRowId,
  checkSchema,
  date,
  defineSchema,
  type Insert,
  integer,
  type Json,
  json,
  lowestReader,
  number,
  type Patch,
  type Row,
  ref,
  requiredRefs,
  type Schema,
  tableOf,
  text,
} from '../../src/model/schema.ts';

const schema = defineSchema({
  version: 2,
  readableSince: 1,
  tables: {
    lists: { title: text(), order: number({ optional: true }) },
    items: {
      list: ref('lists'),
      next: ref('items', { optional: true }),
      title: text(),
      note: text({ default: '' }),
      done: boolean({ default: false }),
      priority: integer({ optional: true }),
      due: date({ optional: true, default: 0 }),
      tags: json<readonly string[]>({ default: [] }),
      extra: json(),
    },
  },
});
type S = typeof schema;

/** The error that a schema, however wrong its type, is refused with. */
function refusal(value: unknown): CairnError {
  try {
    checkSchema(value);
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown;
    throw thrown;
  }
  throw new Error('the schema was accepted');
}

const withColumn = (column: unknown): unknown => ({ version: 1, tables: { things: { it: column } } });

describe('as plain data', () => {
  test('APP-15: a schema is exactly the data that its builders describe', () => {
    expect(schema.tables.items).toEqual({
      list: { type: 'ref', table: 'lists' },
      next: { type: 'ref', table: 'items', optional: true },
      title: { type: 'text' },
      note: { type: 'text', default: '' },
      done: { type: 'boolean', default: false },
      priority: { type: 'integer', optional: true },
      due: { type: 'date', optional: true, default: 0 },
      tags: { type: 'json', default: [] },
      extra: { type: 'json' },
    });
  });

  test('APP-15: it survives a structured clone and JSON unchanged, and what comes back is a schema', () => {
    const clone: unknown = structuredClone(schema);
    expect(clone).toEqual(schema);
    expect(() => checkSchema(clone)).not.toThrow();
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test('APP-15: an accepted schema is frozen all the way down', () => {
    expect(Object.isFrozen(schema)).toBe(true);
    expect(Object.isFrozen(schema.tables.items.tags)).toBe(true);
    expect(Object.isFrozen(schema.tables.items.tags.default)).toBe(true);
  });

  test.each([
    ['a function', withColumn(text)],
    ['a class instance', withColumn(new Date(0))],
    ['a getter', Object.defineProperty({ tables: {} }, 'version', { get: () => 1, enumerable: true })],
    ['a symbol', { version: 1, tables: { [Symbol('t')]: {} } }],
    ['undefined', withColumn({ type: 'text', default: undefined })],
    ['a column that is no object', withColumn('text')],
    ['a Map for a default', withColumn({ type: 'json', default: new Map() })],
    ['a function deep in a default', withColumn({ type: 'json', default: { a: [() => 1] } })],
    ['a word that no column has', withColumn({ type: 'text', unique: true })],
    ['a word that no schema has', { version: 1, tables: {}, name: 'x' }],
    ['an unknown type', withColumn({ type: 'blob' })],
    ['optional: false', withColumn({ type: 'text', optional: false })],
    ['null', null],
    ['text', 'schema'],
  ])('APP-15: %s in it is refused with words', (_, value) => {
    const { code, message } = refusal(value);
    expect(code).toBe('schema-invalid');
    expect(message.length).toBeGreaterThan(10);
  });

  test.each([
    ['integer', 1.5],
    ['integer', 2 ** 53],
    ['text', 1],
    ['text', '\ud800'],
    ['boolean', 0],
    ['date', 'today'],
    ['number', Number.NaN],
    ['text', null],
  ])('a default of another type is refused: %s = %s', (type, value) => {
    expect(refusal(withColumn({ type, default: value })).message).toContain('default');
  });

  test.each([0, -1, 1.5, '1', null])('the version %s is refused', (version) => {
    expect(refusal({ version, tables: {} }).message).toContain('version');
  });

  test('readableSince is a version up to this one, and is what entries state', () => {
    expect(refusal({ version: 2, readableSince: 3, tables: {} }).message).toContain('readableSince');
    expect(refusal({ version: 2, readableSince: 0, tables: {} }).message).toContain('readableSince');
    expect(lowestReader(schema)).toBe(1);
    expect(lowestReader(defineSchema({ version: 7, tables: {} }))).toBe(0);
  });
});

describe('names and sizes', () => {
  const named = (name: string): unknown => ({ version: 1, tables: { [name]: {} } });

  test('MRG-13: a name of a table or column is 1 to 64 bytes of UTF-8', () => {
    expect(() => checkSchema(named('ü'.repeat(32)))).not.toThrow();
    expect(refusal(named('ü'.repeat(33))).values).toEqual({ table: 'ü'.repeat(33) });
    expect(refusal(named('')).code).toBe('schema-invalid');
    expect(refusal(named('\udfff')).code).toBe('schema-invalid');
    expect(refusal({ version: 1, tables: { t: { ['x'.repeat(65)]: text() } } }).values).toEqual({
      table: 't',
      column: 'x'.repeat(65),
    });
  });

  test('MRG-13: a table has at most 64 columns', () => {
    const columns = (count: number): unknown => ({
      version: 1,
      tables: { t: Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, text()])) },
    });
    expect(() => checkSchema(columns(limits.columnsPerRow))).not.toThrow();
    expect(refusal(columns(limits.columnsPerRow + 1)).message).toContain('64');
  });

  test('MRG-13: a row id is 1 to 128 bytes of UTF-8', () => {
    for (const id of ['a', 'é'.repeat(64)]) expect(() => checkRowId(id)).not.toThrow();
    for (const id of ['', 'é'.repeat(65), '\ud800', 7, null])
      expect(() => checkRowId(id)).toThrow(CairnError);
  });

  test('a column named id is refused: every row has one', () => {
    expect(refusal({ version: 1, tables: { t: { id: text() } } }).message).toContain('id');
  });

  test('a column named __proto__ is refused, one named like an inherited method is not', () => {
    expect(refusal(JSON.parse('{"version":1,"tables":{"t":{"__proto__":{"type":"text"}}}}')).code).toBe(
      'schema-invalid',
    );
    expect(() => checkSchema({ version: 1, tables: { constructor: { toString: text() } } })).not.toThrow();
    expect(() => tableOf(schema, 'constructor')).toThrow(CairnError);
  });
});

describe('references', () => {
  const cyclic = (refs: Record<string, Record<string, Column>>): unknown => ({ version: 1, tables: refs });

  test('MRG-8: a cycle of required references is refused when the schema is defined, and named', () => {
    expect(refusal(cyclic({ a: { self: ref('a') } })).message).toContain('a → a');
    const { message, code } = refusal(
      cyclic({ x: { a: ref('a') }, a: { b: ref('b') }, b: { c: ref('c') }, c: { a: ref('a') } }),
    );
    expect(code).toBe('schema-invalid');
    expect(message).toContain('a → b → c → a');
  });

  test('MRG-8: a cycle through an optional reference is no cycle, nor are two ways to one table', () => {
    expect(() => checkSchema(cyclic({ a: { up: ref('a', { optional: true }) } }))).not.toThrow();
    expect(() =>
      checkSchema(
        cyclic({ top: {}, l: { t: ref('top') }, r: { t: ref('top') }, low: { l: ref('l'), r: ref('r') } }),
      ),
    ).not.toThrow();
  });

  test('a reference to no table, or with a default, is refused', () => {
    expect(refusal(cyclic({ a: { b: ref('b') } })).message).toContain('no table');
    expect(refusal(cyclic({ a: { b: ref('toString') } })).message).toContain('no table');
    expect(
      refusal(withColumn({ type: 'ref', table: 'things', optional: true, default: 'x' })).message,
    ).toContain('default');
    expect(refusal(withColumn({ type: 'text', table: 'things' })).message).toContain('reference');
  });

  test('only references that are not optional are required', () => {
    expect(requiredRefs(schema.tables.items)).toEqual([{ column: 'list', target: 'lists' }]);
  });
});

describe('indexes', () => {
  const tables = {
    lists: { title: text() },
    items: {
      list: ref('lists'),
      title: text(),
      done: boolean(),
      due: date(),
      rank: integer(),
      extra: json(),
    },
  };
  const indexed = defineSchema({
    version: 1,
    tables,
    indexes: { items: [['list', 'due'], ['due'], ['due', 'list'], ['list', 'title', 'done', 'rank']] },
  });
  const withIndexes = (indexes: unknown): unknown => ({ version: 1, tables, indexes });

  test('APP-15: indexes survive a structured clone and JSON, and are frozen all the way down', () => {
    const clone: unknown = structuredClone(indexed);
    expect(clone).toEqual(indexed);
    expect(() => checkSchema(clone)).not.toThrow();
    expect(JSON.parse(JSON.stringify(indexed))).toEqual(indexed);
    expect(Object.isFrozen(indexed.indexes)).toBe(true);
    expect(Object.isFrozen(indexed.indexes.items)).toBe(true);
    expect(Object.isFrozen(indexed.indexes.items[0])).toBe(true);
  });

  test.each<[string, unknown, RegExp, Record<string, string>?]>([
    ['of no table', { things: [['title']] }, /things.*no table/, { table: 'things' }],
    ['of an inherited table', { toString: [['title']] }, /toString.*no table/],
    ['of no column', { items: [['size']] }, /items.*size.*no column/, { table: 'items', column: 'size' }],
    ['of an inherited column', { items: [['toString']] }, /no column/],
    ['of JSON', { items: [['list', 'extra']] }, /items.*extra.*JSON/, { table: 'items', column: 'extra' }],
    ['of the id', { items: [['id']] }, /items.*id/, { table: 'items', column: 'id' }],
    ['with a column twice', { items: [['due', 'list', 'due']] }, /items.*due twice/],
    ['there twice', { items: [['due', 'list'], ['list'], ['due', 'list']] }, /items.*twice: due, list/],
    ['of no columns', { items: [[]] }, /items.*1 to 4/],
    ['of five columns', { items: [['list', 'title', 'done', 'due', 'rank']] }, /items.*1 to 4/],
    ['that is a name', { items: ['due'] }, /items.*list of columns/],
    ['of numbers', { items: [[1]] }, /items.*list of columns/],
    ['with a hole', { items: [Object.assign(['due'], { length: 2 })] }, /items/],
    ['that is a hole', { items: Array<unknown>(1) }, /items.*list of columns/],
    ['without lists', { items: 'due' }, /items.*no list/],
    ['in an array', [['due']], /./],
    ['in a Map', new Map(), /plain object/],
    ['undefined', undefined, /undefined/],
    ['null', null, /plain object/],
  ])('an index %s is refused, in words that name where', (_, indexes, words, values) => {
    const { code, message, values: named } = refusal(withIndexes(indexes));
    expect(code).toBe('schema-invalid');
    expect(message).toMatch(words);
    if (values !== undefined) expect(named).toEqual(values);
  });

  test('a table has at most eight indexes', () => {
    const columns = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`c${i}`, text()]));
    const many = (count: number): unknown => ({
      version: 1,
      tables: { t: columns },
      indexes: {
        t: Object.keys(columns)
          .slice(0, count)
          .map((name) => [name]),
      },
    });
    expect(() => checkSchema(many(limits.indexesPerTable))).not.toThrow();
    expect(refusal(many(limits.indexesPerTable + 1)).message).toContain('8');
  });

  test('an index that the compiler can see is wrong does not compile', () => {
    const wrong = (): void => {
      // @ts-expect-error there is no table item
      defineSchema({ version: 1, tables, indexes: { item: [['due']] } });
    };
    expect(wrong).toThrow(CairnError);
    const wrongToo = (): void => {
      // @ts-expect-error there is no column size
      defineSchema({ version: 1, tables, indexes: { items: [['list', 'size']] } });
    };
    expect(wrongToo).toThrow(CairnError);
    const json = (): void => {
      // @ts-expect-error JSON has no order
      defineSchema({ version: 1, tables, indexes: { items: [['extra']] } });
    };
    expect(json).toThrow(CairnError);
    const ids = (): void => {
      // @ts-expect-error rows lie by id as they are
      defineSchema({ version: 1, tables, indexes: { items: [['id']] } });
    };
    expect(ids).toThrow(CairnError);
  });

  test('types: indexes change nothing of the rows', () => {
    expectTypeOf<Row<typeof indexed, 'lists'>>().toEqualTypeOf<{
      readonly id: string;
      readonly title: string;
    }>();
    expectTypeOf<typeof indexed>().toExtend<Schema>();
  });
});

describe('types', () => {
  test('a row has exactly its columns, null only where they are optional', () => {
    expectTypeOf<Row<S, 'lists'>>().toEqualTypeOf<{
      readonly id: string;
      readonly title: string;
      readonly order: number | null;
    }>();
    expectTypeOf<Row<S, 'items'>>().toEqualTypeOf<{
      readonly id: string;
      readonly list: string;
      readonly next: string | null;
      readonly title: string;
      readonly note: string;
      readonly done: boolean;
      readonly priority: number | null;
      readonly due: number | null;
      readonly tags: readonly string[];
      readonly extra: Json;
    }>();
  });

  test('an insert may leave out the id and what is optional or has a default', () => {
    expectTypeOf<Insert<S, 'items'>>().toEqualTypeOf<{
      readonly id?: string;
      readonly list: string;
      readonly title: string;
      readonly extra: Json;
      readonly next?: string | null;
      readonly note?: string;
      readonly done?: boolean;
      readonly priority?: number | null;
      readonly due?: number | null;
      readonly tags?: readonly string[];
    }>();
  });

  test('a patch may name any column, and null only where it is optional', () => {
    expectTypeOf<{ title: string }>().toExtend<Patch<S, 'items'>>();
    expectTypeOf<{ due: null }>().toExtend<Patch<S, 'items'>>();
    expectTypeOf<{ title: null }>().not.toExtend<Patch<S, 'items'>>();
    expectTypeOf<Patch<S, 'items'>>().not.toHaveProperty('id');
  });

  test('a schema of unknown tables still has rows with ids', () => {
    expectTypeOf<Row<Schema, string>['id']>().toBeString();
  });

  test('what the compiler can see is wrong does not compile', () => {
    const wrong = (): void => {
      // @ts-expect-error there is no table list
      defineSchema({ version: 1, tables: { lists: {}, items: { list: ref('list') } } });
      // @ts-expect-error the name id is taken
      defineSchema({ version: 1, tables: { lists: { id: text() } } });
      // @ts-expect-error a default of another type
      text({ default: 1 });
      // @ts-expect-error a reference has no default
      ref('lists', { default: 'x' });
      // @ts-expect-error a version is needed
      defineSchema({ tables: {} });
    };
    expect(wrong).toThrow(CairnError);
  });
});
