/**
 * A run: a page of an index, that is, distinct texts in ascending order of their UTF-8 bytes, front-coded (`front-coding`).
 *
 *     format u8 = 2 · bytes of the body u32 · body: count of an array, two heads a text · pool: what the texts do not share, as UTF-8
 *
 * Bytes that are not what packing their texts gives are `malformed`. Many texts never have more units than a page has bytes, so that
 * a short run from elsewhere does not become endless texts.
 */
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, concat } from './bytes.ts';
import { Reader } from './cbor-reader.ts';
import { Writer } from './cbor-writer.ts';
import { FrontReader, FrontWriter } from './front-coding.ts';
import { placeOf } from './sorted-keys.ts';

export { keyWeight } from './front-coding.ts';

const runFormat = 2;
const headBytes = 5;

/** What a run has besides its texts, at most: with the weights of its texts it is no longer than that. */
export const runHeadWeight = headBytes + 5;

/**
 * Packs distinct texts that ascend.
 * @throws value-invalid for more than a run holds
 */
export function encodeRun(keys: readonly string[]): Bytes {
  const body = new Writer(1024);
  const front = new FrontWriter();
  let units = 0;
  body.array(keys.length);
  for (const key of keys) {
    front.add(body, key);
    units += key.length;
  }
  if (isTooMuch(keys.length, units))
    throw new CairnError('value-invalid', 'These texts are more than a run holds');
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  view.setUint8(0, runFormat);
  view.setUint32(1, body.length);
  return concat(head, body.finish(), front.finish());
}

/** The texts of a run, decoded. */
export class Run {
  readonly keys: readonly string[];

  /** @throws malformed */
  constructor(bytes: Bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < headBytes || view.getUint8(0) !== runFormat)
      throw new CairnError('malformed', 'No run of this format');
    const poolAt = headBytes + view.getUint32(1);
    if (poolAt > bytes.length) throw new CairnError('malformed', 'A run whose parts do not fit');
    const body = new Reader(bytes, headBytes, poolAt);
    const front = new FrontReader(bytes.subarray(poolAt));
    const keys: string[] = [];
    const count = body.array();
    let units = 0;
    for (let i = 0; i < count; i++) {
      const key = front.next(body);
      units += key.length;
      if (isTooMuch(count, units)) throw body.fail('More than a run holds');
      keys.push(key);
    }
    body.finish();
    front.finish();
    this.keys = keys;
  }

  has(key: string): boolean {
    return this.keys[placeOf(this.keys, key)] === key;
  }
}

const isTooMuch = (count: number, units: number): boolean => count > 1 && units > limits.pageBytes;
