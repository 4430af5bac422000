import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { deflate } from '../../src/crypto/deflate.ts';
import { inflate } from '../../src/crypto/inflate.ts';
import { inflateSoon } from '../../src/crypto/inflate-soon.ts';
import { CairnError } from '../../src/errors.ts';
import type { Bytes } from '../../src/format/bytes.ts';
import { property } from '../property.ts';

const limit = 1024 * 1024;
const noise = (length: number): Bytes => {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state >> 16;
  });
};
/** Bodies whose streams are inflated whole, in slices, and exactly at the border between. */
const bodies: readonly [string, Bytes][] = [
  ['one byte', Uint8Array.of(1)],
  ['text', new TextEncoder().encode('the quick brown fox '.repeat(500))],
  ['noise of 16 KB', noise(16 * 1024)],
  ['noise of 63 KB', noise(63 * 1024)],
  ['noise of 200 KB', noise(200 * 1024)],
  ['zeros of 1 MB', new Uint8Array(limit)],
];

test.each(bodies)('inflate gives back what was deflated, by us and by zlib: %s', (_, plain) => {
  for (const packed of [deflate(plain), new Uint8Array(deflateRawSync(plain, { level: 9 }))]) {
    expect(inflate(packed, plain.length, limit)).toEqual(plain);
  }
  expect(new Uint8Array(inflateRawSync(deflate(plain)))).toEqual(plain);
});

/** What either form of inflating says: the bytes, or the code of the refusal. */
async function verdict(inflating: () => Bytes | Promise<Bytes>): Promise<string> {
  try {
    return Buffer.from(await inflating()).toString('latin1');
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
}

test.each(bodies)('PULL-12: asking the platform first changes no verdict: %s', async (_, plain) => {
  const packed = deflate(plain);
  const streams = [
    packed,
    packed.slice(0, -1),
    new Uint8Array([...packed, 7]),
    packed.map((byte) => byte ^ 16),
  ];
  for (const stream of streams) {
    for (const declared of [plain.length, plain.length - 1, plain.length + 1, limit + 1]) {
      const said = await verdict(() => inflateSoon(stream, declared, limit));
      expect(said === (await verdict(() => inflate(stream, declared, limit)))).toBe(true);
    }
  }
});

test('PULL-12: without the platform’s stream fflate inflates', async () => {
  const plain = noise(63 * 1024);
  vi.stubGlobal('DecompressionStream', undefined);
  const inflated = await inflateSoon(deflate(plain), plain.length, limit);
  vi.unstubAllGlobals();
  expect(Buffer.compare(inflated, plain)).toBe(0);
});

test('TEST-8: the platform is stopped, too, where 250 KB stand for 250 MB', async () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(250_000_000), { level: 9 }));
  const before = process.memoryUsage().arrayBuffers;
  expect(await verdict(() => inflateSoon(bomb, 1000, limit))).toBe('malformed');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
});

test.each(bodies)('RELAY-8: a stream that yields more or less than declared is malformed: %s', (_, plain) => {
  const packed = deflate(plain);
  for (const declared of [0, 1, plain.length - 1, plain.length + 1, plain.length + 1000]) {
    if (declared === plain.length || declared > limit) continue;
    expect(() => inflate(packed, declared, limit)).toThrow(expect.objectContaining({ code: 'malformed' }));
  }
});

test('RELAY-8: a declared size above the limit is refused before anything is allocated or inflated', () => {
  const packed = deflate(new Uint8Array(100));
  expect(inflate(packed, 100, 100)).toHaveLength(100);
  const allocate = vi.spyOn(globalThis, 'Uint8Array');
  expect(() => inflate(packed, 101, 100)).toThrow(expect.objectContaining({ code: 'too-large' }));
  expect(() => inflate(packed, Number.MAX_SAFE_INTEGER, 100)).toThrow(
    expect.objectContaining({ code: 'too-large' }),
  );
  expect(allocate).not.toHaveBeenCalled();
  allocate.mockRestore();
});

