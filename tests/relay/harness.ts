/** A relay to talk to, in this process or over real HTTP, and callers with tokens of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { KeyPair } from '../../src/crypto/keys.ts';
import { type Bytes, type SpaceId, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { fromProblem } from '../../src/format/problem.ts';
import { makeToken } from '../../src/format/token.ts';
import * as wire from '../../src/format/wire.ts';
import { createRelay, type Relay, type RelayOptions } from '../../src/relay/app.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import type { Storage } from '../../src/relay/storage.ts';
import { TestClock } from './clock.ts';
import { Membership, OwnLog, type Person, person } from './people.ts';

export const origin = 'https://relay.example';

/** Generous, so that only tests of limits meet them. */
export const noLimits = {
  device: { perSecond: 1e6, burst: 1e6 },
  address: { perSecond: 1e6, burst: 1e6 },
};

/** A relay that can be talked to. Addresses are paths from its root. */
export interface Reached {
  /** The clock that tokens are made by. */
  readonly clock: { now(): number };
  /** The audience of tokens; `origin` unless told otherwise. */
  readonly origin?: string;
  fetch(path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response>;
}

/** A relay under test, with what it stands on. */
export interface TestRelay extends Reached {
  readonly clock: TestClock;
  readonly storage: Storage;
  readonly relay: Relay;
  readonly errors: unknown[];
  close(): Promise<void>;
}

export type Overrides = Partial<Omit<RelayOptions, 'storage' | 'clock'>> & {
  readonly storage?: Storage;
  readonly clock?: TestClock;
};

/** The handler itself, over a memory unless told otherwise. */
export async function inProcess(overrides: Overrides = {}): Promise<TestRelay> {
  const { storage = new MemoryStorage(), clock = new TestClock(), ...rest } = overrides;
  const errors: unknown[] = [];
  const report = (error: unknown): number => errors.push(error);
  const relay = createRelay({ origin, rates: noLimits, report, ...rest, storage, clock });
  return {
    clock,
    storage,
    relay,
    errors,
    fetch: (path, init) => relay.fetch(new Request(new URL(path, origin), init)),
    close: () => storage.close(),
  };
}

/** The handler behind Node's HTTP server on a free port, over a SQLite file in a folder of its own. */
export async function overHttp(overrides: Overrides = {}): Promise<TestRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-relay-'));
  const storage = overrides.storage ?? new SqliteStorage(join(folder, 'relay.sqlite'));
  const inner = await inProcess({ ...overrides, storage });
  const server = createAdaptorServer({
    fetch: (request) => inner.relay.fetch(request, { address: '192.0.2.1' }),
    overrideGlobalObjects: false,
  }) as Server; // an HTTP/1.1 server, as no other was asked for
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return {
    ...inner,
    fetch: (path, init) => fetch(new URL(path, `http://127.0.0.1:${address.port}`), init),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One key that asks for one space. */
export class Caller {
  readonly relay: Reached;
  readonly keys: KeyPair;
  readonly space: SpaceId;

  constructor(relay: Reached, keys: KeyPair, space: SpaceId) {
    this.relay = relay;
    this.keys = keys;
    this.space = space;
  }

  async token(now = this.relay.clock.now()): Promise<string> {
    return toBase64Url(
      await makeToken(this.keys.signer, { relay: this.relay.origin ?? origin, space: this.space, now }),
    );
  }

  async ask(
    method: 'POST' | 'PUT' | 'GET' | 'HEAD',
    path: string,
    body?: Bytes,
    token?: string,
  ): Promise<Response> {
    const headers = {
      authorization: `Bearer ${token ?? (await this.token())}`,
      ...(body === undefined ? {} : { 'content-type': 'application/cbor' }),
    };
    return this.relay.fetch(`/v1/spaces/${spaceText(this.space)}${path}`, { method, headers, body });
  }

  create(entry: Bytes): Promise<Response> {
    return this.ask('POST', '', entry);
  }

  async changes(request: Partial<wire.ChangesRequest> = {}): Promise<wire.ChangesAnswer> {
    const body = wire.encodeChangesRequest({ members: 0, cursors: [], beacons: true, ...request });
    return wire.decodeChangesAnswer(await bytesOf(await this.ask('POST', '/changes', body)));
  }

  members(size: number, entry: Bytes): Promise<Response> {
    return this.ask('POST', '/members', wire.encodeMembersAppend({ size, entry }));
  }

  append(request: wire.EntriesAppend): Promise<Response> {
    return this.ask('POST', '/entries', wire.encodeEntriesAppend(request));
  }

  async read(...ranges: readonly wire.LogRange[]): Promise<wire.ReadAnswer> {
    const answer = await this.ask('POST', '/entries/read', wire.encodeReadRequest({ ranges }));
    return wire.decodeReadAnswer(await bytesOf(answer));
  }

  async leaves(range: wire.LogRange): Promise<Bytes[]> {
    const answer = await this.ask('POST', '/leaves/read', wire.encodeLeavesRequest(range));
    return wire.decodeLeavesAnswer(await bytesOf(answer)).leaves;
  }
}

/** The body of a success; throws the error of a problem. */
export async function bytesOf(answer: Response): Promise<Bytes> {
  if (!answer.ok) throw fromProblem(await answer.json());
  return new Uint8Array(await answer.arrayBuffer());
}

/** The size that an append answered with. */
export async function sizeOf(answer: Response): Promise<number> {
  return wire.decodeSizeAnswer(await bytesOf(answer)).size;
}

/** What a refusal comes to: status, code and values, and that it is a proper problem document. */
export async function refusalOf(answer: Response): Promise<Record<string, unknown>> {
  const type = answer.headers.get('content-type');
  const body: unknown = await answer.json();
  if (type !== 'application/problem+json') throw new Error(`A refusal of type ${type}`);
  if (typeof body !== 'object' || body === null || !('status' in body) || body.status !== answer.status) {
    throw new Error(`A problem that does not say its status: ${JSON.stringify(body)}`);
  }
  const { code, values } = fromProblem(body);
  return { status: answer.status, code, ...values };
}

/** A space on a relay with its founder, and what it takes to bring more people in. */
export class TestSpace {
  readonly relay: Reached;
  readonly membership: Membership;
  readonly founder: Person;

  private constructor(relay: Reached, membership: Membership, founder: Person) {
    this.relay = relay;
    this.membership = membership;
    this.founder = founder;
  }

  static async on(relay: Reached): Promise<TestSpace> {
    const founder = await person();
    const membership = await Membership.found(founder, relay.clock.now());
    const space = new TestSpace(relay, membership, founder);
    const [create] = membership.entries;
    await bytesOf(await space.as(founder).create(create));
    return space;
  }

  as(someone: Person): Caller {
    return new Caller(this.relay, someone.device, this.membership.space);
  }

  withKeys(keys: KeyPair): Caller {
    return new Caller(this.relay, keys, this.membership.space);
  }

  /** Appends a membership entry here and at the relay. */
  async take(by: Caller, entry: Bytes): Promise<void> {
    await bytesOf(await by.members(this.membership.state.size, entry));
    await this.membership.take(entry);
  }

  /** Invites and lets join. */
  async add(role: 'admin' | 'writer' | 'reader'): Promise<Person> {
    const invitation = (await person()).device;
    await this.take(this.as(this.founder), await this.membership.invite(this.founder, invitation, { role }));
    const joiner = await person();
    await this.take(this.withKeys(invitation), await this.membership.join(joiner, invitation));
    return joiner;
  }

  /** That device's log, with so many entries appended at the relay. */
  async write(author: Person, count: number, length = 100): Promise<OwnLog> {
    const log = new OwnLog(this.membership, author);
    await this.writeMore(log, count, length);
    return log;
  }

  async writeMore(log: OwnLog, count: number, length = 100): Promise<wire.EntriesAppend> {
    const request = await this.nextAppend(log, count, length);
    await bytesOf(await this.as(log.author).append(request));
    return request;
  }

  /** Adds entries to the log here, and gives the request that would bring them to the relay. */
  async nextAppend(log: OwnLog, count: number, length = 100): Promise<wire.EntriesAppend> {
    const start = log.entries.length + 1;
    const entries = Array.from({ length: count }, (_, i) => log.entry(length, start + i));
    log.add(...entries);
    return { log: log.log, start, entries, head: await log.head(this.membership.members) };
  }
}
