import { describe, expect, test } from 'vitest';
import { type Beacon, decodeBeacon, signBeacon } from '../../src/format/beacon.ts';
import { appendLeaf, emptyFrontier, emptyRoot, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { decodeChangesAnswer, encodeChangesAnswer } from '../../src/format/wire.ts';
import { rootAt } from '../../src/model/membership.ts';
import { type Device, settle, World } from './world.ts';

const second = 1000;
const wrongRoot = frontierRoot(appendLeaf(emptyFrontier, leafHash(new Uint8Array(5))));

async function pair() {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada);
  await settle(ada, ben);
  world.time += 20 * second;
  return { world, ada, ben };
}

/** One cycle that asks for beacons. */
async function look(device: Device): Promise<void> {
  device.presence.expectNews();
  device.world.time += 3 * second;
  await device.cycle();
}

const heardOf = (device: Device, other: Device) =>
  device.presence.heard.find((heard) => heard.device === other.number);

async function say(
  device: Device,
  odd: Partial<Beacon>,
  signer = device.ctx.signer,
): Promise<Uint8Array<ArrayBuffer>> {
  const { membership } = device.standing;
  return signBeacon(signer, {
    space: device.store.space,
    device: device.number,
    at: device.world.time,
    cursors: [],
    members: { size: membership.size, root: rootAt(membership, membership.size) ?? emptyRoot },
    caughtUp: true,
    nonce: null,
    ...odd,
  });
}

/** What the relay shows as beacons to that device. */
function showing(world: World, to: Device, beacons: () => Promise<Uint8Array<ArrayBuffer>[]>): void {
  world.meddle = async (sent, go) => {
    const answer = await go();
    if (sent.path !== '/changes' || sent.device !== to.name) return answer;
    const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
    return new Response(encodeChangesAnswer({ ...changes, beacons: await beacons() }), answer);
  };
}

describe('who has my data', () => {
  test('APP-2: a beacon that is told of while the answer before it is on its way is asked for by the next cycle', async () => {
    const { world, ben } = await pair();
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path === '/changes' && sent.device === ben.name) ben.presence.expectNews();
      return answer;
    };
    await look(ben);
    expect(ben.presence.wantsBeacons(ben.ctx)).toBe(true);
    world.meddle = (_sent, go) => go();
    await ben.cycle();
    expect(ben.presence.wantsBeacons(ben.ctx)).toBe(false);
  });

  test('APP-2: how much of our log another device has follows from its own signed word', async () => {
    const { ada, ben } = await pair();
    await ada.put('milk');
    await look(ada);
    expect(heardOf(ada, ben)).toMatchObject({ hasOurs: 0 });
    await look(ben);
    await look(ada);
    expect(heardOf(ada, ben)).toMatchObject({ hasOurs: 1 });
    expect(ada.standing.ownLog.acknowledged).toBe(1);
  });

  test('PUSH-9: a size counts only if its root is on our branch, also for sizes from before this turn', async () => {
    const { world, ada, ben } = await pair();
    for (const id of ['one', 'two', 'three']) {
      await ada.put(id);
      await look(ada);
    }
    const log = ada.number;
    const cursorAt = async (size: number) => {
      const entries = await world.storage.readLeaves(ada.store.space, log, 1, size);
      return frontierRoot(entries.reduce(appendLeaf, emptyFrontier));
    };
    await ada.restart();
    const rootAtTwo = await cursorAt(2);
    showing(world, ada, async () => [
      await say(ben, { cursors: [{ device: log, size: 2, root: rootAtTwo }] }),
    ]);
    await look(ada);
    expect(heardOf(ada, ben)).toMatchObject({ hasOurs: 2 });
    showing(world, ada, async () => [
      await say(ben, { cursors: [{ device: log, size: 2, root: wrongRoot }] }),
    ]);
    await look(ada);
    expect(heardOf(ada, ben)).toMatchObject({ hasOurs: null });
    showing(world, ada, async () => [
      await say(ben, { cursors: [{ device: log, size: 9, root: rootAtTwo }] }),
    ]);
    await look(ada);
    expect(heardOf(ada, ben)).toMatchObject({ hasOurs: null });
    expect(ada.standing.ownLog.acknowledged).toBe(3);
  });

  test('APP-2, JOIN-13: an older beacon never takes back what a newer one said', async () => {
    const { world, ada, ben } = await pair();
    const old = await say(ben, { at: world.time - 60 * second });
    await look(ben);
    await look(ada);
    const newest = heardOf(ada, ben);
    showing(world, ada, async () => [old]);
    await look(ada);
    expect(heardOf(ada, ben)).toEqual(newest);
  });

  test('JOIN-13: a beacon counts only if the device it names signed it', async () => {
    const { world, ada, ben } = await pair();
    const eve = await world.join(ada, 'Eve');
    await look(ada);
    const before = heardOf(ada, ben);
    const forged = await say(ben, { at: world.time + 4 * second }, eve.ctx.signer);
    const foreign = await say(ben, { device: asDeviceNumber(77), at: world.time + 4 * second });
    const damaged = (await say(ben, { at: world.time + 5 * second })).with(-1, 0) as typeof forged;
    showing(world, ada, async () => [forged, foreign, damaged, new Uint8Array([1, 2, 3])]);
    await look(ada);
    expect(heardOf(ada, ben)).toEqual(before);
  });
});

