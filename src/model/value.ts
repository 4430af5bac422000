import { CairnError, type FailureValue } from '../errors.ts';
import { utf8Length } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import { limits } from '../limits.ts';
import type { Column } from './column.ts';
import type { RowState } from './row.ts';
import type { TableSchema } from './schema.ts';

/**
 * From the values of an app to the values of cells and back.
 *
 * 1. Writing is strict: a value of another type and text over 32 KiB or without a UTF-8 form are refused
 *    (`value-invalid`). How long JSON is shows when it is encoded: `encodeChangeset` refuses it there, before anything is
 *    written either. (This file runs in the page, which has no encoder.)
 * 2. Reading never fails: what is missing or of another type reads as the column's default, else as null where the
 *    column is optional, else as the type's empty value. So a row always has the type its schema gives it.
 */

/** The cell value for a column. Throws `value-invalid`. */
export function encodeValue(column: Column, value: unknown): CborValue {
  if (value === null && column.optional === true) return null;
  switch (column.type) {
    case 'text':
      return checkText(value);
    case 'ref':
      return checkText(value);
    case 'integer':
      if (!Number.isSafeInteger(value)) throw wrong('a whole number in the safe range', value);
      return normal(value as number);
    case 'number':
      if (!Number.isFinite(value)) throw wrong('a finite number', value);
      return normal(value as number);
    case 'date':
      if (!isTime(value)) throw wrong('a time in milliseconds', value);
      return normal(value);
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong('true or false', value);
      return value;
    case 'json':
      return jsonToCbor(value, limits.cellDepth);
  }
}

/** The value of a column as the app reads it; never throws. */
export function decodeValue(column: Column, value: CborValue | undefined): unknown {
  if (value === null && column.optional === true) return null;
  switch (column.type) {
    case 'text':
    case 'ref':
      if (typeof value === 'string') return value;
      break;
    case 'integer':
      if (Number.isSafeInteger(value)) return value;
      break;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'date':
      if (isTime(value)) return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'json': {
      const found = value === undefined ? undefined : cborToJson(value);
      if (found !== undefined) return found;
    }
  }
  return substitute(column);
}

/** What a missing value reads as (promise 2). */
function substitute(column: Column): unknown {
  if (column.type !== 'ref' && column.default !== undefined) return column.default;
  if (column.optional === true) return null;
  switch (column.type) {
    case 'text':
    case 'ref':
      return '';
    case 'integer':
    case 'number':
    case 'date':
      return 0;
    case 'boolean':
      return false;
    case 'json':
      return null;
  }
}

/** A row of the app from a row's state: `{id, …columns}`. Columns that the schema does not know are left out. */
export function decodeRow(table: TableSchema, id: string, row: RowState): { readonly id: string } {
  const decoded: { id: string; [column: string]: unknown } = { id };
  for (const [name, column] of columnsOf(table))
    decoded[name] = decodeValue(column, row.cells.get(name)?.value);
  return decoded;
}

/**
 * The cells of a whole row: every column of the table, with its default or null where it was left out. Throws
 * `value-invalid` for a missing or unknown column and for a wrong value.
 */
export function encodePut(
  table: TableSchema,
  row: Readonly<Record<string, unknown>>,
): Map<string, CborValue> {
  refuseUnknown(table, row);
  const cells = new Map<string, CborValue>();
  for (const [name, column] of columnsOf(table)) {
    const given = own(row, name);
    if (given !== undefined) cells.set(name, encodeAt(name, column, given));
    else if (column.type !== 'ref' && column.default !== undefined) {
      cells.set(name, encodeAt(name, column, column.default));
    } else if (column.optional === true) cells.set(name, null);
    else throw new CairnError('value-invalid', `column ${name} is missing`, { column: name });
  }
  return cells;
}

