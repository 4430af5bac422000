/** RELAY-16: limits of devices and of addresses. */
import { expect, test, vi } from 'vitest';
import { fromBase64Url, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { addressKey, RateLimit } from '../../src/relay/rate-limit.ts';
import { TestClock } from './clock.ts';
import { bytesOf, Caller, inProcess, noLimits, refusalOf, TestSpace } from './harness.ts';
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
