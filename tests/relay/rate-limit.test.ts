/** RELAY-16: limits of devices and of addresses. */
import { describe, expect, test, vi } from 'vitest';
import { asHash, asPublicKey, fromBase64Url, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { limits } from '../../src/limits.ts';
import { addressKey, RateLimit } from '../../src/relay/rate-limit.ts';
import { TokenMemory } from '../../src/relay/token-memory.ts';
import { TestClock } from './clock.ts';
import { bytesOf, Caller, inProcess, noLimits, refusalOf, type TestRelay, TestSpace } from './harness.ts';
import { freshKeys, Membership, person } from './people.ts';

/** How many requests go through at once. */
function through(limit: RateLimit, key: string, most = 1000): number {
  for (let i = 0; i < most; i++) {
    try {
      limit.take(key);
    } catch {
      return i;
    }
  }
  return most;
}

test('RELAY-16: a burst goes through, then as many as come back, and the rest is told when to come again', () => {
  const clock = new TestClock();
  const limit = new RateLimit({ perSecond: 2, burst: 10 }, () => clock.now());
  expect(through(limit, 'a')).toBe(10);
  expect(() => limit.take('a')).toThrow(
    expect.objectContaining({ code: 'rate-limited', values: { retryMs: 500 } }),
  );
  clock.set(clock.now() + 499);
  expect(through(limit, 'a')).toBe(0);
  clock.set(clock.now() + 1);
  expect(through(limit, 'a')).toBe(1);
  clock.set(clock.now() + 3000);
  expect(through(limit, 'a')).toBe(6);
  clock.set(clock.now() + 3_600_000);
  expect(through(limit, 'a')).toBe(10);
});

test('RELAY-16: looking whether a request would go through takes nothing', () => {
  const clock = new TestClock();
  const limit = new RateLimit({ perSecond: 1, burst: 2 }, () => clock.now());
  for (let i = 0; i < 10; i++) expect(limit.check('a')).toBe(true);
  expect(through(limit, 'a')).toBe(2);
  expect(limit.check('a')).toBe(false);
  clock.set(clock.now() + 999);
  expect(limit.check('a')).toBe(false);
  clock.set(clock.now() + 1);
  expect(limit.check('a')).toBe(true);
  expect(through(limit, 'a')).toBe(1);
});

test('RELAY-16: what was taken ahead can be given back, and no more than that', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 2 }, () => 0);
  expect([limit.tryTake('a'), limit.tryTake('a'), limit.tryTake('a')]).toEqual([true, true, false]);
  limit.giveBack('a');
  expect(through(limit, 'a')).toBe(1);
  for (let i = 0; i < 5; i++) limit.giveBack('a');
  limit.giveBack('nobody');
  expect(through(limit, 'a')).toBe(2);
});

test('RELAY-16: one key at its limit does not slow another', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 3 }, () => 0);
  expect(through(limit, 'a')).toBe(3);
  expect(through(limit, 'b')).toBe(3);
});

test('RELAY-16: a clock set back gives nothing and locks nobody out', () => {
  const clock = new TestClock();
  const limit = new RateLimit({ perSecond: 1, burst: 3 }, () => clock.now());
  expect(through(limit, 'a')).toBe(3);
  clock.set(clock.now() - 86_400_000);
  expect(through(limit, 'a')).toBe(0);
  clock.set(clock.now() + 2000);
  expect(through(limit, 'a')).toBe(2);
});

test('RELAY-16: the number of keys kept is bounded, and the one used last is kept', () => {
  const limit = new RateLimit({ perSecond: 0.001, burst: 2 }, () => 0);
  for (let i = 0; i < 30_000; i++) {
    limit.take(`key ${i}`);
    if (i % 5000 === 0 && i > 0) expect(through(limit, 'busy')).toBe(i === 5000 ? 2 : 0);
    else if (i > 5000 && i % 1000 === 0) expect(through(limit, 'busy')).toBe(0);
  }
});

test('RELAY-16: an address counts as its IPv4 address or its IPv6 network of 64 bits', () => {
  expect(addressKey('192.0.2.7')).toBe('192.0.2.7');
  expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:0db8:0001:0002::9')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:db8::9')).toBe('2001:db8:0:0::/64');
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(addressKey('::1')).toBe('0:0:0:0::/64');
  expect(addressKey('unknown')).toBe('unknown');
});

