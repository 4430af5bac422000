/**
 * A node: a page of pages. For each page below it, the first key, the hash, the weight and the number of entries under it.
 *
 *     format u8 = 3 · level u8 · bytes of the body u32
 *     body: count of an array; for each child two heads of its first key (`front-coding`), heads with its weight and its entries
 *     hashes: 32 bytes a child   ·   pool: the keys, as UTF-8
 *
 * Level 1 has leaves below it, level n + 1 has nodes of level n. Bytes that are not what packing their children gives are `malformed`.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { asHash, type Bytes, concat, type Hash } from './bytes.ts';
import { Reader } from './cbor-reader.ts';
import { Writer } from './cbor-writer.ts';
import { FrontReader, FrontWriter, keyWeight } from './front-coding.ts';
import { type PageName, pageName } from './page-name.ts';
import { placeOf } from './sorted-keys.ts';

const nodeFormat = 3;
const headBytes = 6;
const hashBytes = 32;
/** No page has room for a tree that is higher. */
const mostLevels = 64;

/** A page, as the node above it knows it. */
export class PageRef {
  /** The key of its first entry. */
  readonly key: string;
  readonly hash: Hash;
  /** Of its entries together. */
  readonly weight: number;
  /** How many entries the leaves have that it is or leads to; never 0. */
  readonly entries: number;
  #name: PageName | null = null;

  constructor(key: string, hash: Hash, weight: number, entries: number) {
    this.key = key;
    this.hash = hash;
    this.weight = weight;
    this.entries = entries;
  }

  /** Made when it is first asked for: most children of a node are never looked at. */
  get name(): PageName {
    this.#name ??= pageName(this.hash);
    return this.#name;
  }
}

/** What a node has besides its children, at most: with their weights it is no longer than that. */
export const nodeHeadWeight = headBytes + 5;

/** What a child adds to a node at most: it follows from the key alone, so that a new version of a page moves no cut. */
export const childWeight = (key: string): number => keyWeight(key) + hashBytes + 9 + 9;

/** Packs children, whose keys ascend. */
export function encodeNode(level: number, children: readonly PageRef[]): Bytes {
  const body = new Writer(1024);
  const front = new FrontWriter();
  const hashes = new Uint8Array(children.length * hashBytes);
  body.array(children.length);
  children.forEach(({ key, hash, weight, entries }, at) => {
    front.add(body, key);
    body.head(0, weight);
    body.head(0, entries);
    hashes.set(hash, at * hashBytes);
  });
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  view.setUint8(0, nodeFormat);
  view.setUint8(1, level);
  view.setUint32(2, body.length);
  return concat(head, body.finish(), hashes, front.finish());
}

/** A node, with its keys decoded. */
export class Node {
  readonly level: number;
  readonly keys: readonly string[];
  readonly children: readonly PageRef[];
  /** Of all leaves below. */
  readonly entries: number;

  /** @throws malformed */
  constructor(bytes: Bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < headBytes || view.getUint8(0) !== nodeFormat)
      throw new CairnError('malformed', 'No node of this format');
    this.level = view.getUint8(1);
    if (this.level === 0 || this.level > mostLevels) throw new CairnError('malformed', 'A node of no level');
    const hashesAt = headBytes + view.getUint32(2);
    if (hashesAt > bytes.length) throw new CairnError('malformed', 'A node whose parts do not fit');
    const body = new Reader(bytes, headBytes, hashesAt);
    const count = body.array();
    const poolAt = hashesAt + count * hashBytes;
    if (count === 0 || poolAt > bytes.length) throw body.fail('Children that do not fit');
    const front = new FrontReader(bytes.subarray(poolAt));
    const hashes = bytes.slice(hashesAt, poolAt);
    const keys: string[] = [];
    const children: PageRef[] = [];
    let units = 0;
    let all = 0;
    for (let i = 0; i < count; i++) {
      const key = front.next(body);
      units += key.length;
      // Two children stand together however long their keys are.
      if (count > 2 && units > limits.pageBytes) throw body.fail('More than a node holds');
      const weight = body.uint();
      const below = body.uint();
      all += below;
      if (below === 0 || !Number.isSafeInteger(all))
        throw body.fail('A child without entries, or with too many');
      keys.push(key);
      children.push(
        new PageRef(key, asHash(hashes.subarray(i * hashBytes, (i + 1) * hashBytes)), weight, below),
      );
    }
    body.finish();
    front.finish();
    this.keys = keys;
    this.children = children;
    this.entries = all;
  }

  get count(): number {
    return this.keys.length;
  }

  /** The place of the child under which a key stands or would stand: what is below the first is the first's. */
  place(key: string): number {
    const at = placeOf(this.keys, key);
    return this.keys[at] === key ? at : Math.max(0, at - 1);
  }
}
