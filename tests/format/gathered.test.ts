import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { concat, equal } from '../../src/format/bytes.ts';
import { Gathered } from '../../src/format/gathered.ts';
import { readBody as readRequest } from '../../src/relay/body.ts';
import { readBody as readAnswer } from '../../src/remote/answer.ts';
import { Random } from '../sim/random.ts';

test('what was gathered is the parts, in order, whatever their sizes', () => {
  const random = new Random(7);
  for (const sizes of [[], [0], [5], [0, 5, 0], [1, 200_000, 3], [65_536], [65_536, 1], [300_000, 70_000]]) {
    const parts = sizes.map((size) => random.bytes(size));
    const gathered = new Gathered();
    for (const part of parts) gathered.add(part);
    expect(gathered.length).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(equal(gathered.finish(), concat(...parts))).toBe(true);
  }
});

test('what was gathered does not change with the memory it came from', () => {
  const part = Uint8Array.of(1, 2, 3);
  const gathered = new Gathered();
  gathered.add(part);
  part.fill(9);
  expect(gathered.finish()).toEqual(Uint8Array.of(1, 2, 3));
});

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const size = 512 * 1024;

/** A body that comes byte by byte, and the memory that is taken when all but its end has come. */
function byteByByte(): { stream: ReadableStream<Uint8Array<ArrayBuffer>>; taken: () => number } {
  let [sent, before, taken] = [0, 0, 0];
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (sent === 0) before = used();
      for (let i = 0; i < 64; i++) controller.enqueue(Uint8Array.of(sent++ & 255));
      if (sent < size) return;
      taken = used() - before;
      controller.close();
    },
  });
  return { stream, taken: () => taken };
}

const waiting = { signal: new AbortController().signal, alive: () => undefined };

test.each([
  [
    'a request at the relay',
    (body: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      const headers = { 'content-type': 'application/cbor' };
      const init = { method: 'POST', headers, body, duplex: 'half' } as const;
      return readRequest(new Request('https://relay.example/', init), size);
    },
  ],
  [
    'an answer at a device',
    (body: ReadableStream<Uint8Array<ArrayBuffer>>) => readAnswer(new Response(body), size, waiting),
  ],
])(
  'RELAY-8, TEST-8: the body of %s that comes byte by byte takes no more memory than a few times its limit',
  async (_what, read) => {
    const { stream, taken } = byteByByte();
    const body = await read(stream);
    expect([body.length, body[size - 1]]).toEqual([size, 255]);
    expect(taken()).toBeLessThan(8 * size);
  },
);