/** The cells of the columns that `changes` names and gives a value. Throws `value-invalid`. */
export function encodePatch(
  table: TableSchema,
  changes: Readonly<Record<string, unknown>>,
): Map<string, CborValue> {
  refuseUnknown(table, changes);
  const cells = new Map<string, CborValue>();
  for (const [name, column] of columnsOf(table)) {
    const given = own(changes, name);
    if (given !== undefined) cells.set(name, encodeAt(name, column, given));
  }
  return cells;
}

/** A column may be named like something that every object inherits (`toString`). */
function own(row: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function encodeAt(name: string, column: Column, value: unknown): CborValue {
  try {
    return encodeValue(column, value);
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw new CairnError(thrown.code, `column ${name}: ${thrown.message}`, {
      ...thrown.values,
      column: name,
    });
  }
}

function refuseUnknown(table: TableSchema, row: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(row)) {
    if (name !== 'id' && !Object.hasOwn(table, name)) {
      throw new CairnError('value-invalid', `there is no column ${name}`, { column: name });
    }
  }
}

const columnLists = new WeakMap<TableSchema, readonly (readonly [string, Column])[]>();

/** The columns of a table as a list, made once: rows are decoded by the ten thousand. */
function columnsOf(table: TableSchema): readonly (readonly [string, Column])[] {
  const known = columnLists.get(table);
  if (known !== undefined) return known;
  const list = Object.entries(table);
  columnLists.set(table, list);
  return list;
}

function checkText(value: unknown): string {
  if (typeof value !== 'string') throw wrong('text', value);
  if (/\p{Surrogate}/u.test(value)) throw wrong('well-formed text', value);
  // At most three bytes a code unit and five before them: only long texts need to be measured.
  if (value.length * 3 + 5 > limits.cellBytes) {
    const bytes = utf8Length(value);
    if (bytes + (bytes < 256 ? 2 : bytes < 65_536 ? 3 : 5) > limits.cellBytes) throw tooLarge();
  }
  return value;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
}

/** Zero has one sign: -0 and 0 are the same value to every app, so they get the same bytes. */
function normal(value: number): number {
  return value === 0 ? 0 : value;
}

function jsonToCbor(value: unknown, depth: number): CborValue {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (/\p{Surrogate}/u.test(value)) throw wrong('well-formed text', value);
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw wrong('a finite number', value);
      return normal(value);
    case 'object': {
      if (value === null) return null;
      if (depth === 0) throw wrong(`JSON at most ${limits.cellDepth} levels deep`, value);
      // Array.from, so that a hole counts as the undefined that it reads as.
      if (Array.isArray(value)) return Array.from(value, (item) => jsonToCbor(item, depth - 1));
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw wrong('plain JSON', value);
      const map = new Map<string, CborValue>();
      for (const [key, item] of Object.entries(value)) {
        if (/\p{Surrogate}/u.test(key)) throw wrong('well-formed text', key);
        map.set(key, jsonToCbor(item, depth - 1));
      }
      return map;
    }
    default:
      throw wrong('plain JSON', value);
  }
}

/** `undefined` for what no JSON value is made of: bytes, a number that is not finite, a key that is not text. */
function cborToJson(value: CborValue): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return undefined;
  if (isList(value)) {
    const items = value.map(cborToJson);
    return items.includes(undefined) ? undefined : items;
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of value) {
    const decoded = cborToJson(item);
    if (typeof key !== 'string' || decoded === undefined) return undefined;
    entries.push([key, decoded]);
  }
  // fromEntries makes own properties, whatever their names.
  return Object.fromEntries(entries);
}

function isList(
  value: readonly CborValue[] | ReadonlyMap<string | number, CborValue>,
): value is readonly CborValue[] {
  return Array.isArray(value);
}

function wrong(expected: string, value: unknown): CairnError {
  const values: Record<string, FailureValue> = { expected, found: value === null ? 'null' : typeof value };
  return new CairnError('value-invalid', `expected ${expected}, found ${values.found}`, values);
}

function tooLarge(): CairnError {
  return new CairnError('value-invalid', `a cell is at most ${limits.cellBytes} bytes encoded`, {
    limit: limits.cellBytes,
  });
}
