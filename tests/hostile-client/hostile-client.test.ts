/**
 * Hostile clients against a real relay process over real HTTP and a real file. Two hands, one with good tokens of devices of the
 * space that it attacks and one with none that count, send what a seed draws. Meanwhile an honest device in a space of its own goes
 * on, and is measured: that nobody keeps it waiting is part of what is claimed.
 *
 * The relay runs with its usual limits. The hand without tokens comes from many addresses, as `X-Forwarded-For` behind a proxy says, and
 * the one with tokens is many devices; otherwise the limits would answer nearly everything and nothing behind them would be reached.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromBase64Url, spaceText, toBase64Url } from '../../src/format/bytes.ts';
import { problems } from '../../src/format/problem.ts';
import { defaultRates } from '../../src/relay/rate-limit.ts';
import { runSeed } from '../property.ts';
import { type Reached, TestSpace } from '../relay/harness.ts';
import { OwnLog } from '../relay/people.ts';
import { Built, RelayProcess } from '../relay/process.ts';
import { Random } from '../sim/random.ts';
import { Hostile } from './attacks.ts';
import { storeDigest } from './store-digest.ts';
import { type Answer, type Attack, Hand, hold, sendRaw } from './wire.ts';

/** Of both hands together. REQUESTS=100000 in the environment sends more of them. */
const requests = Number(process.env.REQUESTS ?? 10_000);
const hostileDevices = 14;
/** A hand has so many requests under way at once. */
const atOnce = 6;
/**
 * How much the relay may do at most before it answers the honest client, in milliseconds of its processor's time: a few times what it
 * does for all that is under way at once, on a slow machine.
 */
const patienceMs = 3000;
/** What the process may take above what it takes idle. */
const mostMegabytes = 160;

let built: Built;
let relay: RelayProcess;
let attacked: TestSpace;
let honest: Honest;
const hostiles: Hostile[] = [];

/** A device that reads, writes and asks for health, one request after the other, as long as the others let it. */
class Honest {
  readonly log: OwnLog;
  longestMs = 0;
  served = 0;
  readonly #space: TestSpace;

  constructor(space: TestSpace) {
    this.#space = space;
    this.log = new OwnLog(space.membership, space.founder);
  }

  get space(): TestSpace {
    return this.#space;
  }

  restart(): void {
    this.longestMs = 0;
    this.served = 0;
  }

  async go(): Promise<void> {
    const caller = this.#space.as(this.#space.founder);
    await this.#timed(async () => {
      expect((await relay.fetch('/healthz')).status).toBe(200);
    });
    await this.#timed(() => this.#space.writeMore(this.log, 1));
    await this.#timed(async () => {
      const { logs } = await caller.read({
        log: this.log.log,
        start: this.log.entries.length,
        end: this.log.entries.length,
      });
      expect(logs[0]?.entries).toEqual([this.log.entries.at(-1)]);
    });
    await this.#timed(async () => {
      expect((await caller.changes()).heads).toHaveLength(1);
    });
  }

  async #timed(request: () => Promise<unknown>): Promise<void> {
    const started = workedMs();
    await request();
    this.longestMs = Math.max(this.longestMs, workedMs() - started);
    this.served += 1;
  }
}

/** The relay as it is reached from one address. */
const from = (address: string): Reached => ({
  clock: relay.clock,
  origin: relay.origin,
  fetch: (path, init) =>
    relay.fetch(path, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), 'x-forwarded-for': address },
    }),
});

beforeAll(async () => {
  built = await Built.make();
  relay = await RelayProcess.start(built, { CAIRN_PROXY: '1' });
  honest = new Honest(await TestSpace.on(from('198.51.100.1')));
  attacked = await TestSpace.on(from('198.51.100.2'));
  const victim = await attacked.add('writer');
  const elsewhere = honest.space.membership.space;
  for (let i = 0; i < hostileDevices; i++) {
    hostiles.push(await Hostile.join(attacked, elsewhere, victim, relay.origin));
  }
  for (let i = 0; i < 10; i++) await honest.go();
}, 120_000);

afterAll(async () => {
  await relay?.dispose();
  await built?.remove();
});

/**
 * How long the relay has worked so far: what it is kept from by others on its machine, or by a machine that stops, is not its work. The
 * clock where the system doesn't say.
 */
function workedMs(): number {
  try {
    const text = readFileSync(`/proc/${relay.pid}/stat`, 'latin1');
    // After the name, which is in brackets: the twelfth and thirteenth are its time and the system's for it, in hundredths.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return performance.now();
  }
}

