/** RELAY-17: live updates as server-sent events. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asHash, asPublicKey, spaceText } from '../../src/format/bytes.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { decodeEvent, type RelayEvent } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { EventHub, streamLimits } from '../../src/relay/event-hub.ts';
import { TestClock } from './clock.ts';
import { inProcess, overHttp, refusalOf, type TestRelay, TestSpace } from './harness.ts';
import { beaconOf, type Person } from './people.ts';

/** Reads a stream as it comes. */
class Heard {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(body: ReadableStream<Uint8Array> | null) {
    if (body === null) throw new Error('No stream');
    this.#reader = body.getReader();
  }

  /** The next block of lines; null when the stream has ended. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { done, value } = await this.#reader.read();
      if (done) return this.#text === '' ? null : `cut short: ${this.#text}`;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async event(): Promise<RelayEvent> {
    const block = await this.next();
    const data = /^event: change\ndata: (.+)$/.exec(block ?? '')?.[1];
    if (data === undefined) throw new Error(`No event: ${block}`);
    return decodeEvent(data);
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

describe.each([
  ['in process', inProcess],
  ['over HTTP', overHttp],
] as const)('a stream %s', (_name, open) => {
  let relay: TestRelay;
  let space: TestSpace;
  let writer: Person;

  beforeEach(async () => {
    relay = await open();
    space = await TestSpace.on(relay);
    writer = await space.add('writer');
  });

  afterEach(async () => {
    await relay.close();
    expect(relay.errors).toEqual([]);
  });

  async function listen(who: Person): Promise<Heard> {
    const answer = await space.as(who).ask('GET', '/events');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const heard = new Heard(answer.body);
    expect(await heard.next()).toBe(': listening');
    return heard;
  }

  test('RELAY-17: it tells of entries, members and beacons of others, in order, and not of one’s own', async () => {
    const [mine, theirs] = [await listen(space.founder), await listen(writer)];
    const log = await space.write(space.founder, 2);
    await space.as(writer).ask('PUT', '/beacon', await beaconOf(space.membership, writer, relay.clock.now()));
    await space.add('reader');
    await space.writeMore(log, 1);
    await space.write(writer, 1);
    const n = asDeviceNumber;
    // The reader joined by the invitation's key, which both did not write.
    expect([await theirs.event(), await theirs.event(), await theirs.event(), await theirs.event()]).toEqual([
      { log: n(1), size: 2 },
      { members: 4 },
      { members: 5 },
      { log: n(1), size: 3 },
    ]);
    expect([await mine.event(), await mine.event(), await mine.event()]).toEqual([
      { beacon: n(2) },
      { members: 5 },
      { log: n(2), size: 1 },
    ]);
    await Promise.all([mine.cancel(), theirs.cancel()]);
  });

  test('RELAY-17: what changes nothing is not told', async () => {
    const heard = await listen(writer);
    const log = await space.write(space.founder, 1);
    const again = {
      log: log.log,
      start: 1,
      entries: log.entries,
      head: await log.head(space.membership.members),
    };
    await space.as(space.founder).append(again);
    const old = await beaconOf(space.membership, space.founder, relay.clock.now() - 5);
    for (const at of [0, 1]) {
      const beacon = at === 0 ? await beaconOf(space.membership, space.founder, relay.clock.now()) : old;
      await space.as(space.founder).ask('PUT', '/beacon', beacon);
    }
    await space.writeMore(log, 1);
    expect([await heard.event(), await heard.event(), await heard.event()]).toEqual([
      { log: asDeviceNumber(1), size: 1 },
      { beacon: asDeviceNumber(1) },
      { log: asDeviceNumber(1), size: 2 },
    ]);
    await heard.cancel();
  });

  test('RELAY-17: other spaces are not heard', async () => {
    const heard = await listen(writer);
    const other = await TestSpace.on(relay);
    await other.write(other.founder, 1);
    await space.write(space.founder, 1);
    expect(await heard.event()).toEqual({ log: asDeviceNumber(1), size: 1 });
    await heard.cancel();
  });

  test('RELAY-17: it shows signs of life, and ends when its token does', async () => {
    const heard = await listen(writer);
    await relay.clock.pass(streamLimits.heartbeatMs);
    expect(await heard.next()).toBe(': here');
    await relay.clock.pass(limits.tokenLifeMs);
    const beats = Math.floor((limits.tokenLifeMs - 1) / streamLimits.heartbeatMs) - 1;
    for (let i = 0; i < beats; i++) expect(await heard.next(), `beat ${i}`).toBe(': here');
    expect(await heard.next()).toBeNull();
    expect(relay.clock.timers).toBe(0);
  });

  test('RELAY-10: all streams end when the relay is to go, and none begins', async () => {
    const heard = await listen(writer);
    relay.relay.drain();
    expect(await heard.next()).toBeNull();
    expect(await refusalOf(await space.as(writer).ask('GET', '/events'))).toEqual({
      status: 503,
      code: 'unavailable',
    });
    expect(relay.clock.timers).toBe(0);
  });

  test('RELAY-17: a fifth stream of one device ends its first', async () => {
    const streams: Heard[] = [];
    for (let i = 0; i < streamLimits.ofDevice + 1; i++) streams.push(await listen(writer));
    const [first, ...others] = streams;
    expect(await first.next()).toBeNull();
    await space.write(space.founder, 1);
    for (const each of others) expect(await each.event()).toEqual({ log: asDeviceNumber(1), size: 1 });
    await Promise.all(others.map((each) => each.cancel()));
  });

  test('RELAY-17: HEAD opens no stream', async () => {
    const answer = await space.as(writer).ask('HEAD', '/events');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(await (await relay.fetch('/metrics')).text()).toContain('cairn_event_streams 0\n');
  });

  test('RELAY-17: one whose reader went is forgotten', async () => {
    const heard = await listen(writer);
    const streams = async (): Promise<string | undefined> =>
      /cairn_event_streams (\d+)/.exec(await (await relay.fetch('/metrics')).text())?.[1];
    expect(await streams()).toBe('1');
    await heard.cancel();
    await expect.poll(streams, { timeout: 30_000 }).toBe('0');
    expect(relay.clock.timers).toBe(0);
  });
});

describe('the hub', () => {
  const space = asHash(new Uint8Array(32).fill(1));
  const key = (fill: number) => asPublicKey(new Uint8Array(32).fill(fill));
  const noone = key(255);

  test('RELAY-17: a stream ends with the next change of the members when its device is removed, and with the next beat', async () => {
    const clock = new TestClock();
    let removed = false;
    const hub = new EventHub(clock, async () => !removed);
    const [first, second] = [1, 2].map((fill) =>
      hub.listen(space, { key: key(fill), expires: Number.MAX_SAFE_INTEGER }),
    );
    hub.recheck(space, (device) => device[0] !== 1);
    const heard = new Heard(first);
    expect([await heard.next(), await heard.next()]).toEqual([': listening', null]);
    expect(hub.count).toBe(1);
    removed = true;
    await clock.pass(streamLimits.heartbeatMs);
    const other = new Heard(second);
    expect([await other.next(), await other.next()]).toEqual([': listening', null]);
    expect(hub.count).toBe(0);
  });

  test('RELAY-17: a stream whose reader does not read is ended before it takes more than its share of memory', () => {
    const hub = new EventHub(new TestClock(), async () => true);
    hub.listen(space, { key: key(1), expires: Number.MAX_SAFE_INTEGER });
    let published = 0;
    for (; hub.count === 1 && published < 1e6; published++) {
      hub.publish(space, { log: asDeviceNumber(1), size: published }, noone);
    }
    expect(hub.count).toBe(0);
    expect(published * 40).toBeLessThan(2 * streamLimits.bufferedBytes);
  });

  test('RELAY-17: without timers a stream still ends after its time, by the first event', async () => {
    let now = 0;
    const hub = new EventHub({ now: () => now }, async () => true);
    const heard = new Heard(hub.listen(space, { key: key(1), expires: 1000 }));
    now = 999;
    hub.publish(space, { members: 2 }, noone);
    now = 1000;
    hub.publish(space, { members: 3 }, noone);
    expect([await heard.next(), await heard.event(), await heard.next()]).toEqual([
      ': listening',
      { members: 2 },
      null,
    ]);
  });

  test('RELAY-16: streams of one space are bounded, and those of another are not touched', () => {
    const hub = new EventHub(new TestClock(), async () => true);
    const listener = (i: number) => {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setUint32(0, i);
      return { key: asPublicKey(bytes), expires: Number.MAX_SAFE_INTEGER };
    };
    for (let i = 0; i < streamLimits.ofSpace; i++) hub.listen(space, listener(i));
    expect(() => hub.listen(space, listener(999_999))).toThrow(
      expect.objectContaining({ code: 'rate-limited' }),
    );
    const other = asHash(new Uint8Array(32).fill(2));
    hub.listen(other, listener(1));
    expect(hub.count).toBe(streamLimits.ofSpace + 1);
    expect(spaceText(other)).not.toBe(spaceText(space));
  });
});
