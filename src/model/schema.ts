import { CairnError, type FailureValue } from '../errors.ts';
import { utf8Length } from '../format/bytes.ts';
import { limits } from '../limits.ts';
import type { Column, ColumnValue, Flat } from './column.ts';
import { encodeValue } from './value.ts';

export * from './column.ts';
export { decodeRow, decodeValue, encodePatch, encodePut, encodeValue } from './value.ts';

/**
 * A schema is plain data: tables by name, columns by name, and a version. It gives rows their types where they are
 * read and written; what is stored and merged does not depend on it (DESIGN §4).
 *
 * 1. It survives a structured clone unchanged; what would not is refused with words (`schema-invalid`).
 * 2. Required references make no cycle, so "attached" is well defined.
 * 3. A schema that was accepted is frozen, all the way down.
 */
export interface Schema {
  /** Rises with every change of the schema; 1 for the first. */
  readonly version: number;
  /**
   * The lowest version of this schema whose apps may read what this version writes. Leave it out while changes are
   * additions that older apps can ignore; set it when they would misread the rows, and they ask for an update
   * instead.
   */
  readonly readableSince?: number;
  readonly tables: Readonly<Record<string, TableSchema>>;
  /**
   * By table, the columns that queries look rows up or order them by: `{ items: [['list', 'order'], ['due']] }`. An index
   * is a matter of speed alone: no query answers otherwise with it. Required references have one without being named.
   */
  readonly indexes?: Readonly<Record<string, readonly (readonly string[])[]>>;
}

export type TableSchema = Readonly<Record<string, Column>>;

export type TableName<S extends Schema> = keyof S['tables'] & string;
export type ColumnName<S extends Schema, T extends TableName<S>> = keyof S['tables'][T] & string;

/** A row as it is read: its id and every column. */
export type Row<S extends Schema, T extends TableName<S>> = Flat<
  { readonly id: string } & {
    readonly [C in ColumnName<S, T>]: ColumnValue<S['tables'][T][C]>;
  }
>;

type NeedNotBeGiven<C> = C extends { readonly optional: true }
  ? true
  : C extends { readonly default: unknown }
    ? true
    : false;

/** A row as it is put: columns that are optional or have a default may be left out, and so may the id. */
export type Insert<S extends Schema, T extends TableName<S>> = Flat<
  { readonly id?: string } & {
    readonly [C in ColumnName<S, T> as NeedNotBeGiven<S['tables'][T][C]> extends true
      ? never
      : C]: ColumnValue<S['tables'][T][C]>;
  } & {
    readonly [C in ColumnName<S, T> as NeedNotBeGiven<S['tables'][T][C]> extends true
      ? C
      : never]?: ColumnValue<S['tables'][T][C]>;
  }
>;

/** Changes to some columns of a row; a column left out or undefined stays as it is. */
export type Patch<S extends Schema, T extends TableName<S>> = Flat<{
  readonly [C in ColumnName<S, T>]?: ColumnValue<S['tables'][T][C]>;
}>;

/** Columns that an index can be of: all but JSON. */
type IndexColumnName<T> = {
  [C in keyof T & string]: T[C] extends { readonly type: 'json' } ? never : C;
}[keyof T & string];

/**
 * Turns a reference to a table that is not there, a column named `id`, and an index of a table or column that is not
 * there into a compile error with words.
 */
type Checked<S extends Schema> = {
  readonly indexes?: {
    readonly [T in keyof S['indexes']]: T extends keyof S['tables']
      ? readonly (readonly IndexColumnName<S['tables'][T]>[])[]
      : `there is no table ${T & string}`;
  };
  readonly tables: {
    readonly [T in keyof S['tables']]: {
      readonly [C in keyof S['tables'][T]]: C extends 'id'
        ? 'every row has an id: the name is taken'
        : S['tables'][T][C] extends { readonly type: 'ref'; readonly table: infer R extends string }
          ? R extends keyof S['tables']
            ? S['tables'][T][C]
            : `there is no table ${R}`
          : S['tables'][T][C];
    };
  };
};