test('TEST-8: 250 KB that stand for 250 MB are refused after a fraction of the work', () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(250_000_000), { level: 9 }));
  expect(bomb.length).toBeGreaterThan(200_000);
  let largest = 0;
  const whole = globalThis.Uint8Array;
  class Counting extends whole<ArrayBuffer> {
    constructor(size: number | ArrayBufferLike) {
      // fflate takes the constructor when it is loaded, so only our own buffers are seen here.
      super(size as ArrayBuffer);
      if (typeof size === 'number') largest = Math.max(largest, size);
    }
  }
  vi.stubGlobal('Uint8Array', Counting);
  const start = process.cpuUsage().user;
  expect(() => inflate(bomb, 1000, limit)).toThrow(expect.objectContaining({ code: 'malformed' }));
  expect(() => inflate(bomb, limit, limit)).toThrow(expect.objectContaining({ code: 'malformed' }));
  const spent = process.cpuUsage().user - start;
  vi.unstubAllGlobals();
  expect(largest).toBeLessThanOrEqual(limit + 1);
  // Inflating it to its end takes over half a second of processor time; two refusals far less.
  expect(spent).toBeLessThan(400_000);
});

test.each(bodies)(
  'PULL-12: memory that is not to be had does not make a stream malformed: %s',
  (_, plain) => {
    const packed = deflate(plain);
    const failure = new RangeError('Array buffer allocation failed');
    const whole = globalThis.Uint8Array;
    class Failing extends whole<ArrayBuffer> {
      constructor(size: number | ArrayBufferLike) {
        if (size === plain.length || size === plain.length + 1) throw failure;
        super(size as ArrayBuffer);
      }
    }
    vi.stubGlobal('Uint8Array', Failing);
    try {
      expect(() => inflate(packed, plain.length, limit)).toThrow(failure);
    } finally {
      vi.unstubAllGlobals();
    }
  },
);

test('an empty and a truncated stream are malformed', () => {
  const packed = deflate(noise(60 * 1024));
  for (const cut of [0, 1, 100, packed.length >> 1, packed.length - 1]) {
    for (const declared of [0, 1, 60 * 1024]) {
      expect(() => inflate(packed.slice(0, cut), declared, limit)).toThrow(
        expect.objectContaining({ code: 'malformed' }),
      );
    }
  }
});

property(
  'TEST-8: random bytes as a stream give the declared size or a typed refusal',
  10_000,
  fc.uint8Array({ maxLength: 200 }),
  fc.integer({ min: 0, max: 2000 }),
  (bytes, declared) => {
    try {
      expect(inflate(new Uint8Array(bytes), declared, 1000)).toHaveLength(declared);
    } catch (thrown) {
      if (!(thrown instanceof CairnError)) throw thrown;
      expect(thrown.code).toBe(declared > 1000 ? 'too-large' : 'malformed');
    }
  },
);

const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

property(
  'PULL-12: what the platform’s inflate accepts, damaged streams among it, fflate accepts with the same bytes',
  10_000,
  fc.array(fc.integer({ min: 97, max: 122 }), { minLength: 1, maxLength: 400 }),
  fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
    strategy: fc.constantFrom(...strategies),
  }),
  fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 7 })), { maxLength: 4 }),
  (text, options, flips) => {
    const packed = new Uint8Array(deflateRawSync(Uint8Array.from(text), options));
    for (const [at, bit] of flips)
      packed[at % packed.length] = (packed[at % packed.length] ?? 0) ^ (1 << bit);
    let plain: Buffer;
    try {
      plain = inflateRawSync(packed, { maxOutputLength: limit });
    } catch {
      return; // its no means nothing
    }
    if (plain.length > 0) expect(Buffer.compare(inflate(packed, plain.length, limit), plain)).toBe(0);
  },
);
