/**
 * Random values of the format, for property tests. They are drawn from a seed and a size, both of which fast-check
 * chooses and prints, and the size shrinks: drawing every part through fast-check took twenty times as long.
 */
import * as fc from 'fast-check';
import type { Bytes } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Changeset, Op } from '../../src/format/changeset.ts';
import { asDeviceNumber, asStamp, type DeviceNumber, type Stamp } from '../../src/format/stamp.ts';
import { Random } from '../sim/random.ts';

/** Draws parts of values, with choices that favour the edges. */
export class Draw extends Random {
  /** How much there may be of anything. */
  readonly size: number;

  constructor(seed: number, size: number) {
    super(seed);
    this.size = size;
  }

  list<T>(most: number, item: (index: number) => T): T[] {
    return Array.from({ length: this.below(Math.min(most, this.size) + 1) }, (_, index) => item(index));
  }

  /** An integer from 0 on, of any length in bits. */
  count(): number {
    const edges = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
    return this.below(3) === 0
      ? this.pick(edges)
      : Math.floor(this.below(2 ** 32) * 2 ** (this.below(54) - 32));
  }

  bytesUpTo(most: number, least = 0): Bytes {
    return this.bytes(least + this.below(most - least + 1));
  }

  text(most: number): string {
    const pieces = [
      'a',
      'b',
      'title',
      'Z',
      ' ',
      '\u0000',
      '\u007f',
      'é',
      'ß',
      '水',
      '\ufeff',
      '\uffff',
      '🔥',
      '𐅑',
    ];
    let text = '';
    for (let left = this.below(most); left > 0; left -= 4) text += this.pick(pieces);
    return text;
  }

  number(): number {
    switch (this.below(4)) {
      case 0:
        return this.pick([
          -0,
          0.5,
          1.1,
          2 ** -24,
          2 ** -25,
          65_505.5,
          1e300,
          Number.NaN,
          -1 / 0,
          1 / 0,
          2 ** 53,
        ]);
      case 1:
        return -this.count() + 0;
      case 2:
        return (this.below(2 ** 32) - 2 ** 31) / 2 ** this.below(40);
      default:
        return this.count();
    }
  }

  value(levels: number): CborValue {
    switch (this.below(levels > 0 ? 9 : 7)) {
      case 0:
        return null;
      case 1:
        return this.below(2) === 1;
      case 2:
      case 3:
        return this.number();
      case 4:
      case 5:
        return this.text(40);
      case 6:
        return this.bytesUpTo(30);
      case 7:
        return this.list(5, () => this.value(levels - 1));
      default:
        return new Map(
          this.list(5, () => [this.below(2) ? this.text(20) : this.integerKey(), this.value(levels - 1)]),
        );
    }
  }

  integerKey(): number {
    return this.below(2) ? this.count() : -1 - this.below(2 ** 32);
  }

  /** A name of at most so many bytes, not empty. */
  name(most: number): string {
    const text = this.text(most / 4);
    return text === '' ? this.pick(['title', 'done', 'list', 'ü']) : text;
  }

  device(): DeviceNumber {
    return asDeviceNumber(Math.max(1, this.below(2) ? this.below(9) : this.count()));
  }

  stamp(): Stamp {
    return asStamp(this.below(2) ? this.below(9) : this.count());
  }

  /** Ops that may stand in one changeset, in no order. */
  ops(): Op[] {
    const ops = new Map<string, Op>();
    for (const op of this.list(10, () => this.op())) {
      ops.set(`${op.kind === 'put'}\n${op.table}\n${op.id}`, op);
    }
    return [...ops.values()];
  }

  op(): Op {
    const table = this.below(3) ? this.pick(['a', 'b', 'aa', 'é']) : this.name(64);
    const id = this.below(3) ? this.pick(['1', '2', '10', '水']) : this.name(128);
    const kind = this.pick(['put', 'put', 'delete', 'restore'] as const);
    if (kind !== 'put') return { kind, table, id };
    const cells = new Map([
      [this.name(64), this.value(3)],
      ...this.list(6, () => [this.name(64), this.value(3)] as const),
    ]);
    const seen = new Map(
      [...cells.keys()]
        .filter(() => this.below(2) === 0)
        .map((column) => [column, { stamp: this.stamp(), device: this.device() }]),
    );
    return { kind, table, id, cells, seen };
  }
}

export function drawn<T>(draw: (from: Draw) => T): fc.Arbitrary<T> {
  const seed = fc.noShrink(fc.integer());
  return fc.tuple(fc.nat({ max: 10 }), seed).map(([size, start]) => draw(new Draw(start, size)));
}

export const anyValue: fc.Arbitrary<CborValue> = drawn((from) => from.value(5));

export const anyChangeset: fc.Arbitrary<Changeset> = drawn((from) => ({
  stamp: from.stamp(),
  ops: from.ops(),
}));

/** Changesets of one body: at least one, and their stamps ascend. */
export const anyBody: fc.Arbitrary<Changeset[]> = drawn((from) => {
  const stamps = new Set([from.stamp(), ...from.list(3, () => from.stamp())]);
  return [...stamps].sort((a, b) => a - b).map((stamp) => ({ stamp, ops: from.ops() }));
});

export const bytesUpTo = (most: number, least = 0): fc.Arbitrary<Bytes> =>
  drawn((from) => from.bytesUpTo(most, least));

/** So many levels of arrays or of maps. */
export function nested(levels: number, shape: 'array' | 'map'): CborValue {
  let value: CborValue = shape === 'array' ? [] : new Map();
  for (let i = 1; i < levels; i++) value = shape === 'array' ? [value] : new Map([[0, value]]);
  return value;
}
