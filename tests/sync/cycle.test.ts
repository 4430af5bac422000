import { afterEach, describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { utf8 } from '../../src/format/bytes.ts';
import { type Cycle, type CycleState, startCycle } from '../../src/sync/cycle.ts';
import { type Device, rest, World } from './world.ts';

const over: AbortController[] = [];
afterEach(() => {
  for (const controller of over) controller.abort();
  over.length = 0;
});

/** Cycles run by themselves, until the test is over. */
function running(
  device: Device,
  before?: CycleState,
  isSeen?: () => boolean,
): Cycle & { readonly stop: AbortController } {
  const stop = new AbortController();
  over.push(stop);
  return { ...startCycle(device.ctx, stop.signal, before, isSeen), stop };
}

async function until(world: World, condition: () => boolean, ms = 10): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await world.pass(ms);
  expect(condition()).toBe(true);
}

async function founded() {
  const world = new World();
  const ada = await world.found();
  return { world, ada };
}

const asked = (world: World) => world.sent.filter((line) => line === 'Ada /changes').length;

describe('what is told', () => {
  test('PUSH-16: the first cycle starts at once, and the state says what is known', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    const states: CycleState[] = [];
    cycle.state.subscribe((state) => states.push(state));
    const result = await cycle.now();
    expect(result).toMatchObject({ applied: 0, held: 0, waits: null });
    expect(states.some(({ syncing }) => syncing)).toBe(true);
    await rest();
    expect(cycle.state.value).toMatchObject({
      syncing: false,
      lastError: null,
      comparedAt: world.time,
      registered: true,
      clockOffset: 0,
      nextTryAt: world.time + 30_000,
    });
  });

  test('PUSH-16: a failed cycle keeps the last comparison, names its cause, and leaves the next able to run', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    const comparedAt = world.time;
    await world.pass(1_000);
    ada.online = false;
    await expect(cycle.now()).rejects.toMatchObject({ code: 'offline' });
    expect(cycle.state.value).toMatchObject({ comparedAt, syncing: false, lastError: { code: 'offline' } });
    const wait = (cycle.state.value.nextTryAt ?? 0) - world.time;
    expect(wait).toBeGreaterThanOrEqual(45_000);
    expect(wait).toBeLessThanOrEqual(60_000);
    ada.online = true;
    cycle.poke('online');
    await until(
      world,
      () => cycle.state.value.lastError === null && cycle.state.value.comparedAt !== comparedAt,
    );
  });

  test('APP-3, PUSH-16: who is answered again is not said to be without a connection while the rest of the cycle goes on', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    ada.online = false;
    await expect(cycle.now()).rejects.toMatchObject({ code: 'offline' });
    ada.online = true;
    await ada.put('milk');
    let goOn = (): void => undefined;
    const pushing = new Promise<void>((stopped) => {
      world.meddle = async ({ request }, go) => {
        if (new URL(request.url).pathname.endsWith('/entries')) {
          stopped();
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        return go();
      };
    });
    const done = cycle.now();
    await pushing;
    expect(cycle.state.value).toMatchObject({ syncing: true, lastError: null });
    goOn();
    await done;
  });

  test('PULL-11: whose clock is wrong is told by the relay’s', async () => {
    const { ada } = await founded();
    ada.skewMs = -7 * 60_000;
    const cycle = running(ada);
    await cycle.now();
    await rest();
    expect(cycle.state.value.clockOffset).toBe(-7 * 60_000);
  });

  test('APP-3, KEY-3: why changes cannot be sent is told, until they can', async () => {
    const { ada } = await founded();
    await ada.put('milk');
    ada.store.keyring.epochs = new Map();
    const cycle = running(ada);
    await cycle.now();
    await rest();
    expect(cycle.state.value).toMatchObject({ waits: 'missing-key', lastError: null });
    await ada.store.keyring.reload();
    await cycle.now();
    await rest();
    expect(cycle.state.value.waits).toBeNull();
  });

  test('PUSH-16: what was known from an earlier turn is told until there is something newer', async () => {
    const { ada } = await founded();
    const first = running(ada);
    await first.now();
    await rest();
    const known = first.state.value;
    first.stop.abort();
    await first.ended;
    ada.online = false;
    const second = running(ada, known);
    await expect(second.now()).rejects.toMatchObject({ code: 'offline' });
    expect(second.state.value.comparedAt).toBe(known.comparedAt);
  });
});