test('RELAY-16: a device at its limit is refused with the time to wait, and others are served', async () => {
  const relay = await inProcess({ rates: { ...noLimits, device: { perSecond: 1, burst: 5 } } });
  const space = await TestSpace.on(relay);
  const invitation = await freshKeys();
  await space.take(space.as(space.founder), await space.membership.invite(space.founder, invitation));
  const joiner = await person();
  await space.take(space.withKeys(invitation), await space.membership.join(joiner, invitation));
  const founder = space.as(space.founder);
  for (let i = 0; i < 4; i++) await founder.changes();
  const { encodeChangesRequest } = await import('../../src/format/wire.ts');
  const body = encodeChangesRequest({ members: 0, cursors: [], beacons: false });
  const answer = await founder.ask('POST', '/changes', body);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await refusalOf(answer)).toEqual({ status: 429, code: 'rate-limited', retryMs: 1000 });
  expect((await space.as(joiner).changes()).members.size).toBe(3);
  relay.clock.set(relay.clock.now() + 1000);
  expect((await founder.changes()).members.size).toBe(3);
});

test('RELAY-16: what comes before membership is limited by address, and slows no device', async () => {
  const relay = await inProcess({ rates: { ...noLimits, address: { perSecond: 0.1, burst: 6 } } });
  const space = await TestSpace.on(relay);
  const from = (address: string, method: string, headers: Record<string, string> = {}): Promise<Response> => {
    const url = `https://relay.example/v1/spaces/${spaceText(space.membership.space)}/changes`;
    return relay.relay.fetch(new Request(url, { method, headers }), { address });
  };
  const codes: unknown[] = [];
  for (let i = 0; i < 8; i++) codes.push((await refusalOf(await from('192.0.2.9', 'POST'))).code);
  expect(codes).toEqual([...Array(6).fill('unauthorized'), 'rate-limited', 'rate-limited']);
  // Another address still may, and so may a device at the very same one.
  expect((await refusalOf(await from('192.0.2.10', 'POST'))).code).toBe('unauthorized');
  const token = await space.as(space.founder).token();
  const own = await from('192.0.2.9', 'POST', {
    authorization: `Bearer ${token}`,
    'content-type': 'application/cbor',
  });
  expect((await refusalOf(own)).code).toBe('malformed');
  // Keys of no space, spaces that are not here and new spaces all count.
  const stranger = space.withKeys(await freshKeys());
  for (let i = 0; i < 2; i++) await stranger.ask('POST', '/changes', new Uint8Array());
  const founder = await person();
  const membership = await Membership.found(founder, relay.clock.now());
  const caller = new Caller(relay, founder.device, membership.space);
  await caller.ask('POST', '/changes', new Uint8Array());
  await bytesOf(await caller.create(membership.entries[0]));
  const another = await Membership.found(founder, relay.clock.now() + 1);
  await bytesOf(await new Caller(relay, founder.device, another.space).create(another.entries[0]));
  const last = await Membership.found(founder, relay.clock.now() + 2);
  const refused = await new Caller(relay, founder.device, last.space).create(last.entries[0]);
  expect(await refusalOf(refused)).toMatchObject({ status: 429, code: 'rate-limited' });
});

test('RELAY-16: at the limit of its address a bad token costs no verification, and a device there is served', async () => {
  const relay = await inProcess({ rates: { ...noLimits, address: { perSecond: 0.1, burst: 3 } } });
  const space = await TestSpace.on(relay);
  const at = (token: string): Promise<Response> => {
    const url = `https://relay.example/v1/spaces/${spaceText(space.membership.space)}/changes`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cbor' };
    return relay.relay.fetch(new Request(url, { method: 'POST', headers }), { address: '192.0.2.9' });
  };
  const forged = async (of: Caller): Promise<string> => {
    const bytes = fromBase64Url(await of.token());
    bytes[bytes.length - 40] ^= 1; // within R
    return toBase64Url(bytes);
  };
  const stranger = await forged(space.withKeys(await freshKeys()));
  const verified = vi.spyOn(crypto.subtle, 'verify');
  const codes: unknown[] = [];
  for (let i = 0; i < 6; i++) codes.push((await refusalOf(await at(stranger))).code);
  expect(codes).toEqual([...Array(3).fill('unauthorized'), ...Array(3).fill('rate-limited')]);
  expect(verified).toHaveBeenCalledTimes(3);
  const refusal = await refusalOf(await at(stranger));
  expect(refusal.retryMs).toBeGreaterThan(0);
  // The key of a device makes no token good, and its own tokens are.
  expect((await refusalOf(await at(await forged(space.as(space.founder))))).code).toBe('rate-limited');
  expect((await refusalOf(await at(await space.as(space.founder).token()))).code).toBe('malformed');
  verified.mockRestore();
});

