import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { type Bytes, compareText, equal, fromHex, toHex } from '../../src/format/bytes.ts';
import { encodeRun, keyWeight, Run, runHeadWeight } from '../../src/format/run.ts';
import { property } from '../property.ts';

const pieces = fc.constantFrom(
  'a',
  'b',
  'é',
  '\uFF5E',
  '\u{1F600}',
  '\u{1F601}',
  '\u{1F6FF}',
  'abcabcabc',
  '\u0000',
  '\ufeff',
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 5 }).map((all) => all.join('')),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const sortedTexts = fc.uniqueArray(text, { maxLength: 20 }).map((all) => all.sort(compareText));

const malformed = (thrown: unknown): void => {
  expect(thrown).toBeInstanceOf(CairnError);
  if (thrown instanceof CairnError) expect(thrown.code).toBe('malformed');
};

property(
  'STORE-7: the texts of a run come back, and each is found',
  500,
  sortedTexts,
  text,
  (keys, other) => {
    const run = new Run(encodeRun(keys));
    expect(run.keys).toEqual(keys);
    for (const key of keys) expect(run.has(key)).toBe(true);
    expect(run.has(other)).toBe(keys.includes(other));
  },
);

property(
  'STORE-5: a run is never longer than its head and the weights of its texts',
  500,
  sortedTexts,
  (keys) => {
    expect(encodeRun(keys).length).toBeLessThanOrEqual(
      keys.reduce((sum, key) => sum + keyWeight(key), runHeadWeight),
    );
  },
);

property(
  'STORE-6: bytes that are read are those that packing their texts gives; all others are malformed',
  3000,
  sortedTexts,
  fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
  fc.nat(),
  (keys, changes, cut) => {
    const bytes = encodeRun(keys);
    const bad = bytes.slice(0, cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length) as Bytes;
    for (const [at, value] of changes) if (bad.length > 0) bad[at % bad.length] = value;
    let run: Run;
    try {
      run = new Run(bad);
    } catch (thrown) {
      malformed(thrown);
      return;
    }
    expect(equal(encodeRun(run.keys), bad)).toBe(true);
  },
);

describe('bytes', () => {
  test('a run as every implementation writes it', () => {
    const bytes = encodeRun(['', 'ab', 'abc', 'abé', '\u{1F600}', '\u{1F601}']);
    expect(toHex(bytes)).toBe(
      '020000000d86000000020201020100020002' + '6162' + '63' + 'c3a9' + 'f09f9880' + 'f09f9881',
    );
    expect(toHex(encodeRun([]))).toBe('020000000180');
  });

  test.for([
    ['another format', '010000000180'],
    ['no bytes', ''],
    ['a body that ends behind the bytes', '020000000280'],
    ['bytes behind the body', '02000000028000'],
    ['a text that belongs to nothing', '02000000018061'],
    ['a text that shares more than there is', '0200000005820001020161' + '62'],
    ['a text that shares less than it could', '0200000005820001000261' + '6162'],
    ['the same text twice', '0200000005820001010061'],
    ['texts that descend', '0200000005820001000162' + '61'],
    ['a text that ends in a character', '02000000058200010001f09f9880'],
    ['a text that shares half a character', '0200000005820002010' + '1f09f988061'],
    ['a text with the first half of a character', '0200000005820002010' + '1f09f9880efbd9e'],
    ['no UTF-8', '0200000003810001ff'],
    ['a count without texts', '02000000019a'],
    ['a head in a longer form', '020000000481180001' + '61'],
  ])('%s is malformed', ([, hex]) => {
    let thrown: unknown;
    try {
      new Run(fromHex(hex ?? ''));
    } catch (error) {
      thrown = error;
    }
    malformed(thrown);
  });

  test('a short run does not become endless texts', () => {
    const long = 'x'.repeat(50_000);
    const keys = Array.from({ length: 100 }, (_, i) => `${long}${String(i).padStart(3, '0')}`);
    expect(() => encodeRun(keys)).toThrow(CairnError);
    expect(new Run(encodeRun([long.repeat(3)])).keys).toEqual([long.repeat(3)]);
  });

  test('keys that share a value and ids in time order take a third of their weight', () => {
    const keys = Array.from(
      { length: 500 },
      (_, i) => `01JCZ3KQ4NQ0V4Y7W2X8P5RABC 01JCZ3KQ4N${String(i).padStart(16, '0')}`,
    );
    expect(encodeRun(keys).length * 3).toBeLessThan(keys.reduce((sum, key) => sum + keyWeight(key), 0));
  });
});
