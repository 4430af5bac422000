/**
 * What a row weighs: how many bytes it adds to a page at most, whatever the other rows are. Where pages are cut follows from it, so
 * replicas must agree on it.
 *
 *     weight = 10 + text(id) + for each column: text(name) + 3 + value
 *            + versions of the tombstone and the restoring, if any + versions of the cells
 *     text      its bytes of UTF-8 and a head with its UTF-16 units        value    a text as text; any other as `valueBytes` says
 *     version   heads with its device and its stamp
 *     versions  of cells that all have one: that one; of others: a head with their count, each once, and for each cell one such head more
 *
 * 1. A page is no longer than `rowsHeadWeight` and the weights of its rows.
 * 2. It is a function of the row alone: each row pays for the names of its columns and for its shape as if it were the first to have them.
 */
import { utf8Length } from './bytes.ts';
import { headBytes, valueBytes } from './cbor-size.ts';
import { indexBytes, type PageRow, pageHeadBytes } from './page-layout.ts';
import type { Version } from './stamp.ts';

/** The head, the name of the table, the least stamp, the counts of columns and shapes. */
export const rowsHeadWeight = pageHeadBytes + (2 + 64) + 9 + 3 + 3;

/** Of the index; the number of the shape, flags; the count of the shape's columns. */
const fixedWeight = indexBytes + 3 + 1 + 2;

/** @throws value-invalid for a text without a form in UTF-8 */
export function rowWeight(id: string, { cells, tombstone, restored }: PageRow): number {
  let weight = fixedWeight + textWeight(id);
  let first: Version | null = null;
  let isMixed = false;
  for (const [name, { value, version }] of cells) {
    weight += textWeight(name) + 3 + (typeof value === 'string' ? textWeight(value) : valueBytes(value));
    if (first === null) first = version;
    else if (version !== first && !isSame(version, first)) isMixed = true;
  }
  if (tombstone !== null) weight += versionWeight(tombstone);
  if (restored !== null) weight += versionWeight(restored);
  if (first === null) return weight;
  return weight + (isMixed ? mixedWeight(cells) : versionWeight(first));
}

function mixedWeight(cells: PageRow['cells']): number {
  const versions: Version[] = [];
  for (const { version } of cells.values())
    if (!versions.some((other) => isSame(other, version))) versions.push(version);
  return versions.reduce(
    (sum, version) => sum + versionWeight(version),
    (1 + cells.size) * headBytes(versions.length),
  );
}

const textWeight = (text: string): number => headBytes(text.length) + utf8Length(text);

const versionWeight = ({ device, stamp }: Version): number => headBytes(device) + headBytes(stamp);

const isSame = (a: Version, b: Version): boolean => a.stamp === b.stamp && a.device === b.device;