/**
 * Checks a schema and returns it, frozen and with its types:
 *
 *   const schema = defineSchema({
 *     version: 1,
 *     tables: {
 *       lists: { title: text() },
 *       items: { list: ref('lists'), title: text(), done: boolean({ default: false }), due: date({ optional: true })
 *       },
 *     },
 *     indexes: { items: [['list', 'due']] },
 *   });
 *   type Item = Row<typeof schema, 'items'>;
 *
 * Throws `schema-invalid`, naming the table and column: names that are empty or over 64 bytes, more than 64 columns,
 * a reference to no table, a cycle of required references, a default of another type, an index of a column that is not
 * there or is JSON, anything that is not plain data.
 */
export function defineSchema<const S extends Schema>(schema: S & Checked<S>): S {
  checkSchema(schema);
  return freeze(schema);
}

/** Throws `schema-invalid` unless `value`, which may have come from anywhere, is a schema. */
export function checkSchema(value: unknown): asserts value is Schema {
  const schema = plain(value, 'the schema', ['version', 'readableSince', 'tables', 'indexes']);
  const { version, readableSince } = schema;
  if (!isCount(version)) throw invalid('version is a whole number from 1 on');
  if (readableSince !== undefined && !(isCount(readableSince) && readableSince <= version)) {
    throw invalid('readableSince is a whole number from 1 up to the version');
  }
  const tables = plain(schema.tables, 'tables');
  for (const [table, columns] of Object.entries(tables)) {
    checkName(table, 'a table', { table });
    const named = Object.entries(plain(columns, `table ${table}`));
    if (named.length > limits.columnsPerRow) {
      throw invalid(`table ${table} has more than ${limits.columnsPerRow} columns`, { table });
    }
    for (const [name, column] of named) checkColumn(table, name, column, tables);
  }
  // Each column was just checked to be one.
  const checked = tables as Readonly<Record<string, TableSchema>>;
  checkCycles(checked);
  if ('indexes' in schema) checkIndexes(checked, plain(schema.indexes, 'indexes'));
}

const columnTypes = new Set<unknown>(['text', 'integer', 'number', 'boolean', 'date', 'json', 'ref']);

function checkColumn(table: string, name: string, value: unknown, tables: Record<string, unknown>): void {
  const place = `column ${name} of table ${table}`;
  const at = { table, column: name };
  checkName(name, 'a column', at);
  if (name === 'id') throw invalid(`table ${table}: every row has an id, the name is taken`, at);
  const column = plain(value, place, ['type', 'optional', 'default', 'table']);
  if (!columnTypes.has(column.type)) throw invalid(`${place} has no known type`, at);
  if ('optional' in column && column.optional !== true)
    throw invalid(`${place}: optional is true or left out`, at);
  if (column.type === 'ref') {
    if (typeof column.table !== 'string' || !Object.hasOwn(tables, column.table)) {
      throw invalid(`${place} refers to ${String(column.table)}, which is no table`, at);
    }
    if ('default' in column) throw invalid(`${place}: a reference has no default`, at);
  } else if ('table' in column) {
    throw invalid(`${place}: only a reference names a table`, at);
  }
  if (!('default' in column)) return;
  checkPlain(column.default, place);
  try {
    // Of a column without `optional`, so that null is no default.
    encodeValue({ type: column.type } as Column, column.default);
  } catch {
    throw invalid(`${place}: the default is not a ${String(column.type)} value`, at);
  }
}

function checkIndexes(
  tables: Readonly<Record<string, TableSchema>>,
  indexes: Readonly<Record<string, unknown>>,
): void {
  for (const [table, given] of Object.entries(indexes)) {
    const columns = Object.hasOwn(tables, table) ? tables[table] : undefined;
    if (columns === undefined) throw invalid(`indexes of ${table}, which is no table`, { table });
    if (!Array.isArray(given)) throw invalid(`the indexes of table ${table} are no list`, { table });
    if (given.length > limits.indexesPerTable) {
      throw invalid(`table ${table} has more than ${limits.indexesPerTable} indexes`, { table });
    }
    const known = new Set<string>();
    // Array.from, so that a hole counts as the undefined that it reads as.
    for (const names of Array.from<unknown>(given)) checkIndex(table, columns, names, known);
  }
}

