/** Every object that is signed, sealed or hashed, changed in every way: nothing that was changed is accepted. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { type Bytes, concat } from '../../src/format/bytes.ts';
import { decode, encode } from '../../src/format/cbor.ts';
import { property } from '../property.ts';
import { anyValue } from './arbitrary.ts';
import { type Sample, type SampleName, samples, syncDecoders } from './samples.ts';

const names: readonly SampleName[] = [
  'head',
  'beacon',
  'create',
  'invite',
  'join',
  'token',
  'invitation',
  'entry',
];

async function sample(name: SampleName): Promise<Sample> {
  const found = (await samples()).all.find((one) => one.name === name);
  if (!found) throw new Error(`No sample ${name}`);
  return found;
}

/** What became of opening bytes: the code of the refusal, or that they were accepted. Anything but ours is passed on. */
async function outcome(one: Sample, bytes: Bytes): Promise<string> {
  try {
    await one.open(bytes);
    return 'accepted';
  } catch (thrown) {
    expect(thrown).toMatchObject({ name: 'CairnError' });
    return (thrown as { code: string }).code;
  }
}

const refusal = expect.not.stringMatching(/^accepted$/);

/** A changeset without ops, `[stamp, []]`, is so little that random items hit upon it; and it is one (PULL-16). */
function isEmptyChangeset(bytes: Bytes): boolean {
  try {
    const value = decode(bytes);
    if (!Array.isArray(value) || value.length !== 2) return false;
    const [stamp, tables] = value;
    return Number.isSafeInteger(stamp) && stamp >= 0 && Array.isArray(tables) && tables.length === 0;
  } catch {
    return false;
  }
}

describe.each(names)('%s', (name) => {
  test('unchanged it is accepted', async () => {
    const one = await sample(name);
    expect(await outcome(one, one.bytes)).toBe('accepted');
  });

  test('LOG-6: cut anywhere, or with anything after it, it is refused', async () => {
    const one = await sample(name);
    for (let length = 0; length < one.bytes.length; length++) {
      expect([length, await outcome(one, one.bytes.slice(0, length))]).toEqual([length, refusal]);
    }
    for (const more of [Uint8Array.of(0), Uint8Array.of(0xf6), one.bytes]) {
      expect(await outcome(one, concat(one.bytes, more))).toEqual(refusal);
    }
  });
});

property(
  'LOG-6: with any one bit changed, no signed, sealed or hashed object is accepted, and its hash is another',
  10_000,
  fc.constantFrom(...names),
  fc.nat(),
  async (name, at) => {
    const one = await sample(name);
    const bit = at % (one.bytes.length * 8);
    const changed = one.bytes.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    expect([bit, await outcome(one, changed)]).toEqual([bit, refusal]);
    expect(sha256(changed)).not.toEqual(sha256(one.bytes));
  },
);

property(
  'LOG-6: with any stretch replaced, left out or doubled, no signed, sealed or hashed object is accepted',
  10_000,
  fc.constantFrom(...names),
  fc.nat(),
  fc.integer({ min: 1, max: 40 }),
  fc.uint8Array({ maxLength: 40 }),
  async (name, at, length, instead) => {
    const one = await sample(name);
    const start = at % one.bytes.length;
    const before = one.bytes.slice(0, start);
    const stretch = one.bytes.slice(start, start + length);
    const after = one.bytes.slice(start + length);
    for (const changed of [concat(before, instead, after), concat(before, stretch, stretch, after)]) {
      if (Buffer.compare(changed, one.bytes) === 0) continue;
      expect(await outcome(one, changed)).toEqual(refusal);
    }
  },
);

property(
  'TEST-8: random bytes and random items get past no decoder and crash none',
  10_000,
  fc.uint8Array({ maxLength: 120 }),
  anyValue,
  async (random, value) => {
    const all = (await samples()).all.filter(({ name }) => name !== 'changeset');
    for (const bytes of [
      new Uint8Array(random),
      encode(value),
      concat(Uint8Array.of(0xd2), encode([value])),
    ]) {
      for (const one of all) expect([one.name, await outcome(one, bytes)]).toEqual([one.name, refusal]);
      for (const [name, decodeIt] of syncDecoders) {
        if (name === 'changeset' && isEmptyChangeset(bytes)) {
          expect(decodeIt(bytes)).toMatchObject({ ops: [] });
          continue;
        }
        expect(() => decodeIt(bytes)).toThrow(expect.objectContaining({ name: 'CairnError' }));
      }
    }
  },
);

test('LOG-5: no object is accepted in place of another', async () => {
  const { all } = await samples();
  for (const one of all) {
    for (const other of all) {
      // Membership entries share one opener, which tells their kinds apart by what they say.
      const sameOpener = one.open === other.open;
      if (one === other || sameOpener) continue;
      expect([one.name, other.name, await outcome(one, other.bytes)]).toEqual([
        one.name,
        other.name,
        refusal,
      ]);
    }
  }
});