describe('when cycles run', () => {
  test('PUSH-15: a local write is on the relay a little later, without being asked', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    await ada.put('milk');
    await world.pass(299);
    expect(ada.standing.ownLog.acknowledged).toBe(0);
    await until(world, () => ada.standing.ownLog.acknowledged === 1, 1);
  });

  test('PUSH-15: a cycle runs every thirty seconds with nothing to do', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    // The event stream that opens meanwhile asks for one cycle more.
    await world.pass(3_000);
    const before = asked(world);
    const due = (cycle.state.value.nextTryAt ?? 0) - world.time;
    expect(due).toBeGreaterThan(26_000);
    expect(due).toBeLessThanOrEqual(30_000);
    await world.pass(due - 1);
    expect(asked(world)).toBe(before);
    await world.pass(1);
    expect(asked(world)).toBe(before + 1);
    expect(cycle.state.value.nextTryAt).toBe(world.time + 30_000);
  });

  test('PUSH-14: any number of triggers while one runs make exactly one more', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    let release = (): void => undefined;
    world.meddle = async (sent, go) => {
      if (sent.path === '/changes') {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return go();
    };
    const before = asked(world);
    const first = cycle.now();
    await rest();
    for (let i = 0; i < 5; i++) cycle.poke('visible');
    const second = cycle.now();
    const third = cycle.now();
    expect(asked(world)).toBe(before + 1);
    release();
    await first;
    await rest();
    expect(asked(world)).toBe(before + 2);
    release();
    expect(await second).toBe(await third);
    await rest();
    expect(asked(world)).toBe(before + 2);
  });

  test('RELAY-17: what another device does is here by its event, long before the timer', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    const first = running(ada);
    const second = running(ben);
    await Promise.all([first.now(), second.now()]);
    await world.pass(3_000);
    await ben.put('bread');
    await until(world, () => ada.title('bread') === 'bread', 100);
    expect(world.time).toBeLessThan(1_790_000_000_000 + 20_000);
  });

  test('APP-2: that another device has what we wrote is known by its beacon’s event', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    const first = running(ada);
    const second = running(ben);
    await Promise.all([first.now(), second.now()]);
    await world.pass(3_000);
    await ada.put('milk');
    const hasOurs = () => first.state.value.heard.find(({ device }) => device === ben.number)?.hasOurs;
    await until(world, () => hasOurs() === 1, 100);
    expect(world.time).toBeLessThan(1_790_000_000_000 + 28_000);
  });

  test('RELAY-16: a relay that asks to be left alone is left alone, but for a person’s wish', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    await rest();
    world.meddle = async () => Response.json({ code: 'rate-limited', retryMs: 120_000 }, { status: 429 });
    await expect(cycle.now()).rejects.toMatchObject({ code: 'rate-limited' });
    await rest();
    const before = asked(world);
    await ada.put('milk');
    cycle.poke('visible');
    await world.pass(100_000);
    expect(asked(world)).toBe(before);
    expect(cycle.state.value.lastError).toMatchObject({ code: 'rate-limited' });
    world.meddle = (_sent, go) => go();
    await cycle.now();
    expect(ada.standing.ownLog.acknowledged).toBe(1);
  });
});

/** A relay whose event streams the test ends, in one of both ways, and that can be gone or hang. */
async function fragile(isSeen: () => boolean) {
  const { world, ada } = await founded();
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  let isHung = false;
  world.meddle = async ({ path, request }, go) => {
    if (isHung) return new Promise<never>(() => undefined);
    if (path !== '/events') return go();
    const answer = await world.relay.fetch(request.clone());
    if (!answer.ok) return answer;
    await answer.body?.cancel();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(utf8(': listening\n\n'));
        streams.add(controller);
      },
    });
    return new Response(body, answer);
  };
  const cycle = running(ada, undefined, isSeen);
  await cycle.now();
  await world.pass(10_000);
  return {
    world,
    cycle,
    /** As a process that is killed: streams break, and nothing is reached. */
    kill() {
      ada.online = false;
      for (const stream of streams) stream.error(new TypeError('network error'));
      streams.clear();
    },
    hang() {
      isHung = true;
    },
    revive() {
      ada.online = true;
      isHung = false;
    },
    get listening() {
      return streams.size;
    },
  };
}

const seen = (): boolean => true;
const unseen = (): boolean => false;

/** A relay that is reached, but for its event streams: each of these waits for its answer, or is cut before it. */
async function streamless() {
  const { world, ada } = await founded();
  const pending = new Set<(reason: Error) => void>();
  let isCut = false;
  let streams = 0;
  world.meddle = ({ path }, go) => {
    if (path !== '/events') return go();
    streams++;
    if (isCut) return Promise.reject(new TypeError('Failed to fetch'));
    return new Promise((_resolve, reject) => pending.add(reject));
  };
  const cycle = running(ada, undefined, unseen);
  await cycle.now();
  await rest();
  const cut = (): void => {
    isCut = true;
    for (const reject of pending) reject(new TypeError('Failed to fetch'));
    pending.clear();
  };
  return {
    world,
    cycle,
    cut,
    kill() {
      ada.online = false;
      cut();
    },
    revive() {
      ada.online = true;
      isCut = false;
    },
    /** How many streams were asked for. */
    get streams() {
      return streams;
    },
    get isAsking() {
      return pending.size > 0;
    },
  };
}

