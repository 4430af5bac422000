import { describe, expect, test } from 'vitest';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import { CairnError } from '../../src/errors.ts';
import { asHash, fromBase64Url } from '../../src/format/bytes.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { openToken } from '../../src/format/token.ts';
import { encodeChangesAnswer, encodeReadAnswer } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { RelayClient } from '../../src/remote/relay-client.ts';
import { ManualRuntime, rest } from './runtime.ts';

const url = 'https://relay.example';
const space = asHash(new Uint8Array(32).fill(7));
const pair = await keyPairFromSecret(new Uint8Array(32).fill(1));
const ask = { members: 0, cursors: [], beacons: false };
const cbor = { headers: { 'content-type': 'application/cbor' } };

function client() {
  const runtime = new ManualRuntime();
  return { runtime, relay: new RelayClient(runtime, { url, space }, pair.signer) };
}

const changesAnswer = (now: number): Response =>
  new Response(
    encodeChangesAnswer({ now, members: { size: 0, from: 1, entries: [] }, heads: [], beacons: [] }),
    cbor,
  );

const problem = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } });

function tokenOf({ init }: { readonly init: RequestInit }) {
  const header = new Headers(init.headers).get('authorization') ?? '';
  return fromBase64Url(header.replace('Bearer ', ''));
}

/** A body that arrives in pieces, as a test lets it. */
function stream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
    cancel: () => {
      cancelled = true;
    },
  });
  return {
    body,
    push: (bytes: Uint8Array): void => controller?.enqueue(bytes),
    fail: (): void => controller?.error(new TypeError('network error')),
    end: (): void => controller?.close(),
    get cancelled() {
      return cancelled;
    },
  };
}

describe('what a request carries', () => {
  test('RELAY-1: each has a token of the signing key, for this relay and space', async () => {
    const { runtime, relay } = client();
    runtime.answer = async () => changesAnswer(runtime.time);
    await relay.changes(ask);
    const [request] = runtime.requests;
    expect(request?.url).toBe(`${url}/v1/spaces/BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc/changes`);
    const opened = await openToken(tokenOf(request ?? { init: {} }), {
      relay: url,
      space,
      now: runtime.time,
    });
    expect(opened.key).toEqual(pair.sign);
  });

  test('RELAY-1: a token is used for four minutes and then made anew', async () => {
    const { runtime, relay } = client();
    runtime.answer = async () => changesAnswer(runtime.time);
    const tokens: string[] = [];
    for (const wait of [0, 3 * 60_000, 59_999, 1]) {
      await runtime.pass(wait);
      await relay.changes(ask);
      tokens.push(tokenOf(runtime.requests.at(-1) ?? { init: {} }).join());
    }
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(tokens[3]).not.toBe(tokens[0]);
  });

  test('RELAY-2: a token refused for its time is made anew by the relay’s clock, once', async () => {
    const { runtime, relay } = client();
    const trueTime = runtime.time - 60 * 60_000;
    runtime.answer = async (_url, init) => {
      try {
        await openToken(tokenOf({ init }), { relay: url, space, now: trueTime });
      } catch {
        return problem(401, { code: 'token-time', now: trueTime });
      }
      return changesAnswer(trueTime);
    };
    await relay.changes(ask);
    expect(runtime.requests).toHaveLength(2);
    expect(relay.clock.offset).toBe(60 * 60_000);
    runtime.answer = async () => problem(401, { code: 'token-time', now: 0 });
    await expect(relay.changes(ask)).rejects.toMatchObject({ code: 'token-time' });
    expect(runtime.requests).toHaveLength(4);
  });

  test('RELAY-2: a time that no clock shows is not taken for the relay’s', async () => {
    const { runtime, relay } = client();
    for (const now of [1e300, -1, 0.5, 2 ** 42]) {
      runtime.answer = async () => problem(401, { code: 'token-time', now });
      await expect(relay.changes(ask)).rejects.toMatchObject({ code: 'token-time' });
      expect(relay.clock.offset).toBeNull();
    }
  });

  test('RELAY-2: the relay’s clock is measured by each answer that states it, to half the way there and back', async () => {
    const { runtime, relay } = client();
    expect(relay.clock.offset).toBeNull();
    expect(relay.clock.now()).toBe(runtime.time);
    const relayTime = runtime.time + 500;
    runtime.answer = async () => {
      runtime.time += 100;
      return changesAnswer(relayTime);
    };
    await relay.changes(ask);
    expect(relay.clock.offset).toBe(-450);
    expect(relay.clock.now()).toBe(relayTime + 50);
  });
});

