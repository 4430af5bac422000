import type { CborInput } from '../format/cbor.ts';
import type { Base } from './base.ts';
import { type Fields, malformed } from './fields.ts';
import { asPageName, type TreeRoot } from './tree-root.ts';

/** The base as journal records and saved standings hold it: `[boundary, *(table, …root), *(index, …root)]`. */
export function baseFields({ boundary, tables, indexes }: Base): CborInput {
  return [boundary, [...tables].map(rootFields), [...indexes].map(rootFields)];
}

export function readBase(fields: Fields): Base {
  const base = fields.optional((item) => ({
    boundary: item.integer(),
    tables: new Map(item.records(readRoot)),
    indexes: new Map(item.records(readRoot)),
  }));
  if (base === null) throw malformed('a base');
  return base;
}

function rootFields([name, root]: readonly [string, TreeRoot]): CborInput {
  return [name, root.name, root.height, root.entries];
}

function readRoot(fields: Fields): [string, TreeRoot] {
  const name = fields.text();
  return [name, { name: asPageName(fields.text()), height: fields.integer(), entries: fields.integer(1) }];
}
