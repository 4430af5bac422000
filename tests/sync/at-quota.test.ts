/** Sync of a device whose disk is full (STORE-24): what needs no room goes on, and the rest when there is room. */
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { FaultyTab } from '../store/faulty-indexeddb.ts';
import { type Device, settle, World } from './world.ts';

/** Opens the device anew, on a disk that is full while `disk.full`. */
async function onFullDisk(device: Device): Promise<{ full: boolean }> {
  const disk = { full: false };
  const { space } = device.store;
  await device.store.close();
  const plan = ({ mode }: { readonly mode: IDBTransactionMode }) =>
    disk.full && mode === 'readwrite' ? 'quota' : null;
  device.runtime = { ...device.begin(), indexedDB: new FaultyTab(device.indexedDB, plan).factory };
  device.use(await openStore(device.runtime, space, { tailEveryMs: null }));
  await device.lead();
  return disk;
}

async function two(): Promise<{ world: World; ada: Device; ben: Device; disk: { full: boolean } }> {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada);
  await settle(ada, ben);
  return { world, ada, ben, disk: await onFullDisk(ada) };
}

test('STORE-24: what was sealed and marked before the disk was full is pushed, once; rows are read; with room the rest follows', async () => {
  const { world, ada, ben, disk } = await two();
  await ada.put('sealed');
  world.meddle = (sent, go) => {
    if (sent.path !== '/entries') return go();
    throw new TypeError('Failed to fetch');
  };
  expect(await ada.tryCycle()).toMatchObject({ code: 'offline' });
  world.meddle = (_sent, go) => go();
  await ada.put('not sealed');
  disk.full = true;
  for (let round = 1; round <= 2; round++) {
    expect(await ada.tryCycle()).toMatchObject({ code: 'storage-full' });
    await ben.cycle();
    expect(ben.title('sealed')).toBe('sealed');
    expect(ben.title('not sealed')).toBeUndefined();
    expect([ada.title('sealed'), ada.title('not sealed')]).toEqual(['sealed', 'not sealed']);
  }
  disk.full = false;
  await settle(ada, ben);
  expect(ben.title('not sealed')).toBe('not sealed');
  expect(await ben.digest()).toBe(await ada.digest());
  expect(ada.standing.outbox.length + ada.standing.sealed.length).toBe(0);
});

test('STORE-24, STORE-25: what others wrote while the disk was full is applied when there is room, and trying leaves nothing behind', async () => {
  const { ada, ben, disk } = await two();
  await ben.put('from Ben');
  await ben.cycle();
  disk.full = true;
  const { position } = ada.standing;
  for (let round = 1; round <= 3; round++) {
    expect(await ada.tryCycle()).toMatchObject({ code: 'storage-full' });
    expect(ada.title('from Ben')).toBeUndefined();
    expect(ada.standing.position).toBe(position);
  }
  disk.full = false;
  await settle(ada, ben);
  expect(ada.title('from Ben')).toBe('from Ben');
});
