/** TEST-8, RELAY-9: hostile requests get a problem with a code, never a failure of the relay, and change nothing. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, spaceText } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import { mapOf } from '../../src/format/shape.ts';
import * as wire from '../../src/format/wire.ts';
import type { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { property } from '../property.ts';
import { inProcess, type TestRelay, TestSpace } from './harness.ts';
import { beaconOf, freshKeys, OwnLog } from './people.ts';

let relay: TestRelay;
let space: TestSpace;
/** For each path a request that the relay would take. */
let good: readonly (readonly [method: 'POST' | 'PUT', path: string, body: Bytes])[];
let token: string;
let before: unknown;
let revisions: unknown;

const count = 7;

beforeAll(async () => {
  relay = await inProcess();
  space = await TestSpace.on(relay);
  await space.add('reader');
  const log = await space.write(space.founder, 3);
  const { membership, founder } = space;
  const next = new OwnLog(membership, founder);
  next.add(...log.entries);
  const range = { log: log.log, start: 1, end: 3 };
  token = await space.as(founder).token();
  good = [
    ['POST', '', membership.entries[0]],
    [
      'POST',
      '/changes',
      wire.encodeChangesRequest({ members: 0, cursors: [{ log: log.log, size: 1 }], beacons: true }),
    ],
    [
      'POST',
      '/members',
      wire.encodeMembersAppend({ size: 3, entry: await membership.invite(founder, await freshKeys()) }),
    ],
    ['POST', '/entries', wire.encodeEntriesAppend(await space.nextAppend(next, 2))],
    ['POST', '/entries/read', wire.encodeReadRequest({ ranges: [range] })],
    ['POST', '/leaves/read', wire.encodeLeavesRequest(range)],
    ['PUT', '/beacon', await beaconOf(membership, founder, relay.clock.now())],
  ];
  expect(good).toHaveLength(count);
  before = await everything();
  revisions = await allRevisions();
});

afterAll(async () => {
  expect(relay.errors).toEqual([]);
  expect(await everything()).toEqual(before);
  // And what was good all along is still taken.
  for (const [method, path, body] of good) {
    const answer = await ask(method, path, body);
    expect(answer.ok, path).toBe(true);
  }
});