/** Megabytes of the relay's process; null where the system doesn't say. */
function memory(): { now: number; peak: number } | null {
  try {
    const text = readFileSync(`/proc/${relay.pid}/status`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  } catch {
    return null;
  }
}

const digest = (): string => storeDigest(`${relay.data}/relay.sqlite`, honest.space.membership.space);

/** What is wrong with an answer; null if it is as it should be. Gives the code of a refusal. */
function judge(attack: Attack, answer: Answer): { wrong: string | null; code: string } {
  const wrong = (why: string) => ({
    wrong: `${attack.kind} (${attack.method} ${attack.path.slice(0, 80)}): ${why}`,
    code: '',
  });
  const { status, type, body } = answer;
  if (status >= 500 || status < 200) return wrong(`answered ${status} ${body}`);
  const isSpace = attack.path.startsWith('/v1/spaces/') && attack.method !== 'OPTIONS';
  if (status < 400) {
    return isSpace && !attack.mayPass
      ? wrong(`was taken with ${status}`)
      : { wrong: null, code: String(status) };
  }
  if (attack.method === 'HEAD') return { wrong: null, code: String(status) };
  if (type !== 'application/problem+json')
    return wrong(`refused with ${status} and a body of ${type || 'no type'}`);
  const problem: unknown = JSON.parse(body);
  if (typeof problem !== 'object' || problem === null) return wrong('no problem document');
  const { code, status: stated, title, type: uri } = problem as Record<string, unknown>; // an object, from JSON
  if (typeof code !== 'string' || !Object.hasOwn(problems, code)) return wrong(`the code ${code}`);
  const usual: number | undefined = Object.entries(problems).find(([name]) => name === code)?.[1];
  const ofHttp = code === 'bad-request' && [408, 415, 431].includes(status);
  if (stated !== status || (status !== usual && !ofHttp))
    return wrong(`${code} with ${status}, said ${stated}`);
  if (uri !== `urn:cairn:problem:${code}` || typeof title !== 'string')
    return wrong(`no type or title: ${body}`);
  return { wrong: null, code };
}

test(`RELAY-4, RELAY-6, RELAY-7, RELAY-9, RELAY-16, TEST-8: ${requests} fuzzed requests of two hostile hands leave the store as it was, and an honest device is served`, {
  timeout: 120_000 + requests * 50,
}, async () => {
  const seed = runSeed();
  const random = new Random(seed);
  const before = digest();
  const idle = memory();
  const entriesBefore = honest.log.entries.length;
  const faults: string[] = [];
  const codes = new Map<string, number>();
  let sent = 0;
  let isOver = false;
  const started = performance.now();
  const attack = async (hand: Hand, draw: () => Attack): Promise<void> => {
    const one = draw();
    const answer = await hand.send(one);
    const { wrong, code } = judge(one, answer);
    if (wrong !== null) faults.push(wrong);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  const inside = random.fork('inside');
  const outside = random.fork('outside');
  const draws: [Hand, () => Attack][] = [
    [new Hand(relay.port, atOnce), () => inside.pick(hostiles).authenticated(inside)],
    [
      new Hand(relay.port, atOnce),
      () => {
        const one = outside.pick(hostiles).unauthenticated(outside);
        // One address in ten is used all the time, and has nothing left soon.
        const address = outside.chance(0.1) ? '203.0.113.1' : `192.0.2.${outside.below(250)}`;
        return { ...one, headers: { ...one.headers, 'x-forwarded-for': address } };
      },
    ],
  ];
  const hands = draws.flatMap(([hand, draw]) =>
    Array.from({ length: atOnce }, async () => {
      // Each hand sends its half.
      while (sent < requests && faults.length < 20) {
        sent += 1;
        await attack(hand, draw);
      }
    }),
  );
  const serving = (async () => {
    let round = 0;
    while (!isOver) {
      // Its own limits are those of everybody: a round for each 80 requests of the others.
      if (sent >= round * 80 || sent >= requests) {
        round += 1;
        await honest.go();
      } else await new Promise((next) => setImmediate(next));
    }
  })();
  await Promise.all(hands);
  isOver = true;
  await serving;
  for (const [hand] of draws) hand.close();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const after = memory();
  console.log(
    `${sent} requests from seed ${seed} in ${seconds} s; the honest device was served ${honest.served} times, waiting for ${honest.longestMs.toFixed(0)} of ${patienceMs} ms of work; ` +
      `memory ${idle?.now.toFixed(0)} MB idle, ${after?.peak.toFixed(0)} MB at most; answers`,
    Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)),
  );
  expect(faults).toEqual([]);
  expect(sent).toBe(requests);
  expect(digest()).toBe(before);
  // Nothing of the honest device is missing either, and nothing was added to it.
  const { heads } = await honest.space.as(honest.space.founder).changes();
  expect(heads).toHaveLength(1);
  expect(honest.log.entries.length).toBeGreaterThan(entriesBefore);
  expect(honest.longestMs).toBeLessThan(patienceMs);
  expect((await relay.fetch('/healthz')).status).toBe(200);
  expect((await relay.fetch('/readyz')).status).toBe(200);
  if (idle !== null && after !== null) expect(after.peak - idle.now).toBeLessThan(mostMegabytes);
  // The draws reach far: behind the limits, the tokens and the shapes.
  for (const code of [
    'malformed',
    'unauthorized',
    'token-time',
    'forbidden',
    'bad-signature',
    'bad-root',
    'bad-range',
  ]) {
    expect(codes.get(code) ?? 0, code).toBeGreaterThan(0);
  }
  for (const code of [
    'too-large',
    'size-mismatch',
    'unknown-log',
    'stale-membership',
    'clock-ahead',
    // How many are over a limit is a matter of the machine's speed: that is the flood's test.
  ]) {
    expect(codes.get(code) ?? 0, code).toBeGreaterThan(0);
  }
});