describe('what goes wrong', () => {
  const failing = async (answer: ManualRuntime['answer']) => {
    const { runtime, relay } = client();
    runtime.answer = answer;
    try {
      await relay.changes(ask);
    } catch (thrown) {
      if (thrown instanceof CairnError) return thrown;
      throw thrown;
    }
    throw new Error('it did not fail');
  };

  test('ENG-19: no answer is offline, and so is one that breaks off', async () => {
    expect((await failing(async () => Promise.reject(new TypeError('Failed to fetch')))).code).toBe(
      'offline',
    );
    const broken = stream();
    broken.push(new Uint8Array(3));
    const answer = failing(async () => new Response(broken.body, cbor));
    await rest();
    broken.fail();
    expect((await answer).code).toBe('offline');
  });

  test('RELAY-9: a problem document gives its code and values', async () => {
    const error = await failing(async () =>
      problem(409, { code: 'size-mismatch', size: 17, detail: 'The log …' }),
    );
    expect(error).toMatchObject({ code: 'size-mismatch', values: { size: 17 } });
  });

  test('RELAY-9: codes by which a relay speaks of itself are never taken for this device’s own', async () => {
    for (const [said, code] of [
      ['internal', 'unavailable'],
      ['storage-full', 'unavailable'],
      ['newer-format', 'bad-request'],
      ['malformed', 'bad-request'],
    ]) {
      expect(await failing(async () => problem(500, { code: said }))).toMatchObject({
        code,
        values: { said },
      });
    }
  });

  test('RELAY-16: how long to wait is kept, from the problem or from the header', async () => {
    const header = { 'retry-after': '7' };
    for (const answer of [
      problem(429, { code: 'rate-limited', retryMs: 1234 }, header),
      problem(429, { code: 'rate-limited' }, header),
      new Response('slow down', { status: 429, headers: header }),
    ]) {
      const error = await failing(async () => answer);
      expect(error.code).toBe('rate-limited');
      expect([1234, 7000]).toContain(error.values.retryMs);
    }
  });

  test('RELAY-16: no error makes a device wait longer than an hour, whatever it says', async () => {
    for (const code of ['rate-limited', 'unavailable', 'forbidden', 'unknown-space']) {
      const error = await failing(async () => problem(403, { code, retryMs: 1e300 }));
      expect([error.code, error.values.retryMs]).toEqual([code, 60 * 60_000]);
    }
  });

  test('PULL-2: what is no answer of this API is bad-answer, and a proxy’s trouble is the relay’s', async () => {
    const html = { headers: { 'content-type': 'text/html' } };
    expect((await failing(async () => new Response('<p>', html))).code).toBe('bad-answer');
    expect((await failing(async () => new Response('<p>', { ...html, status: 404 }))).code).toBe(
      'bad-answer',
    );
    expect((await failing(async () => new Response('<p>', { ...html, status: 502 }))).code).toBe(
      'unavailable',
    );
    expect((await failing(async () => new Response(new Uint8Array([1, 2]), cbor))).code).toBe('bad-answer');
    expect((await failing(async () => problem(409, { code: 'no code of ours' }))).code).toBe('bad-answer');
    expect((await failing(async () => problem(409, { code: 'worker-died' }))).code).toBe('bad-answer');
  });

  test('RELAY-8: a body beyond its limit is refused before it is read, or while it arrives', async () => {
    const stated = new Response('', {
      headers: { ...cbor.headers, 'content-length': String(limits.httpBodyBytes + 1) },
    });
    expect(await failing(async () => stated)).toMatchObject({ code: 'bad-answer' });
    const endless = stream();
    const answer = failing(async () => new Response(endless.body, cbor));
    const chunk = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 5; i++) {
      endless.push(chunk);
      await rest();
    }
    expect((await answer).code).toBe('bad-answer');
    expect(endless.cancelled).toBe(true);
  });

  test('RELAY-8: a body of exactly the limit is read', async () => {
    const { runtime, relay } = client();
    const frame =
      encodeReadAnswer({ logs: [{ log: asDeviceNumber(1), start: 1, entries: [new Uint8Array(65_536)] }] })
        .length - 65_536;
    const entry = new Uint8Array(limits.httpBodyBytes - frame);
    runtime.answer = async () =>
      new Response(
        encodeReadAnswer({ logs: [{ log: asDeviceNumber(1), start: 1, entries: [entry] }] }),
        cbor,
      );
    const { logs } = await relay.readEntries([{ log: asDeviceNumber(1), start: 1, end: 1 }]);
    expect(logs[0]?.entries[0]?.length).toBe(entry.length);
    runtime.answer = async () =>
      new Response(
        encodeReadAnswer({
          logs: [{ log: asDeviceNumber(1), start: 1, entries: [new Uint8Array(entry.length + 1)] }],
        }),
        cbor,
      );
    await expect(relay.readEntries([{ log: asDeviceNumber(1), start: 1, end: 1 }])).rejects.toMatchObject({
      code: 'bad-answer',
    });
  });

  test('RELAY-8: an answer that should hold a number has no room for more', async () => {
    const { runtime, relay } = client();
    runtime.answer = async () => new Response(new Uint8Array(5000), cbor);
    await expect(relay.appendMember({ size: 1, entry: new Uint8Array(1) })).rejects.toMatchObject({
      code: 'bad-answer',
      values: { limit: 4096 },
    });
  });

  test('JOIN-21: silence for thirty seconds is a timeout, and an answer that keeps arriving at the pace of a bad line is none', async () => {
    const { runtime, relay } = client();
    const slow = stream();
    runtime.answer = async () => new Response(slow.body, cbor);
    const ranges = [{ log: asDeviceNumber(1), start: 1, end: 1 }];
    const answer = relay.readEntries(ranges);
    const entry = new Uint8Array(1_000_000);
    const body = encodeReadAnswer({ logs: [{ log: asDeviceNumber(1), start: 1, entries: [entry] }] });
    // 16 kbit a second, a piece each ten seconds.
    for (let at = 0; at < body.length; at += 20_000) {
      await runtime.pass(10_000);
      slow.push(body.subarray(at, at + 20_000));
    }
    await rest();
    slow.end();
    expect((await answer).logs[0]?.entries[0]?.length).toBe(entry.length);
    expect(runtime.timers).toBe(0);

    runtime.answer = () => new Promise(() => undefined);
    const never = relay.changes(ask);
    const failed = expect(never).rejects.toMatchObject({ code: 'timeout' });
    await runtime.pass(30_010);
    await failed;
  });

  test('JOIN-21, TEST-8: a byte now and then keeps no request alive: it ends when it is thirty seconds behind 16 kbit a second', async () => {
    const { runtime, relay } = client();
    const drip = stream();
    runtime.answer = async () => new Response(drip.body, cbor);
    const answer = relay.changes(ask);
    let over = false;
    const failed = expect(answer.finally(() => (over = true))).rejects.toMatchObject({ code: 'timeout' });
    for (let second = 0; second < 27; second += 3) {
      await runtime.pass(3_000);
      drip.push(Uint8Array.of(0xa4));
    }
    await runtime.pass(2_900);
    expect(over).toBe(false);
    await runtime.pass(200);
    await failed;
    expect(drip.cancelled).toBe(true);
    expect(runtime.timers).toBe(0);
  });

  test('JOIN-21: a large body gets the time that a slow line takes to carry it', async () => {
    const { runtime, relay } = client();
    runtime.answer = () => new Promise(() => undefined);
    const entry = new Uint8Array(1_000_000);
    const append = relay.appendEntries({
      log: asDeviceNumber(1),
      start: 1,
      entries: [entry],
      head: entry.slice(0, 9),
    });
    let over = false;
    const failed = expect(append.finally(() => (over = true))).rejects.toMatchObject({ code: 'timeout' });
    await runtime.pass(150_000);
    expect(over).toBe(false);
    await runtime.pass(6_000);
    await failed;
  });

  test('ENG-6: the caller’s signal ends a request with its own reason, at any point of it', async () => {
    const reason = new CairnError('closed', 'test');
    const { runtime, relay } = client();
    const early = AbortSignal.abort(reason);
    await expect(relay.changes(ask, early)).rejects.toBe(reason);
    expect(runtime.requests).toHaveLength(0);
    for (const answer of [
      () => new Promise<Response>(() => undefined),
      async () => new Response(stream().body, cbor),
    ]) {
      runtime.answer = answer;
      const over = new AbortController();
      const request = relay.changes(ask, over.signal);
      const failed = expect(request).rejects.toBe(reason);
      await rest();
      over.abort(reason);
      await failed;
      expect(runtime.timers).toBe(0);
    }
  });
});
