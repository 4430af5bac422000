/** Who may ask: tokens, keys, roles. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, concat, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { makeToken } from '../../src/format/token.ts';
import { limits } from '../../src/limits.ts';
import { originsOf } from '../../src/relay/authorise.ts';
import { inProcess, origin, refusalOf, type TestRelay, TestSpace } from './harness.ts';
import { freshKeys, Membership, OwnLog, person } from './people.ts';

let relay: TestRelay;
let space: TestSpace;
const nothing = encode(new Map());

beforeEach(async () => {
  relay = await inProcess();
  space = await TestSpace.on(relay);
});

afterEach(() => {
  expect(relay.errors).toEqual([]);
});

/** What the relay answers to a request for the space with that `Authorization`. */
const ask = (authorization: string | null, path = '/changes'): Promise<Response> =>
  relay.fetch(`/v1/spaces/${spaceText(space.membership.space)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor', ...(authorization === null ? {} : { authorization }) },
    body: nothing,
  });
const bearer = (token: Bytes): string => `Bearer ${toBase64Url(token)}`;
const unauthorized = { status: 401, code: 'unauthorized' };
/** The token was good, and the empty body is what is refused. */
const pastTheToken = { status: 400, code: 'malformed' };

describe('tokens', () => {
  const scope = () => ({ relay: origin, space: space.membership.space, now: relay.clock.now() });

  test('RELAY-1: a token that the device signed for this relay and space is good', async () => {
    const token = await makeToken(space.founder.device.signer, scope());
    expect(await refusalOf(await ask(bearer(token)))).toEqual(pastTheToken);
  });

  test('RELAY-1: no token, and one that is none, is refused', async () => {
    const good = await makeToken(space.founder.device.signer, scope());
    const answer = await ask(null);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refusalOf(answer)).toEqual(unauthorized);
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer !',
      'Bearer A',
      'Basic dXNlcjpwYXNz',
      `Basic ${toBase64Url(good)}`,
      bearer(good.subarray(1)),
      bearer(good.subarray(2)),
      bearer(concat(good, new Uint8Array(1))),
      `Bearer ${'A'.repeat(12_000)}`,
    ]) {
      expect(await refusalOf(await ask(authorization)), authorization).toEqual(unauthorized);
    }
  });

  test('RELAY-1: a token of which one bit is other is refused', async () => {
    const good = await makeToken(space.founder.device.signer, scope());
    for (let at = 0; at < good.length; at++) {
      const altered = good.slice();
      altered[at] ^= 1 << (at % 8);
      const refusal = await refusalOf(await ask(bearer(altered)));
      expect(refusal, `byte ${at}`).toEqual(unauthorized);
    }
  });

  test('RELAY-1: a token for another relay or another space is refused', async () => {
    const other = await Membership.found(space.founder, relay.clock.now());
    const { signer } = space.founder.device;
    for (const wrong of [
      { ...scope(), relay: 'https://other.example' },
      { ...scope(), relay: 'http://relay.example' },
      { ...scope(), relay: 'https://relay.example:8443' },
      { ...scope(), relay: `${origin}/` },
      { ...scope(), space: other.space },
    ]) {
      expect(await refusalOf(await ask(bearer(await makeToken(signer, wrong))))).toEqual(unauthorized);
    }
  });

  test('RELAY-1: the name by which the relay was called gives no audience', async () => {
    const elsewhere = 'https://other.example';
    const token = await makeToken(space.founder.device.signer, { ...scope(), relay: elsewhere });
    const answer = await relay.relay.fetch(
      new Request(`${elsewhere}/v1/spaces/${spaceText(space.membership.space)}/changes`, {
        method: 'POST',
        headers: { authorization: bearer(token), host: 'other.example', 'content-type': 'application/cbor' },
        body: nothing,
      }),
    );
    expect(await refusalOf(answer)).toEqual(unauthorized);
  });

  test('RELAY-1: a signed object of another type is no token, whatever it says', async () => {
    const claims = new Map<number, string | number>([
      [3, `${origin}/${spaceText(space.membership.space)}`],
      [4, Math.floor(relay.clock.now() / 1000) + 200],
      [6, Math.floor(relay.clock.now() / 1000)],
    ]);
    const { signer } = space.founder.device;
    const tagged = async (type: (typeof types)[keyof typeof types]) =>
      concat(Uint8Array.of(0xd8, 61), await signObject(signer, type, claims));
    expect(await refusalOf(await ask(bearer(await tagged(types.token))))).toEqual(pastTheToken);
    expect(await refusalOf(await ask(bearer(await tagged(types.head))))).toEqual(unauthorized);
    claims.set(4, Math.floor(relay.clock.now() / 1000) + 301);
    expect(await refusalOf(await ask(bearer(await tagged(types.token))))).toEqual(unauthorized);
  });

  test('RELAY-2: a token before or after its time is refused with the relay’s time, and at its edges it is good', async () => {
    const now = relay.clock.now();
    const { signer } = space.founder.device;
    const madeAt = async (ms: number) =>
      refusalOf(await ask(bearer(await makeToken(signer, { ...scope(), now: ms }))));
    const wrongTime = { status: 401, code: 'token-time', now };
    expect(await madeAt(now - limits.tokenLifeMs)).toEqual(wrongTime);
    expect(await madeAt(now - limits.tokenLifeMs + 1000)).toEqual(pastTheToken);
    expect(await madeAt(now + 60_000)).toEqual(pastTheToken);
    expect(await madeAt(now + 61_000)).toEqual(wrongTime);
    expect(await madeAt(now - 86_400_000)).toEqual(wrongTime);
  });

  test('RELAY-1: a relay called localhost takes the other names of the same machine and port, and no others', async () => {
    const names = ['http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787'];
    for (const name of names) expect(originsOf(name)).toEqual(names);
    expect(originsOf('http://localhost')).toEqual(['http://localhost', 'http://127.0.0.1', 'http://[::1]']);
    expect(originsOf('https://relay.example')).toEqual(['https://relay.example']);
    expect(originsOf('http://localhost.example:8787')).toEqual(['http://localhost.example:8787']);
    const local = await inProcess({ origin: names[0], storage: relay.storage });
    const { signer } = space.founder.device;
    const answered = async (name: string): Promise<string> => {
      const token = await makeToken(signer, { ...scope(), relay: name });
      const answer = await local.fetch(`/v1/spaces/${spaceText(space.membership.space)}/changes`, {
        method: 'POST',
        headers: { authorization: bearer(token), 'content-type': 'application/cbor' },
        body: nothing,
      });
      return String((await refusalOf(answer)).code);
    };
    for (const name of names) expect(await answered(name)).toBe('malformed');
    for (const name of ['http://localhost:8788', 'https://localhost:8787', origin]) {
      expect(await answered(name)).toBe('unauthorized');
    }
  });
});

describe('keys and roles', () => {
  const paths = ['/changes', '/members', '/entries', '/entries/read', '/leaves/read'];

  test('RELAY-3: a key that is of no device and no invitation gets nothing', async () => {
    const stranger = space.withKeys(await freshKeys());
    for (const path of paths) {
      expect(await refusalOf(await stranger.ask('POST', path, nothing)), path).toEqual({
        status: 403,
        code: 'forbidden',
      });
    }
    expect((await stranger.ask('PUT', '/beacon', nothing)).status).toBe(403);
    expect((await stranger.ask('GET', '/events')).status).toBe(403);
  });

  test('RELAY-3: a member’s identity key is no device', async () => {
    const asIdentity = space.withKeys(space.founder.identity);
    expect((await asIdentity.ask('POST', '/changes', nothing)).status).toBe(403);
  });

  test('RELAY-3: a device of one space is a stranger in another', async () => {
    const other = await TestSpace.on(relay);
    const visitor = other.withKeys(space.founder.device);
    expect((await visitor.ask('POST', '/changes', nothing)).status).toBe(403);
  });

  test('RELAY-6: of a space that is not here every path says so', async () => {
    const someone = await person();
    const elsewhere = await Membership.found(someone, relay.clock.now());
    const { Caller } = await import('./harness.ts');
    const caller = new Caller(relay, someone.device, elsewhere.space);
    for (const path of paths) {
      const refusal = await refusalOf(await caller.ask('POST', path, nothing));
      expect(refusal, path).toEqual({ status: 404, code: 'unknown-space' });
    }
  });

  test('RELAY-3: a reader reads, sends beacons and appends to no log, its own or another’s', async () => {
    const reader = await space.add('reader');
    const log = new OwnLog(space.membership, reader);
    const own = await space.nextAppend(log, 1);
    const device = space.membership.numberOf(reader);
    const refused = { status: 403, code: 'not-a-writer', device };
    expect(await refusalOf(await space.as(reader).append(own))).toEqual(refused);
    expect(await refusalOf(await space.as(space.founder).append(own))).toEqual(refused);
    const founders = await space.nextAppend(new OwnLog(space.membership, space.founder), 1);
    expect(await refusalOf(await space.as(reader).append(founders))).toEqual(refused);
    expect((await space.as(reader).changes()).members.size).toBe(space.membership.state.size);
    expect((await space.as(space.founder).changes()).heads).toEqual([]);
  });
});