describe('a relay that is gone, and back', () => {
  test('APP-1: one that dies before it has answered who wants its events is found out at once', async () => {
    const relay = await streamless();
    const { world, cycle, kill, revive } = relay;
    for (let times = 0; times < 2; times++) {
      await until(world, () => relay.isAsking, 500);
      expect(cycle.state.value.lastError).toBeNull();
      kill();
      await rest();
      await world.pass(0);
      expect(cycle.state.value.lastError).toMatchObject({ code: 'offline' });
      revive();
      await cycle.now();
      await rest();
    }
  });

  test('PUSH-15: where event streams are not let through, and all else is, that brings one cycle, not one after the other', async () => {
    const relay = await streamless();
    const { world } = relay;
    const [asks, streams] = [asked(world), relay.streams];
    relay.cut();
    const minutes = 10;
    for (let second = 0; second < minutes * 60; second++) {
      await rest();
      await world.pass(1_000);
    }
    // One every 30 s, and one more.
    expect(asked(world) - asks).toBeLessThanOrEqual(minutes * 3 + 1);
    expect(relay.streams - streams).toBeLessThanOrEqual(minutes * 3 + 2);
  });

  test('APP-1, PUSH-15: the end of the event stream has everything compared at once, whose failure is told', async () => {
    const { world, cycle, kill } = await fragile(unseen);
    expect(cycle.state.value.lastError).toBeNull();
    kill();
    await rest();
    await world.pass(0);
    expect(cycle.state.value.lastError).toMatchObject({ code: 'offline' });
  });

  test('APP-1: one that hangs is found out within two of its signs of life and one request', async () => {
    const { world, cycle, hang } = await fragile(unseen);
    const from = world.time;
    hang();
    await until(world, () => cycle.state.value.syncing || cycle.state.value.lastError !== null, 500);
    expect(world.time - from).toBeLessThanOrEqual(2 * 25_000);
    await until(world, () => cycle.state.value.lastError !== null, 500);
    expect(world.time - from).toBeLessThanOrEqual(2 * 25_000 + 30_000);
  });

  test('APP-1: while someone looks, one that is back is found within 16 s, however long it was gone', async () => {
    const { world, cycle, kill, revive } = await fragile(seen);
    for (const gone of [20_000, 5 * 60_000, 30 * 60_000, 33 * 60_000]) {
      kill();
      await world.pass(gone);
      expect(cycle.state.value.lastError).toMatchObject({ code: 'offline' });
      const from = world.time;
      revive();
      await until(world, () => cycle.state.value.lastError === null, 100);
      expect(world.time - from).toBeLessThanOrEqual(16_000);
      await world.pass(40_000);
    }
  });

  test('PUSH-15: with nobody looking the waits stay long, until someone looks, in whichever tab', async () => {
    const { world, cycle, kill, revive } = await fragile(unseen);
    kill();
    await world.pass(30 * 60_000);
    const left = (): number => (cycle.state.value.nextTryAt ?? 0) - world.time;
    await until(world, () => left() > 200_000, 1_000);
    cycle.seen();
    expect(left()).toBeLessThanOrEqual(15_000);
    revive();
    await world.pass(15_000);
    expect(cycle.state.value.lastError).toBeNull();
  });

  test('RELAY-17, PUSH-15: when it is back events are followed again at once, and one more cycle finds what was missed', async () => {
    const relay = await fragile(unseen);
    const { world, cycle, kill, revive } = relay;
    kill();
    await world.pass(30 * 60_000);
    expect(relay.listening).toBe(0);
    revive();
    await cycle.now();
    const before = asked(world);
    await rest();
    expect(relay.listening).toBe(1);
    await world.pass(0);
    expect(asked(world)).toBeGreaterThanOrEqual(before);
    expect(cycle.state.value.comparedAt).toBe(world.time);
  });

  test('PUSH-15: what a person asks for and what is written meanwhile makes no wait longer', async () => {
    const { world, cycle, kill } = await fragile(unseen);
    kill();
    await until(world, () => cycle.state.value.lastError !== null, 100);
    const next = cycle.state.value.nextTryAt;
    for (let i = 0; i < 5; i++) {
      await expect(cycle.now()).rejects.toMatchObject({ code: 'offline' });
      await rest();
    }
    expect(cycle.state.value.nextTryAt).toBe(next);
  });
});

describe('the end', () => {
  test('STORE-19: when the turn ends everything stops: no request, no timer, and whoever waits is told', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    world.meddle = () => new Promise(() => undefined);
    const waiting = cycle.now();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await rest();
    cycle.stop.abort(new CairnError('closed', 'test'));
    await failed;
    await cycle.ended;
    const { length } = world.sent;
    await ada.put('milk');
    await world.pass(120_000);
    expect(world.sent.length).toBe(length);
    expect(cycle.state.value).toMatchObject({ syncing: false, nextTryAt: null });
    await expect(cycle.now()).rejects.toMatchObject({ code: 'closed' });
  });

  test('STORE-19: another tab’s term ends what this one writes and sends', async () => {
    const { world, ada } = await founded();
    const cycle = running(ada);
    await cycle.now();
    await ada.put('milk');
    await ada.store.append(({ term }) => ({ kind: 'term', term: term + 1, tab: 'another' }), 'strict');
    await expect(cycle.now()).rejects.toMatchObject({ code: 'moved' });
    expect(world.sent.filter((line) => line === 'Ada /entries')).toEqual([]);
  });
});
