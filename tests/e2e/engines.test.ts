/** Two devices in each engine that is here: what one writes the other reads, and both start with the server gone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineDevice, enginesHere } from './engine-device.ts';
import { RelayProcess } from './relay-process.ts';
import { syncMs, until } from './waiting.ts';

describe.for(enginesHere())('two devices in %s', (engine) => {
  let relay: RelayProcess;
  let a: EngineDevice;
  let b: EngineDevice;

  beforeAll(async () => {
    relay = await RelayProcess.start();
    a = await EngineDevice.open(engine, relay.origin);
    b = await EngineDevice.open(engine, relay.origin);
  });
  afterAll(async () => {
    await a?.close();
    await b?.close();
    await relay?.dispose();
  });

  const oneDigest = async (): Promise<string> => {
    const both = async (): Promise<string[]> => {
      await a.upToDate();
      await b.upToDate();
      return [await a.digest(), await b.digest()];
    };
    const isOne = ([first = '', second]: readonly string[]): boolean =>
      first === second && /^[0-9a-f]{64}$/.test(first);
    const [digest = ''] = await until('one digest', both, isOne, syncMs);
    return digest;
  };

  test('TEST-11, JOIN-5, PULL-7: A writes and invites, B joins and sees the rows, and what B adds reaches A', async () => {
    await a.createSpace('Ada');
    await a.addList('Packing');
    await a.addItem('Stove');
    const link = await a.invite();
    await b.join(link, 'Ben');
    await b.sees('list-row', ['Packing'], syncMs);
    await b.openFirstList();
    await b.sees('item-title', ['Stove'], syncMs);
    await b.addItem('Tent');
    await a.sees('item-title', ['Stove', 'Tent'], syncMs);
    expect(await oneDigest()).toMatch(/^[0-9a-f]{64}$/);
  });

  test('TEST-11, APP-11: with the server gone both start again and show their rows', async () => {
    const digest = await oneDigest();
    await a.readyOffline();
    await b.readyOffline();
    await relay.kill();
    for (const device of [a, b]) {
      await device.reload();
      await device.sees('list-row', ['Packing']);
      expect(await device.digest()).toBe(digest);
      await device.openFirstList();
      await device.sees('item-title', ['Stove', 'Tent']);
    }
  });
});

test.for(enginesHere().filter((engine) => engine === 'firefox'))(
  'TEST-11, APP-5: a private window of %s is told before the first write that all of it vanishes',
  async (engine) => {
    const relay = await RelayProcess.start();
    const device = await EngineDevice.open(engine, relay.origin, true);
    try {
      await device.visit(relay.origin);
      await device.sees('keeping-warning', ['vanishes when this private window closes']);
    } finally {
      await device.close();
      await relay.dispose();
    }
  },
);
