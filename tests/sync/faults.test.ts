/**
 * Random histories under faults: requests lost before and after the relay, answers cut or with a bit flipped, requests that
 * come twice, tabs killed at any transaction. Whatever happens, when it stops all devices come to the same rows.
 */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { type Bytes, equal } from '../../src/format/bytes.ts';
import { decodeEntriesAppend } from '../../src/format/wire.ts';
import { property } from '../property.ts';
import { type Device, type Meddle, settle, World } from './world.ts';

type NetworkFault =
  | 'none'
  | 'lose request'
  | 'lose answer'
  | 'twice'
  | 'cut answer'
  | 'flip answer'
  | 'refuse';
type KillPoint = 'kill-before' | 'kill-in' | 'kill-after';

type Step =
  | { readonly kind: 'write'; readonly device: number; readonly row: number }
  | { readonly kind: 'delete'; readonly device: number; readonly row: number }
  | { readonly kind: 'sync'; readonly device: number; readonly faults: readonly NetworkFault[] }
  | { readonly kind: 'crash'; readonly device: number; readonly at: number; readonly how: KillPoint };

const device = fc.nat({ max: 2 });
const row = fc.nat({ max: 5 });
const networkFault = fc.constantFrom<NetworkFault>(
  'none',
  'none',
  'lose request',
  'lose answer',
  'twice',
  'cut answer',
  'flip answer',
  'refuse',
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), device, row }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), device, row }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      device,
      faults: fc.array(networkFault, { maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      device,
      at: fc.nat({ max: 12 }),
      how: fc.constantFrom<KillPoint>('kill-before', 'kill-in', 'kill-after'),
    }),
  },
);

const lost = (): never => {
  throw new TypeError('Failed to fetch');
};

/** The bytes that stood at a position of a log in any request that ever left a device. */
class Sealed {
  readonly #seen = new Map<string, Bytes>();

  note({ log, start, entries }: ReturnType<typeof decodeEntriesAppend>): void {
    for (const [index, entry] of entries.entries()) {
      const place = `${log} ${start + index}`;
      const before = this.#seen.get(place);
      if (before !== undefined && !equal(before, entry)) throw new Error(`two entries at ${place}`);
      this.#seen.set(place, entry);
    }
  }
}

function meddling(sealed: Sealed, faults: NetworkFault[], random: () => number): Meddle {
  return async (sent, go) => {
    if (sent.path === '/entries') {
      sealed.note(decodeEntriesAppend(new Uint8Array(await sent.request.clone().arrayBuffer())));
    }
    switch (faults.shift() ?? 'none') {
      case 'none':
        return go();
      case 'lose request':
        return lost();
      case 'lose answer':
        await go();
        return lost();
      case 'twice':
        await go();
        return go();
      case 'refuse':
        return Response.json({ code: 'unavailable' }, { status: 503 });
      case 'cut answer':
        return changed(await go(), (bytes) => bytes.slice(0, Math.floor(bytes.length * random())));
      case 'flip answer':
        return changed(await go(), (bytes) => {
          const at = Math.floor(bytes.length * random());
          return bytes.with(at, (bytes[at] ?? 0) ^ (1 << Math.floor(8 * random()))) as Bytes;
        });
    }
  };
}

async function changed(answer: Response, change: (bytes: Bytes) => Bytes): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return bytes.length === 0 ? answer : new Response(change(bytes), answer);
}

async function act(devices: readonly Device[], one: Step, sealed: Sealed, world: World): Promise<void> {
  const device = devices[one.device];
  if (device === undefined) return;
  switch (one.kind) {
    case 'write':
      world.time += 1;
      return device.put(`row ${one.row}`, {
        title: `${device.name} ${world.time}`,
        [device.name]: world.time,
      });
    case 'delete':
      return device.write({ kind: 'delete', table: 'items', id: `row ${one.row}` });
    case 'sync':
      world.meddle = meddling(sealed, [...one.faults], () => world.random.next());
      if ((await device.tryCycle()) === 'died') throw new Error('nobody killed it');
      return;
    case 'crash':
      device.faults.set(device.tab.transactions + one.at + 1, one.how);
      world.meddle = meddling(sealed, [], () => 0);
      await device.tryCycle();
      return device.restart();
  }
}

property(
  'PUSH-2, PUSH-3, PUSH-7, PULL-15: under any faults and kills nothing is sealed twice, and devices converge when they end',
  { runs: 60, timeout: 600_000 },
  fc.array(step, { minLength: 4, maxLength: 24 }),
  fc.nat(),
  async (steps, seed) => {
    const world = new World(seed);
    const ada = await world.found('Ada');
    const ben = await world.join(ada, 'Ben');
    const cid = await world.join(ada, 'Cid');
    const devices = [ada, ben, cid];
    const sealed = new Sealed();
    for (const one of steps) await act(devices, one, sealed, world);
    world.meddle = meddling(sealed, [], () => 0);
    // What was held because a relay did not deliver is asked for again in its time.
    world.time += 4 * 60 * 60_000;
    await settle(...devices);
    const digests = await Promise.all(devices.map((one) => one.digest()));
    expect(new Set(digests).size).toBe(1);
    for (const { standing } of devices) {
      expect(standing.holds.size).toBe(0);
      expect(standing.outbox).toEqual([]);
      expect(standing.sealed).toEqual([]);
    }
  },
);
