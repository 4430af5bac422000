/**
 * The columns of a schema, as plain data and as types. A builder returns nothing but the object it describes, so
 * `text({ default: '' })` *is* `{ type: 'text', default: '' }`: it can be printed, compared, stored and sent to a
 * worker.
 *
 *   builder      in TypeScript   in a cell                         empty value
 *   text         string          text                              ''
 *   integer      number          integer in the safe range         0
 *   number       number          integer or float, finite          0
 *   boolean      boolean         true or false                     false
 *   date         number          integer: ms since the Unix epoch  0
 *   json<T>      T               null, boolean, number, text, array or map
 *   ref          string          text: the id of a row of the table
 *
 * `optional` lets a column be null. `default` is written when a row is put without the column, and read where a cell
 * is missing or of another type. A reference that is not optional is *required*: its row shows only while the row it
 * names does (DESIGN §4).
 */
export type Column =
  | TextColumn
  | IntegerColumn
  | NumberColumn
  | BooleanColumn
  | DateColumn
  | JsonColumn<unknown>
  | RefColumn;

export interface TextColumn extends ColumnOptions<string> {
  readonly type: 'text';
}
export interface IntegerColumn extends ColumnOptions<number> {
  readonly type: 'integer';
}
export interface NumberColumn extends ColumnOptions<number> {
  readonly type: 'number';
}
export interface BooleanColumn extends ColumnOptions<boolean> {
  readonly type: 'boolean';
}
/**
 * Milliseconds since the Unix epoch, what `Date.getTime()` gives; no `Date` objects, which don't survive every copy.
 */
export interface DateColumn extends ColumnOptions<number> {
  readonly type: 'date';
}
export interface JsonColumn<T> extends ColumnOptions<T> {
  readonly type: 'json';
  /** Carries `T` in the type alone; never there at run time. */
  readonly [shape]?: T;
}
export interface RefColumn {
  readonly type: 'ref';
  readonly table: string;
  readonly optional?: true;
}

declare const shape: unique symbol;

export interface ColumnOptions<T> {
  /** The column may be null, and is when it is left out (unless it has a default). */
  readonly optional?: true;
  readonly default?: T;
}

/** What `json()` takes when it is not told more. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type None = Record<never, never>;
type Built<Type extends string, Options> = Flat<{ readonly type: Type } & Readonly<Options>>;

/** An intersection of object types, written out as one. */
export type Flat<T> = { [K in keyof T]: T[K] } & unknown;

/** Text of any script, at most 32 KiB encoded. */
export function text<const O extends ColumnOptions<string> = None>(options?: O): Built<'text', O> {
  return built('text', options);
}

/** A whole number in JavaScript's safe range. */
export function integer<const O extends ColumnOptions<number> = None>(options?: O): Built<'integer', O> {
  return built('integer', options);
}

/** A finite number. */
export function number<const O extends ColumnOptions<number> = None>(options?: O): Built<'number', O> {
  return built('number', options);
}

export function boolean<const O extends ColumnOptions<boolean> = None>(options?: O): Built<'boolean', O> {
  return built('boolean', options);
}

/** A moment, as milliseconds since the Unix epoch. */
export function date<const O extends ColumnOptions<number> = None>(options?: O): Built<'date', O> {
  return built('date', options);
}

/**
 * Any JSON value, merged as a whole: the later writer's value wins, edits inside it are not combined. `T` is taken on
 * trust, as with `JSON.parse`: it says what this app writes.
 */
export function json<T = Json>(): JsonColumn<T>;
export function json<T = Json>(options: { optional: true }): JsonColumn<T> & { readonly optional: true };
export function json<T = Json>(options: { default: T }): JsonColumn<T> & { readonly default: T };
export function json<T = Json>(options: {
  optional: true;
  default: T;
}): JsonColumn<T> & { readonly optional: true; readonly default: T };
export function json(options?: ColumnOptions<unknown>): JsonColumn<unknown> {
  return built('json', options);
}

/**
 * The id of a row of `table`. A reference never rejects data: it may name a row that is deleted or not here yet;
 * while it does, the rows that require it are kept and not shown.
 */
export function ref<const T extends string, const O extends { readonly optional?: true } = None>(
  table: T,
  options?: O,
): Flat<{ readonly type: 'ref'; readonly table: T } & Readonly<O>> {
  // The same statement as in `built`, with one more key.
  return { type: 'ref', table, ...options } as Flat<
    { readonly type: 'ref'; readonly table: T } & Readonly<O>
  >;
}

function built<const Type extends string, O>(type: Type, options: O | undefined): Built<Type, O> {
  // TypeScript does not see that spreading `O | undefined` over `{type}` gives exactly this.
  return { type, ...options } as Built<Type, O>;
}

/** The TypeScript value of a column, null included where it may be null. */
export type ColumnValue<C> = C extends { readonly optional: true } ? Held<C> | null : Held<C>;

type Held<C> = C extends { readonly type: 'text' | 'ref' }
  ? string
  : C extends { readonly type: 'integer' | 'number' | 'date' }
    ? number
    : C extends { readonly type: 'boolean' }
      ? boolean
      : C extends JsonColumn<infer T>
        ? T
        : never;