const ask = (
  method: string,
  path: string,
  body: Bytes,
  headers: Record<string, string> = {},
): Promise<Response> =>
  relay.fetch(`/v1/spaces/${spaceText(space.membership.space)}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/cbor', ...headers },
    body,
  });

/** Differs as soon as any log or beacon was written. */
async function allRevisions(): Promise<unknown> {
  const id = space.membership.space;
  const logs = await Promise.all([0, 1, 2, 3, 9].map((log) => relay.storage.readLog(id, log)));
  return { logs: logs.map((log) => log?.revision), beacons: await relay.storage.readBeacons(id) };
}

async function everything(): Promise<unknown> {
  const id = space.membership.space;
  const storage = relay.storage as MemoryStorage; // by `inProcess`
  const logs = [0, 1, 2, 3, 9].map(async (log) => ({
    log: await storage.readLog(id, log),
    entries: await storage.readEntries(id, log, 1, 99, 1e9),
  }));
  return {
    logs: await Promise.all(logs),
    beacons: await storage.readBeacons(id),
    usage: await storage.measure(),
  };
}

/** A refusal with a code of its own, or an answer that only reads; nothing has changed. */
async function isHarmless(answer: Response, path: string): Promise<void> {
  expect(answer.status).toBeLessThan(500);
  if (answer.status >= 400) {
    const problem: unknown = await answer.json();
    expect(problem).toMatchObject({ status: answer.status, code: expect.stringMatching(/^[a-z-]+$/) });
  } else {
    expect(['/changes', '/entries/read', '/leaves/read']).toContain(path);
  }
  expect(await allRevisions()).toEqual(revisions);
}

describe('bodies', () => {
  property(
    'TEST-8: a good request with some bytes other is refused, or reads, and changes nothing',
    3000,
    fc.nat(count - 1),
    fc.array(fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
    async (which, changes) => {
      const [method, path, body] = good[which];
      const altered = body.slice();
      for (const [at, by] of changes) altered[at % altered.length] ^= by;
      if (altered.every((byte, i) => byte === body[i])) return;
      await isHarmless(await ask(method, path, altered), path);
    },
  );

  property(
    'TEST-8: a good request cut short or with more behind it is refused',
    1500,
    fc.nat(count - 1),
    fc.nat(100_000),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.boolean(),
    async (which, cut, more, longer) => {
      const [method, path, body] = good[which];
      const altered = longer ? new Uint8Array([...body, ...more]) : body.slice(0, cut % body.length);
      const answer = await ask(method, path, altered);
      expect(answer.status).toBe(400);
      await isHarmless(answer, path);
    },
  );

  property(
    'TEST-8: random bytes are refused',
    1500,
    fc.nat(count - 1),
    fc.uint8Array({ maxLength: 300 }),
    async (which, bytes) => {
      const [method, path] = good[which];
      await isHarmless(await ask(method, path, new Uint8Array(bytes)), path);
    },
  );

  property(
    'TEST-8: well-formed bodies of other shapes are refused',
    1500,
    fc.nat(count - 1),
    cborValue(),
    async (which, value) => {
      const [method, path] = good[which];
      await isHarmless(await ask(method, path, encode(value)), path);
    },
  );

  property(
    'TEST-8: the right fields with hostile numbers are refused, or answered within limits',
    1500,
    fc.nat(count - 1),
    fc.array(hostileNumber(), { minLength: 3, maxLength: 3 }),
    async (which, [a, b, c]) => {
      const [method, path] = good[which];
      const bodies: Record<string, Bytes> = {
        '/changes': encode(mapOf({ members: a, cursors: [[b, c]], beacons: true })),
        '/members': encode(mapOf({ size: a, entry: new Uint8Array(3) })),
        '/entries': encode(mapOf({ log: a, start: b, entries: [], head: new Uint8Array(3) })),
        '/entries/read': encode(mapOf({ ranges: [[a, b, c]] })),
        '/leaves/read': encode(mapOf({ log: a, start: b, end: c })),
      };
      const body = bodies[path];
      if (body !== undefined) await isHarmless(await ask(method, path, body), path);
    },
  );
});

describe('everything else of a request', () => {
  property(
    'TEST-8: random tokens, space ids, paths and headers are refused',
    1500,
    fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
      space: fc.oneof(fc.string({ maxLength: 60 }), fc.base64String({ maxLength: 60 })),
      path: fc.oneof(fc.constantFrom('', '/changes', '/entries', '/events', '/beacon'), fc.webPath()),
      token: fc.oneof(
        fc.base64String({ maxLength: 400 }),
        fc.string({ unit: 'grapheme-ascii', maxLength: 50 }),
      ),
      length: fc.constantFrom('0', '-1', '1e9', '99999999999999999999', 'x'),
      type: fc.constantFrom('application/cbor', 'text/html', ';;', 'a/b;c=d'),
    }),
    async ({ method, space: id, path, token: wrong, length, type }) => {
      const answer = await relay.fetch(`/v1/spaces/${encodeURIComponent(id)}${path}`, {
        method,
        headers: { authorization: `Bearer ${wrong}`, 'content-length': length, 'content-type': type },
      });
      expect(answer.status).toBeLessThan(500);
      expect(answer.ok).toBe(method === 'OPTIONS');
    },
  );

  test('TEST-8: deep, long and huge CBOR is refused at once', async () => {
    const deep = new Uint8Array(60_000).fill(0x81);
    const manyItems = Uint8Array.of(0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
    const manyBytes = Uint8Array.of(0xa1, 0x61, 0x61, 0x5a, 0xff, 0xff, 0xff, 0xff);
    const manyPairs = Uint8Array.of(0xbb, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    for (const [method, path] of good) {
      for (const body of [deep, manyItems, manyBytes, manyPairs]) {
        const answer = await ask(method, path, body);
        expect(answer.status, path).toBe(400);
        await isHarmless(answer, path);
      }
    }
  });
});

function hostileNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(
      0,
      1,
      2,
      3,
      4,
      -1,
      2 ** 31,
      2 ** 32,
      2 ** 42,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ),
    fc.constantFrom(0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60),
  );
}

function cborValue(): fc.Arbitrary<Parameters<typeof encode>[0]> {
  const names = [
    'space',
    'size',
    'entry',
    'entries',
    'head',
    'log',
    'start',
    'end',
    'ranges',
    'members',
    'cursors',
  ];
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    hostileNumber(),
    fc.constantFrom(...names),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
  );
  return fc.letrec<{ value: Parameters<typeof encode>[0] }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 5 })
        .map((pairs) => new Map<string | number, Parameters<typeof encode>[0]>(pairs)),
    ),
  })).value as fc.Arbitrary<Parameters<typeof encode>[0]>; // the tie's own type is wider
}