function checkIndex(table: string, columns: TableSchema, names: unknown, known: Set<string>): void {
  const place = `an index of table ${table}`;
  if (!isTexts(names)) throw invalid(`${place} is a list of columns by name`, { table });
  if (names.length < 1 || names.length > limits.columnsPerIndex) {
    throw invalid(`${place} has 1 to ${limits.columnsPerIndex} columns`, { table });
  }
  for (const [at, column] of names.entries()) {
    const type = Object.hasOwn(columns, column) ? columns[column]?.type : undefined;
    const where = { table, column };
    if (column === 'id') throw invalid(`${place}: rows lie by id as they are, it needs no index`, where);
    if (type === undefined) throw invalid(`${place} names ${column}, which is no column of it`, where);
    if (type === 'json') throw invalid(`${place}: column ${column} is JSON, which has no order`, where);
    if (names.indexOf(column) < at) throw invalid(`${place} names column ${column} twice`, where);
  }
  const written = JSON.stringify(names);
  if (known.has(written)) throw invalid(`${place} is there twice: ${names.join(', ')}`, { table });
  known.add(written);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && Array.from<unknown>(value).every((item) => typeof item === 'string');
}

/** Throws unless `name` can name a table or column: 1 to 64 bytes of well-formed text. */
function checkName(name: string, what: string, at: Record<string, FailureValue>): void {
  if (name === '' || name === '__proto__' || !isWellFormed(name) || utf8Length(name) > limits.nameBytes) {
    throw invalid(
      `the name of ${what} is 1 to ${limits.nameBytes} bytes of text: ${JSON.stringify(name)}`,
      at,
    );
  }
}

/** True for text that has a UTF-8 form: no half of a surrogate pair stands alone. */
export function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

/** Throws `value-invalid` unless `id` can name a row: 1 to 128 bytes of well-formed text. */
export function checkRowId(id: unknown): asserts id is string {
  if (typeof id === 'string' && id !== '' && isWellFormed(id) && utf8Length(id) <= limits.rowIdBytes) return;
  throw new CairnError('value-invalid', `a row id is 1 to ${limits.rowIdBytes} bytes of text`, {
    limit: limits.rowIdBytes,
  });
}

/** The table's columns; throws `schema-invalid` for a table the schema has not. */
export function tableOf(schema: Schema, table: string): TableSchema {
  const found = Object.hasOwn(schema.tables, table) ? schema.tables[table] : undefined;
  if (found === undefined) throw invalid(`there is no table ${table}`, { table });
  return found;
}

/** The required references of a table: column name and target. */
export function requiredRefs(
  table: TableSchema,
): readonly { readonly column: string; readonly target: string }[] {
  return Object.entries(table).flatMap(([column, of]) =>
    of.type === 'ref' && of.optional !== true ? [{ column, target: of.table }] : [],
  );
}

/** The lowest schema version that may read what this schema writes, as an entry's header states it; 0 means any. */
export function lowestReader(schema: Schema): number {
  return schema.readableSince ?? 0;
}

function checkCycles(tables: Readonly<Record<string, TableSchema>>): void {
  const done = new Set<string>();
  const visit = (table: string, path: readonly string[]): void => {
    if (path.includes(table)) {
      const cycle = [...path.slice(path.indexOf(table)), table].join(' → ');
      throw invalid(`required references make a cycle: ${cycle}; make one of them optional`, { table });
    }
    if (done.has(table)) return;
    for (const { target } of requiredRefs(tables[table] ?? {})) visit(target, [...path, table]);
    done.add(table);
  };
  for (const table of Object.keys(tables)) visit(table, []);
}

/** A plain object with own data properties under text names, of the allowed names if there are any. */
function plain(value: unknown, what: string, allowed?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw invalid(`${what} is not a plain object`);
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of an object from another realm has none itself; one with a class behind it has.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw invalid(`${what} is not a plain object`);
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (typeof key === 'symbol' || property?.enumerable !== true || !('value' in property)) {
      throw invalid(`${what} holds ${String(key)}, which is not plain data`);
    }
    if (allowed !== undefined && !allowed.includes(key)) throw invalid(`${what} has no place for ${key}`);
    if (property.value === undefined) throw invalid(`${what}: ${key} is undefined; leave it out`);
  }
  return value as Record<string, unknown>;
}

/** Throws unless a default is made of plain objects, arrays and primitives. */
function checkPlain(value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null) return;
  const items: unknown[] = Array.isArray(value)
    ? value
    : Object.values(plain(value, `the default of ${what}`));
  for (const item of items) checkPlain(item, what);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function invalid(message: string, values: Record<string, FailureValue> = {}): CairnError {
  return new CairnError('schema-invalid', message, values);
}