test('RELAY-9, TEST-8: what is no HTTP request is refused with a code as well, or cut off', async () => {
  const before = digest();
  const space = spaceText(attacked.membership.space);
  const post = `POST /v1/spaces/${space}/changes HTTP/1.1\r\nhost: localhost\r\n`;
  const bad: readonly string[] = [
    'nonsense\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
    'GET http://[/ HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET \\ HTTP/1.1\r\nhost: x\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    `GET /${'y'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    `${post}content-length: x\r\n\r\n`,
    `${post}content-length: -1\r\n\r\n`,
    `${post}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`,
    `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${post}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n`,
    `${post}transfer-encoding: gzip\r\n\r\n`,
    `${post}x\0y: z\r\n\r\n`,
    `${post}: empty\r\n\r\n`,
    `${post}authorization: Bearer \xff\r\n\r\n`,
  ];
  for (const text of bad) {
    const answer = await sendRaw(relay.port, Buffer.from(text, 'latin1'));
    const attack = {
      kind: JSON.stringify(text.slice(0, 120)),
      method: 'GET',
      path: '/',
      headers: {},
      mayPass: true,
    };
    if (answer === null) continue;
    expect(judge(attack, answer).wrong).toBe(null);
    expect(answer.status, attack.kind).toBeGreaterThanOrEqual(400);
  }
  expect(digest()).toBe(before);
});

test('RELAY-16, TEST-8: floods of forged tokens of a known key and hundreds of requests that are never finished keep nobody waiting', {
  timeout: 300_000,
}, async () => {
  const idle = memory();
  const before = digest();
  const space = spaceText(attacked.membership.space);
  const founder = attacked.as(attacked.founder);
  const token = await founder.token();
  const head = (path: string, length: number): string =>
    [
      `POST /v1/spaces/${space}${path} HTTP/1.1`,
      'host: localhost',
      'x-forwarded-for: 192.0.2.251',
      `authorization: Bearer ${token}`,
      'content-type: application/cbor',
      `content-length: ${length}`,
      '',
      '',
    ].join('\r\n');
  const sockets = await Promise.all([
    ...Array.from({ length: 150 }, () =>
      hold(relay.port, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow'),
    ),
    // A device's good token, and bodies of which only the beginning comes.
    ...Array.from({ length: 150 }, () =>
      hold(relay.port, Buffer.concat([Buffer.from(head('/entries', 4_000_000)), Buffer.alloc(64 * 1024)])),
    ),
  ]);
  const forged = Array.from({ length: 3000 }, (_, i) => {
    const bytes = fromBase64Url(token);
    bytes[bytes.length - 60 + (i % 16)] ^= 1 + (i >> 4);
    return toBase64Url(bytes);
  });
  const hand = new Hand(relay.port, 50);
  const codes = new Map<string, number>();
  let isOver = false;
  honest.restart();
  const started = performance.now();
  const flood = Promise.all(
    Array.from({ length: 50 }, async (_, lane) => {
      for (let i = lane; i < forged.length; i += 50) {
        const authorization = `Bearer ${forged[i]}`;
        const headers = {
          authorization,
          'content-type': 'application/cbor',
          'x-forwarded-for': '203.0.113.2',
        };
        const attack = {
          kind: 'a flood',
          method: 'POST',
          path: `/v1/spaces/${space}/changes`,
          headers,
          mayPass: false,
        };
        const { wrong, code } = judge(attack, await hand.send(attack));
        expect(wrong).toBe(null);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }),
  ).finally(() => {
    isOver = true;
  });
  do await honest.go();
  while (!isOver && honest.served < 200);
  await flood;
  const seconds = (performance.now() - started) / 1000;
  await honest.go();
  const after = memory();
  console.log(
    `under a flood the honest device waited for ${honest.longestMs.toFixed(0)} of ${patienceMs} ms of work; memory ${idle?.now.toFixed(0)} MB before, ${after?.peak.toFixed(0)} MB at most`,
    Object.fromEntries(codes),
  );
  for (const socket of sockets) socket.destroy();
  hand.close();
  expect(honest.longestMs).toBeLessThan(patienceMs);
  // So many at once, what comes back while it lasts, and what was under way; the rest is refused unverified.
  const { burst, perSecond } = defaultRates.address;
  const verified = burst + perSecond * seconds + 50;
  expect([...codes.keys()].sort()).toEqual(['rate-limited', 'unauthorized']);
  expect(codes.get('unauthorized')).toBeLessThan(verified);
  expect(digest()).toBe(before);
  expect((await relay.fetch('/healthz')).status).toBe(200);
  if (idle !== null && after !== null) expect(after.peak - idle.now).toBeLessThan(mostMegabytes);
});