describe('verifications', () => {
  /** A token of the caller with one bit of its signature other: as costly to judge as a good one. */
  async function forged(of: Caller, bit: number): Promise<string> {
    const bytes = fromBase64Url(await of.token());
    bytes[bytes.length - 60 + (bit >> 3)] ^= 1 << (bit & 7); // within R
    return toBase64Url(bytes);
  }

  /** What each of those tokens comes to, all asked at once from one address, and how many signatures that verified. */
  async function asked(relay: TestRelay, space: TestSpace, tokens: readonly string[], address: string) {
    const verified = vi.spyOn(crypto.subtle, 'verify');
    const url = `https://relay.example/v1/spaces/${spaceText(space.membership.space)}/changes`;
    const answers = await Promise.all(
      tokens.map(async (token) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cbor' };
        const request = new Request(url, { method: 'POST', headers });
        return String((await refusalOf(await relay.relay.fetch(request, { address }))).code);
      }),
    );
    const verifications = verified.mock.calls.length;
    verified.mockRestore();
    const count = (code: string): number => answers.filter((answer) => answer === code).length;
    return { answers, count, verifications };
  }

  const tight = { ...noLimits, address: { perSecond: 0.1, burst: 5 } };

  test('RELAY-16: any number of bad tokens at once get no more verifications than their address has left', async () => {
    const relay = await inProcess({ rates: tight });
    const space = await TestSpace.on(relay);
    const stranger = space.withKeys(await freshKeys());
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, i) => forged(stranger, i)));
    const { count, verifications } = await asked(relay, space, tokens, '192.0.2.9');
    expect(verifications).toBe(5);
    expect([count('unauthorized'), count('rate-limited')]).toEqual([5, 195]);
  });

  test('RELAY-16: who knows members’ public keys gets some verifications more, and never without limit', async () => {
    const relay = await inProcess({ rates: tight });
    const space = await TestSpace.on(relay);
    const founder = space.as(space.founder);
    const ofOne = await Promise.all(Array.from({ length: 200 }, (_, i) => forged(founder, i)));
    const one = await asked(relay, space, ofOne, '192.0.2.9');
    expect(one.verifications).toBe(5 + 3);
    expect(new Set(one.answers)).toEqual(new Set(['unauthorized', 'rate-limited']));
    // Another device there is served, and so is that one with a token that was verified before, or elsewhere.
    const other = space.as(await space.add('writer'));
    expect((await asked(relay, space, [await other.token()], '192.0.2.9')).answers).toEqual(['malformed']);
    const own = await founder.token();
    expect((await asked(relay, space, [own], '192.0.2.10')).answers).toEqual(['malformed']);
    expect((await asked(relay, space, [own], '192.0.2.9')).answers).toEqual(['malformed']);
    // With many keys there is a limit over all of them.
    const people = [];
    for (let i = 0; i < 12; i++) people.push(space.as(await space.add('writer')));
    const ofMany = await Promise.all(
      people.flatMap((someone) => Array.from({ length: 10 }, (_, i) => forged(someone, i))),
    );
    expect((await asked(relay, space, ofMany, '192.0.2.9')).verifications).toBeLessThanOrEqual(20);
  });

  test('RELAY-16: a token is verified once, for one space and until it ends', async () => {
    const relay = await inProcess();
    const space = await TestSpace.on(relay);
    const elsewhere = await TestSpace.on(relay);
    const token = await space.as(space.founder).token(relay.clock.now() - 1000);
    const many = Array<string>(10).fill(token);
    expect((await asked(relay, space, [token], '192.0.2.9')).verifications).toBe(1);
    expect(await asked(relay, space, many, '192.0.2.9')).toMatchObject({
      verifications: 0,
      answers: Array(10).fill('malformed'),
    });
    expect((await asked(relay, elsewhere, [token], '192.0.2.9')).answers).toEqual(['unauthorized']);
    relay.clock.set(relay.clock.now() + 300_000);
    expect((await asked(relay, space, [token], '192.0.2.9')).answers).toEqual(['token-time']);
    relay.clock.set(relay.clock.now() - 900_000);
    expect((await asked(relay, space, [token], '192.0.2.9')).answers).toEqual(['token-time']);
  });

  test('RELAY-16: new tokens of a device at its limit are not verified, and cost its address nothing', async () => {
    const rates = { device: { perSecond: 0.001, burst: 2 }, address: { perSecond: 0.001, burst: 9 } };
    const relay = await inProcess({ rates });
    const space = await TestSpace.on(relay);
    const founder = space.as(space.founder);
    // Good ones, each another: of another second.
    const now = relay.clock.now();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, i) => founder.token(now - 1000 * i - 1000)),
    );
    expect((await asked(relay, space, tokens.slice(0, 2), '192.0.2.9')).verifications).toBe(2);
    const { answers, verifications } = await asked(relay, space, tokens.slice(2), '192.0.2.9');
    expect(new Set(answers)).toEqual(new Set(['rate-limited']));
    expect(verifications).toBe(0);
    const stranger = space.withKeys(await freshKeys());
    const bad = await Promise.all(Array.from({ length: 20 }, (_, i) => forged(stranger, i)));
    expect((await asked(relay, space, bad, '192.0.2.9')).verifications).toBe(9);
  });

  test('RELAY-16: the number of tokens kept is bounded, and those used last are kept', () => {
    const memory = new TokenMemory(3);
    const space = asHash(new Uint8Array(32));
    const credential = { key: asPublicKey(new Uint8Array(32)), expires: 1000 };
    memory.keep('a', space, credential);
    expect(memory.find('a', space, 1000)).toBe(null);
    memory.keep('a', space, credential);
    expect(memory.find('a', space, -300_000)).toBe(null);
    for (const token of ['a', 'b', 'c']) memory.keep(token, space, credential);
    expect(memory.find('a', space, 0)).toBe(credential);
    memory.keep('d', space, credential);
    expect(['a', 'b', 'c', 'd'].map((token) => memory.find(token, space, 0) !== null)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('bodies on their way', () => {
  test('RELAY-7, RELAY-16: one device has room for so many bytes at once, whatever it sends slowly, and others are served', async () => {
    const relay = await inProcess();
    const space = await TestSpace.on(relay);
    const other = space.as(await space.add('writer'));
    const founder = space.as(space.founder);
    const patient = { timeout: 30_000, interval: 5 };
    const open: ReadableStreamDefaultController[] = [];
    const begin = async (length?: number): Promise<Response> => {
      const body = new ReadableStream({ start: (controller) => void open.push(controller) });
      const headers = {
        authorization: `Bearer ${await founder.token()}`,
        'content-type': 'application/cbor',
        ...(length === undefined ? {} : { 'content-length': String(length) }),
      };
      const path = `/v1/spaces/${spaceText(space.membership.space)}/entries`;
      return relay.fetch(path, { method: 'POST', headers, body, duplex: 'half' });
    };
    // What states no length, or a wrong one, counts as the largest there can be.
    const begun = [
      begin(limits.httpBodyBytes),
      begin(),
      begin(limits.httpBodyBytes),
      begin(limits.httpBodyBytes - 1),
    ];
    await expect.poll(() => open.length, patient).toBe(4);
    const small = begin(1);
    await expect.poll(() => open.length, patient).toBe(5);
    expect(await refusalOf(await begin(1))).toEqual({ status: 429, code: 'rate-limited', retryMs: 1000 });
    expect((await other.changes()).members.size).toBe(3);
    // Ended or broken off, each makes room again.
    for (const [i, controller] of open.entries()) {
      if (i % 2 === 0) controller.close();
      else controller.error(new Error('gone'));
    }
    for (const answer of await Promise.all([...begun, small])) {
      expect((await refusalOf(answer)).code).toMatch(/^(malformed|bad-request)$/);
    }
    expect((await founder.changes()).members.size).toBe(3);
  });
});
