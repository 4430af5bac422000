/** The real client under every fault of a hostile relay, alone and mixed: TEST-8 and the client's side of RELAY and PULL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followEvents } from '../../src/remote/event-stream.ts';
import { runSeed } from '../property.ts';
import { Random } from '../sim/random.ts';
import { Arena } from './arena.ts';
import { byteFaults } from './bytes.ts';
import { type Elsewhere, logFaults } from './logs.ts';
import { paceFaults } from './pace.ts';
import type { Fault } from './proxy.ts';
import { refusalFaults } from './refusals.ts';
import { sizeFaults } from './sizes.ts';
import { streamFaults } from './streams.ts';

const none: Elsewhere = { members: [], heads: [], entries: [] };
const families = {
  bytes: () => byteFaults(),
  logs: (elsewhere: Elsewhere) => logFaults(elsewhere),
  refusals: () => refusalFaults(),
  pace: () => paceFaults(),
  sizes: () => sizeFaults(),
};
type Family = keyof typeof families;
const named = (Object.keys(families) as Family[]).flatMap((family) =>
  families[family](none).map(({ name }) => ({ family, name })),
);

const healthy = { held: 0, unsent: 0, rows: 0 };

const mebibyte = 1024 ** 2;
/** What a relay may make a device take in memory above what it takes at rest. */
const mostAboveIdle = 64 * mebibyte;

let arena: Arena;
beforeAll(async () => {
  arena = await Arena.open(1);
});
afterAll(() => arena.close());

function faultOf(family: Family, name: string): Fault {
  const fault = families[family](arena.elsewhere).find((fault) => fault.name === name);
  if (fault === undefined) throw new Error(`No fault ${name}`);
  return fault;
}

/** The most memory above what was taken before, while `work` goes on and the relay sends. */
async function peakAboveIdle(work: () => Promise<unknown>): Promise<number> {
  const idle = process.memoryUsage.rss();
  let peak = idle;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  arena.proxy.onPart = look;
  await work();
  look();
  arena.proxy.onPart = () => undefined;
  return peak - idle;
}

describe('memory', () => {
  test('RELAY-8, TEST-8: a gibibyte, a bomb or an endless stream takes no more than 64 MB', async () => {
    const large = sizeFaults().filter(({ name }) => /gibibyte|bomb/.test(name));
    const peaks: [string, number][] = [];
    for (const fault of large) {
      await arena.write();
      arena.proxy.fail(fault);
      peaks.push([fault.name, await peakAboveIdle(() => arena.cycle())]);
      await arena.healed();
    }
    const mebibytes = peaks.map(([name, bytes]) => `${(bytes / mebibyte).toFixed(1)} MiB: ${name}`);
    console.log(`Above idle, at most:\n${mebibytes.join('\n')}`);
    expect(peaks.filter(([, bytes]) => bytes > mostAboveIdle)).toEqual([]);
  });
});

describe('each fault alone', () => {
  for (const { family, name } of named) {
    test(`PULL-3, PULL-15, RELAY-14: ${family}: ${name}: what is not verified is not applied, the reason is right, and it heals`, async () => {
      const fault = faultOf(family, name);
      const { proxy } = arena;
      await arena.write();
      proxy.fail(fault);
      for (const round of ['first', 'second']) {
        // What the relay did though it lied about it is done, and found so the next time.
        const may = round === 'first' ? fault.ends : [...fault.ends, 'well'];
        const ends = await arena.cycle();
        expect(may, `the ${round} cycle ended ${ends.join(', ')}`).toEqual(expect.arrayContaining(ends));
        expect(await arena.untrue()).toEqual([]);
      }
      expect(proxy.met).toContain(name);
      const { digests, ...rest } = await arena.healed();
      expect(rest).toEqual(healthy);
      expect(digests.size).toBe(1);
    });
  }
});

describe('event streams', () => {
  for (const { name } of streamFaults()) {
    test(`RELAY-17, TEST-8: ${name}: it ends the stream, takes no more than 64 MB, and the next stream is heard`, async () => {
      const { ada, ben, proxy, world } = arena;
      const fault = streamFaults().find((one) => one.name === name);
      if (fault === undefined) throw new Error(`No fault ${name}`);
      const events: unknown[] = [];
      let opened = 0;
      const listener = {
        opened: () => {
          opened += 1;
        },
        event: (event: unknown) => events.push(event),
        ended: () => undefined,
        unreached: () => undefined,
        waiting: () => undefined,
      };
      const over = new AbortController();
      proxy.fail(fault);
      const above = await peakAboveIdle(async () => {
        const following = followEvents(ada.runtime, ada.ctx.relay, listener, over.signal);
        // Twice: after a stream that was broken there is another, which is broken as well.
        await until(async () => {
          await world.pass(1_000);
          return proxy.met.length >= 2;
        });
        proxy.heal();
        proxy.drop();
        const before = opened;
        await until(async () => {
          await world.pass(1_000);
          return opened > before;
        });
        await ben.put(`after ${name}`, { title: 'an event' });
        await ben.cycle();
        const size = ben.standing.ownLog.acknowledged;
        await until(async () => events.some((event) => isOf(event, ben.number, size)));
        over.abort();
        await following;
      });
      expect(above).toBeLessThan(mostAboveIdle);
    });
  }
});

const isOf = (event: unknown, log: number, size: number): boolean =>
  JSON.stringify(event) === JSON.stringify({ log, size });

/** Turns of the event loop until it holds; the test's own time limit ends what never does. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

describe('mixtures', () => {
  const mixtures = 10;
  for (let index = 0; index < mixtures; index++) {
    test(`TEST-5, PULL-15, RELAY-14: a seeded mixture of all faults, ${index + 1} of ${mixtures}: nothing untrue, every end has its name, and it heals`, async () => {
      const seed = (runSeed() + index) % 2 ** 31;
      const mixed = await Arena.open(seed);
      const { proxy, elsewhere } = mixed;
      try {
        const random = new Random(seed);
        const faults = (Object.keys(families) as Family[]).flatMap((family) => families[family](elsewhere));
        const known = new Set(faults.flatMap(({ ends }) => ends));
        proxy.choose((path) => {
          const fitting = faults.filter(({ paths }) => paths.includes(path));
          return random.below(3) === 0 ? (fitting[random.below(fitting.length)] ?? null) : null;
        });
        for (let round = 0; round < 8; round++) {
          await mixed.write();
          const ends = await mixed.cycle();
          const met = `seed ${seed}, round ${round}, met ${proxy.met.join('; ')}`;
          expect([...known], met).toEqual(expect.arrayContaining(ends));
          expect(await mixed.untrue(), met).toEqual([]);
          // What is held is tried again.
          mixed.world.time += random.below(2) * 10 * 60_000;
        }
        const met = `seed ${seed}, met ${proxy.met.join('; ')}`;
        const { digests, ...rest } = await mixed.healed();
        expect(rest, met).toEqual(healthy);
        expect(digests.size, met).toBe(1);
      } finally {
        await mixed.close();
      }
    });
  }
});