describe('a beacon that names another membership log', () => {
  test('PULL-6: holds that device’s log alone as disagrees, and is judged again when it says otherwise', async () => {
    const { world, ada, ben } = await pair();
    const cid = await world.join(ada, 'Cid');
    await settle(ada, ben, cid);
    await ben.put('bread');
    await cid.put('salt');
    await ben.cycle();
    await cid.cycle();
    showing(world, ada, async () => [
      await say(ben, { members: { size: 2, root: wrongRoot }, at: world.time }),
    ]);
    await look(ada);
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'disagrees', position: 1 });
    const { evidence } = ada.standing.holds.get(ben.number) ?? {};
    expect(evidence ? decodeBeacon(evidence).members.size : null).toBe(2);
    expect(ada.title('bread')).toBeUndefined();
    expect(ada.title('salt')).toBe('salt');
    const { position } = ada.standing;
    await ada.cycle();
    expect(ada.standing.position).toBe(position);
    world.meddle = (_sent, go) => go();
    world.time += 60 * second;
    await look(ben);
    await look(ada);
    expect(ada.standing.holds.size).toBe(0);
    expect(ada.title('bread')).toBe('bread');
  });

  test('PULL-6: holds it also where that device has never written, and no longer than it says so', async () => {
    const { world, ada, ben } = await pair();
    showing(world, ada, async () => [await say(ben, { members: { size: 2, root: wrongRoot } })]);
    await look(ada);
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'disagrees', position: 1 });
    world.meddle = (_sent, go) => go();
    // By then it gives its next sign of life.
    world.time += 5 * 60 * second;
    await look(ben);
    await look(ada);
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-6: it raises no floor: one that claims a billion entries changes nothing', async () => {
    const { world, ada, ben } = await pair();
    showing(world, ada, async () => [
      await say(ben, { members: { size: 1e9, root: wrongRoot }, at: world.time }),
    ]);
    await look(ada);
    expect(ada.standing.holds.size).toBe(0);
    await ben.put('bread');
    await look(ben);
    await look(ada);
    expect(ada.title('bread')).toBe('bread');
  });
});

describe('our own beacon', () => {
  const putsOf = (world: World, from: number) =>
    world.sent.slice(from).filter((line) => line === 'Ada /beacon').length;

  test('JOIN-13: is told when what it says has changed, not for our own log, and now and then as a sign of life', async () => {
    const { world, ada, ben } = await pair();
    await look(ada);
    let from = world.sent.length;
    await ada.put('milk');
    await look(ada);
    await look(ada);
    expect(putsOf(world, from)).toBe(0);
    await ben.put('bread');
    await ben.cycle();
    await look(ada);
    expect(putsOf(world, from)).toBe(1);
    from = world.sent.length;
    world.time += 5 * 60 * second;
    await ada.cycle();
    expect(putsOf(world, from)).toBe(1);
  });

  test('JOIN-12: it says that it is caught up only when every log is at its verified head and none is held', async () => {
    const { world, ada, ben } = await pair();
    const said: boolean[] = [];
    world.meddle = async (sent, go) => {
      if (sent.path === '/beacon' && sent.device === 'Ada') {
        said.push(decodeBeacon(new Uint8Array(await sent.request.clone().arrayBuffer())).caughtUp);
      }
      if (sent.path === '/entries/read' && sent.device === 'Ada') {
        return Response.json({ code: 'bad-range', log: ben.number, size: 0 }, { status: 400 });
      }
      return go();
    };
    await ben.put('bread');
    await look(ben);
    await look(ada);
    world.meddle = async (sent, go) => {
      if (sent.path === '/beacon' && sent.device === 'Ada') {
        said.push(decodeBeacon(new Uint8Array(await sent.request.clone().arrayBuffer())).caughtUp);
      }
      return go();
    };
    world.time += 10 * 60 * second;
    await look(ada);
    expect(said).toEqual([false, true]);
  });

  test('RELAY-2: a device with a wrong clock dates it by the relay’s, so it is taken', async () => {
    const { world, ada, ben } = await pair();
    ada.skewMs = 3 * 60 * 60 * second;
    await ada.restart();
    await look(ada);
    await look(ben);
    expect(heardOf(ben, ada)?.at).toBeLessThanOrEqual(world.time);
    expect(heardOf(ben, ada)?.at).toBeGreaterThan(world.time - 60 * second);
  });
});
