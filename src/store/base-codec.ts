import type { CborInput } from '../format/cbor.ts';
import { hashOfPage, pageName } from '../format/page-name.ts';
import type { Base } from './base.ts';
import { type Fields, malformed } from './fields.ts';
import type { TreeRoot } from './tree-level.ts';

/** The base as journal records and saved standings hold it: `[boundary, *[table, root], *[index, root or null]]`. */
export function baseFields({ boundary, tables, indexes }: Base): CborInput {
  return [
    boundary,
    [...tables].map(([table, root]) => [table, rootFields(root)]),
    [...indexes].map(([index, root]) => [index, root && rootFields(root)]),
  ];
}

export function readBase(fields: Fields): Base {
  const base = fields.optional((item) => ({
    boundary: item.integer(),
    tables: new Map(item.records((table) => [table.text(), someRoot(table)])),
    indexes: new Map(item.records((index) => [index.text(), index.optional(readRoot)])),
  }));
  if (base === null) throw malformed('a base');
  return base;
}

function rootFields({ name, height, entries }: TreeRoot): CborInput {
  return [hashOfPage(name), height, entries];
}

function someRoot(fields: Fields): TreeRoot {
  const root = fields.optional(readRoot);
  if (root === null) throw malformed('a root');
  return root;
}

function readRoot(fields: Fields): TreeRoot {
  return { name: pageName(fields.bytes(32)), height: fields.integer(), entries: fields.integer(1) };
}
