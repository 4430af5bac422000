/**
 * What a hostile hand sends: requests drawn from a seed. None of them may change anything: what would be taken as it stands is
 * either something the relay has already (a replay), or is altered first.
 */
import type { KeyPair } from '../../src/crypto/keys.ts';
import { type Bytes, fromBase64Url, type SpaceId, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { leafHash, rootOf } from '../../src/format/merkle.ts';
import { mapOf } from '../../src/format/shape.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { makeToken } from '../../src/format/token.ts';
import * as wire from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import type { TestSpace } from '../relay/harness.ts';
import { beaconOf, freshKeys, OwnLog, type Person, sealedEntry } from '../relay/people.ts';
import type { Random } from '../sim/random.ts';
import type { Attack } from './wire.ts';

type Method = 'POST' | 'PUT';
/** A request that the relay would take (`isFresh`), or has taken. */
interface Template {
  readonly method: Method;
  readonly path: string;
  readonly body: Bytes;
  readonly isFresh: boolean;
}

const cbor = { 'content-type': 'application/cbor' } as const;
const lies = [0, 1, 2, 3, 4, 5, 99, 2 ** 31, 2 ** 32 - 1, 2 ** 42, Number.MAX_SAFE_INTEGER, -1, 0.5] as const;
const paths = ['', '/changes', '/members', '/entries', '/entries/read', '/leaves/read', '/beacon'] as const;

/** One device of the attacked space with a log of its own there, and all that it can say. */
export class Hostile {
  readonly #space: TestSpace;
  readonly #elsewhere: SpaceId;
  readonly #who: Person;
  readonly #victim: Person;
  readonly #origin: string;
  #templates: readonly Template[] = [];
  #forgeries: readonly Attack[] = [];
  #token = '';
  #tokens: readonly string[] = [];

  private constructor(space: TestSpace, elsewhere: SpaceId, who: Person, victim: Person, origin: string) {
    this.#space = space;
    this.#elsewhere = elsewhere;
    this.#who = who;
    this.#victim = victim;
    this.#origin = origin;
  }

  /** `elsewhere` is a space that this device does not belong to. */
  static async join(space: TestSpace, elsewhere: SpaceId, victim: Person, origin: string): Promise<Hostile> {
    const hostile = new Hostile(space, elsewhere, await space.add('writer'), victim, origin);
    await hostile.#prepare();
    return hostile;
  }

  /** Requests with a good token of this device. */
  authenticated(random: Random): Attack {
    const headers = { ...cbor, authorization: `Bearer ${this.#token}` };
    const sort = random.below(20);
    if (sort === 0) return this.#strange(random, headers);
    if (sort === 1) return this.#headers(random, headers);
    if (sort === 2) return { ...random.pick(this.#forgeries), headers };
    if (sort === 3) return this.#oversized(random, headers);
    if (sort < 6) return this.#range(random, headers);
    if (sort === 6)
      return { ...this.#body(random, this.#elsewhere), kind: 'a foreign space', headers, mayPass: false };
    if (sort === 7) return this.#replay(random, headers);
    if (sort < 12) return { ...random.pick(this.#forgeries), headers };
    return { ...this.#body(random, this.#space.membership.space), headers };
  }

  /** Requests with no token that counts. */
  unauthenticated(random: Random): Attack {
    const space = random.chance(0.8) ? this.#space.membership.space : this.#elsewhere;
    const { method, path, body } = random.chance(0.3)
      ? { ...random.pick(this.#templates), path: this.#pathOf(random.pick(paths), space) }
      : this.#body(random, space);
    const sort = random.below(10);
    if (sort === 0) return this.#strange(random, { ...cbor, authorization: 'Bearer x' });
    const authorization =
      sort === 1
        ? null
        : sort === 2
          ? random.pick([
              'Basic YTpi',
              'Bearer',
              'Bearer ',
              'bearer !!!',
              `Bearer ${'A'.repeat(9000)}`,
              'Bearer a b',
            ])
          : sort === 3
            ? `Bearer ${toBase64Url(random.bytes(1 + random.below(400)))}`
            : sort < 6
              ? `Bearer ${flipped(random, random.pick(this.#tokens))}`
              : `Bearer ${random.pick(this.#tokens)}`;
    const headers = { ...cbor, ...(authorization === null ? {} : { authorization }) };
    return { kind: 'no token that counts', method, path, headers, body, mayPass: false };
  }

  async #prepare(): Promise<void> {
    const { membership } = this.#space;
    const { space } = membership;
    const caller = this.#space.as(this.#who);
    const now = Date.now();
    const log = new OwnLog(membership, this.#who);
    const taken = await this.#space.writeMore(log, 3);
    const beacon = await beaconOf(membership, this.#who, now);
    if ((await caller.ask('PUT', '/beacon', beacon)).status !== 204) throw new Error('No beacon');
    this.#token = await caller.token();
    const next = new OwnLog(membership, this.#who);
    next.add(...log.entries);
    const append = wire.encodeEntriesAppend(await this.#space.nextAppend(next, 2));
    const members = membership.entries.length;
    const invitation = await membership.invite(this.#who, await freshKeys());
    const range = { log: log.log, start: 1, end: 3 };
    const template = (path: string, body: Bytes, isFresh: boolean, method: Method = 'POST'): Template => ({
      method,
      path,
      body,
      isFresh,
    });
    this.#templates = [
      template('', membership.entries[0] ?? new Uint8Array(), false),
      template('/changes', wire.encodeChangesRequest({ members: 0, cursors: [], beacons: true }), false),
      template('/entries/read', wire.encodeReadRequest({ ranges: [range] }), false),
      template('/leaves/read', wire.encodeLeavesRequest(range), false),
      template('/entries', wire.encodeEntriesAppend(taken), false),
      template('/beacon', beacon, false, 'PUT'),
      template('/entries', append, true),
      template('/members', wire.encodeMembersAppend({ size: members, entry: invitation }), true),
      template('/beacon', await beaconOf(membership, this.#who, now + 1000), true, 'PUT'),
    ];
    this.#forgeries = await this.#forge(log, wire.decodeEntriesAppend(append).entries);
    this.#tokens = await this.#badTokens(now);
    if (spaceText(space) === spaceText(this.#elsewhere)) throw new Error('Not another space');
  }

  /** Heads and entries that are well made and not this device's to send, or not true. */
  async #forge(log: OwnLog, fresh: readonly Bytes[]): Promise<Attack[]> {
    const { membership, founder } = this.#space;
    const { space, members } = membership;
    const { signer } = this.#who.device;
    const victims = membership.numberOf(this.#victim);
    const wrong = members.root;
    // True but for the one lie that each forgery is named for.
    const head = (of: number, entries: readonly Bytes[], more: object = {}): Promise<Bytes> => {
      const root = rootOf(entries.map(leafHash));
      return signHead(signer, {
        space,
        log: asDeviceNumber(of),
        size: entries.length,
        root,
        members,
        ...more,
      });
    };
    const appends: [string, wire.EntriesAppend][] = [];
    const add = (kind: string, of: number, start: number, entries: readonly Bytes[], signed: Bytes): void => {
      appends.push([kind, { log: asDeviceNumber(of), start, entries, head: signed }]);
    };
    const own = log.entries;
    const all = [...own, ...fresh];
    const forVictim = sealedEntry(space, victims, 1, 90);
    add('a head of a foreign log', victims, 1, [forVictim], await head(victims, [forVictim]));
    add('a foreign log under the own head', victims, 4, fresh, await head(log.log, all));
    add('a re-signed head of another root', log.log, 4, [], await head(log.log, own, { root: wrong }));
    add('a head that takes entries back', log.log, 3, [], await head(log.log, own.slice(0, 2)));
    add('a head of more than there is', log.log, 4, fresh, await head(log.log, all, { size: 99 }));
    add('a head of another space', log.log, 4, fresh, await head(log.log, all, { space: this.#elsewhere }));
    add('an unknown log', 999, 1, [], await head(999, []));
    const ahead = { members: { ...members, size: members.size + 50 } };
    add('a head that names members to come', log.log, 4, fresh, await head(log.log, all, ahead));
    const other = { members: { ...members, root: rootOf([]) } };
    add('a head of another membership', log.log, 4, fresh, await head(log.log, all, other));
    const old = { members: membership.membersAt(1) };
    add('a head that names too few members', log.log, 4, fresh, await head(log.log, all, old));
    const foreign = [sealedEntry(space, victims, 4, 90), sealedEntry(space, victims, 5, 90)];
    add('entries of a foreign log', log.log, 4, foreign, await head(log.log, [...own, ...foreign]));
    const elsewhere = [sealedEntry(this.#elsewhere, log.log, 4, 90)];
    add('entries of a foreign space', log.log, 4, elsewhere, await head(log.log, [...own, ...elsewhere]));
    const later = [sealedEntry(space, log.log, 9, 90)];
    const gap = [...own, ...own, own[0] ?? new Uint8Array(), ...later].slice(-9);
    add('entries with a gap', log.log, 9, later, await head(log.log, gap));
    const moved = [...fresh].reverse();
    add('entries out of order', log.log, 4, moved, await head(log.log, [...own, ...moved]));
    const rewritten = [sealedEntry(space, log.log, 1, 90), ...own.slice(1)];
    add('entries written anew', log.log, 1, rewritten, await head(log.log, rewritten));
    const attacks = appends.map(([kind, append]) => ({
      ...this.#attack(kind, 'POST', '/entries', wire.encodeEntriesAppend(append)),
      // It brings nothing and asks for what is there: told that it is, and nothing is taken.
      mayPass: kind === 'a head that takes entries back',
    }));
    const forAnother = await beaconOf(membership, this.#who, Date.now(), victims);
    const ofVictim = await beaconOf(membership, this.#victim, Date.now() + 5000);
    const future = await beaconOf(membership, this.#who, Date.now() + 10 * limits.clockAheadMs);
    attacks.push(
      this.#attack('a beacon for another device', 'PUT', '/beacon', forAnother),
      this.#attack('a beacon by another device', 'PUT', '/beacon', ofVictim),
      this.#attack('a beacon from ahead', 'PUT', '/beacon', future),
    );
    const admin = await membership.invite(this.#who, await freshKeys(), { role: 'admin' });
    const size = membership.state.size;
    const joiner = { identity: await freshKeys(), device: await freshKeys() };
    const join = await membership.join(joiner, await freshKeys());
    attacks.push(
      this.#attack(
        'an invitation beyond its rank',
        'POST',
        '/members',
        wire.encodeMembersAppend({ size, entry: admin }),
      ),
      this.#attack(
        'a join without invitation',
        'POST',
        '/members',
        wire.encodeMembersAppend({ size, entry: join }),
      ),
    );
    if (founder === this.#who) throw new Error('The founder is not hostile');
    return attacks;
  }

  /** Tokens that are no good: by time, by relay, by space, by key; well signed all the same. */
  async #badTokens(now: number): Promise<string[]> {
    const { space } = this.#space.membership;
    const make = async (keys: KeyPair, scope: object = {}): Promise<string> =>
      toBase64Url(await makeToken(keys.signer, { relay: this.#origin, space, now, ...scope }));
    const stranger = await freshKeys();
    const own = this.#who.device;
    return [
      await make(own, { now: now - 3_600_000 }),
      await make(own, { now: now + 3_600_000 }),
      await make(own, { relay: 'https://another.example' }),
      await make(own, { space: this.#victim.device.sign }),
      await make(stranger),
      await make(stranger, { space: this.#elsewhere }),
      await make(this.#who.identity),
    ];
  }

  #attack(kind: string, method: Method, path: string, body: Bytes): Attack {
    return {
      kind,
      method,
      path: this.#pathOf(path, this.#space.membership.space),
      headers: {},
      body,
      mayPass: false,
    };
  }

  #pathOf = (path: string, space: SpaceId): string => `/v1/spaces/${spaceText(space)}${path}`;

  /** A body that is not what it should be. */
  #body(random: Random, space: SpaceId): Omit<Attack, 'headers'> {
    const { method, path, body } = random.pick(this.#templates);
    const at = this.#pathOf(path, space);
    const sort = random.below(4);
    const reads = ['/changes', '/entries/read', '/leaves/read'].includes(path);
    if (sort === 0) {
      return {
        kind: 'a body cut short',
        method,
        path: at,
        body: body.slice(0, random.below(body.length)),
        mayPass: false,
      };
    }
    if (sort === 1) {
      const longer = new Uint8Array([...body, ...random.bytes(1 + random.below(20))]);
      return { kind: 'a body with more behind it', method, path: at, body: longer, mayPass: false };
    }
    if (sort === 2) {
      return {
        kind: 'random bytes',
        method,
        path: at,
        body: random.bytes(random.below(300)),
        mayPass: false,
      };
    }
    const altered = body.slice();
    const where = random.below(altered.length);
    altered[where] = (altered[where] ?? 0) ^ (1 + random.below(255));
    return { kind: `bytes changed of ${path}`, method, path: at, body: altered, mayPass: reads };
  }

  #replay(random: Random, headers: Attack['headers']): Attack {
    const { method, path, body } = random.pick(this.#templates.filter(({ isFresh }) => !isFresh));
    const at = this.#pathOf(path, this.#space.membership.space);
    return { kind: `a replay of ${path}`, method, path: at, headers, body, mayPass: true };
  }

  #range(random: Random, headers: Attack['headers']): Attack {
    const [a, b, c] = [random.pick(lies), random.pick(lies), random.pick(lies)];
    const [path, body] = random.pick<[string, Bytes]>([
      ['/entries/read', encode(mapOf({ ranges: [[a, b, c]] }))],
      ['/entries/read', encode(mapOf({ ranges: [] }))],
      ['/entries/read', encode(mapOf({ ranges: Array.from({ length: 500 }, () => [a, b, c]) }))],
      ['/leaves/read', encode(mapOf({ log: a, start: b, end: c }))],
      ['/changes', encode(mapOf({ members: a, cursors: [[b, c]], beacons: true }))],
      ['/entries', encode(mapOf({ log: a, start: b, entries: [], head: new Uint8Array(3) }))],
      ['/members', encode(mapOf({ size: a, entry: new Uint8Array(3) }))],
    ]);
    const at = this.#pathOf(path, this.#space.membership.space);
    return { kind: `${path} with ${a}, ${b}, ${c}`, method: 'POST', path: at, headers, body, mayPass: true };
  }

  #oversized(random: Random, headers: Attack['headers']): Attack {
    // Of the large limit only a few: it is the sending that costs.
    const path = random.chance(0.03)
      ? '/entries'
      : random.pick(['/changes', '/entries/read', '/leaves/read', '/beacon']);
    const limit = path === '/entries' ? limits.httpBodyBytes : path.includes('read') ? 64 * 1024 : 256 * 1024;
    const method = path === '/beacon' ? 'PUT' : 'POST';
    const at = this.#pathOf(path, this.#space.membership.space);
    return {
      kind: `${path} too large`,
      method,
      path: at,
      headers,
      body: new Uint8Array(limit + 1),
      mayPass: false,
    };
  }

  /** Methods and paths at random. */
  #strange(random: Random, headers: Attack['headers']): Attack {
    const method = random.pick([
      'GET',
      'POST',
      'PUT',
      'DELETE',
      'PATCH',
      'OPTIONS',
      'HEAD',
      'PROPFIND',
      'TRACE',
    ]);
    const space = spaceText(this.#space.membership.space);
    const path = random.pick([
      `/v1/spaces/${space}/${toBase64Url(random.bytes(random.below(20)))}`,
      `/v1/spaces/${toBase64Url(random.bytes(random.below(40)))}/changes`,
      `/v1/spaces/${encodeURIComponent(String.fromCharCode(...random.bytes(8)))}`,
      `/v1/spaces/${space}/entries/read/`,
      `/v1/spaces/${space}//changes`,
      `/v1/spaces/../../etc/passwd`,
      `/v1/spaces/%2e%2e/%2e%2e/relay.sqlite`,
      `/%00`,
      `/%ff%fe`,
      `/${'a/'.repeat(random.below(2000))}`,
      `/?${'q=1&'.repeat(random.below(1000))}`,
      `/v1/%`,
      `/relay.sqlite`,
      `/.git/config`,
    ]);
    return { kind: 'a strange path', method, path, headers, mayPass: method === 'OPTIONS' };
  }

  #headers(random: Random, headers: Attack['headers']): Attack {
    const { body } = random.pick(this.#templates.filter(({ isFresh }) => isFresh));
    const path = this.#pathOf('/entries', this.#space.membership.space);
    const abuse = random.pick<Record<string, string>>([
      { 'content-encoding': 'gzip' },
      { 'content-encoding': 'br, identity' },
      { 'content-type': 'text/html' },
      { 'content-type': ';;;' },
      { 'content-type': '' },
      { authorization: `${headers.authorization} `.concat('x') },
      { authorization: `${headers.authorization}, ${headers.authorization}` },
      { 'x-filler': 'f'.repeat(12_000), 'content-type': 'x/y' },
      { 'x-filler': 'f'.repeat(20_000) },
      { host: 'another.example', 'content-type': 'x/y' },
      { host: 'a b', 'content-type': 'x/y' },
      { expect: 'something', 'content-type': 'x/y' },
      { upgrade: 'websocket', connection: 'upgrade', 'content-type': 'x/y' },
    ]);
    return {
      kind: `headers ${JSON.stringify(abuse).slice(0, 60)}`,
      method: 'POST',
      path,
      headers: { ...headers, ...abuse },
      body,
      mayPass: false,
    };
  }
}

function flipped(random: Random, token: string): string {
  const bytes = fromBase64Url(token);
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
  return toBase64Url(bytes);
}
