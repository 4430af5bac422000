import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import { CairnError, readInvitation, type Space, type SpaceStatus } from '../../src/client/index.ts';
import type { Relay } from '../../src/relay/app.ts';
import type { StartRequest } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { Profile, relayOrigin, startRelay } from './relayed.ts';
import { schema } from './schema.ts';
import { comesTrue, rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

const base = { schema, relay: relayOrigin, appUrl: 'https://app.test/' } as const;
let relay: Relay;
let ada: Profile;
let ben: Profile;
const opened: TestSpace[] = [];

async function start(profile: Profile, request: StartRequest): Promise<TestSpace> {
  const space = clientSpace(schema, await connectDirect(storedHost(profile.openTab(), null), request));
  opened.push(space);
  return space;
}

const create = (profile: Profile, memberName = 'Ada'): Promise<TestSpace> =>
  start(profile, { ...base, how: 'create', memberName, deviceName: `${memberName}’s phone` });
const open = (profile: Profile, space: string): Promise<TestSpace> =>
  start(profile, { ...base, how: 'open', space });
const join = (profile: Profile, link: string, memberName = 'Ben'): Promise<TestSpace> =>
  start(profile, { ...base, how: 'join', link, memberName, deviceName: `${memberName}’s phone` });

async function close(space: TestSpace): Promise<void> {
  opened.splice(opened.indexOf(space), 1);
  await space.close();
}

/** Up to date, as the status says it: no reason against it. */
const upToDate = (space: TestSpace): Promise<SpaceStatus> =>
  until(space.status, ({ reasons }) => reasons.every(({ kind }) => kind === 'not-confirmed'));

const kinds = (status: SpaceStatus): string[] => status.reasons.map(({ kind }) => kind);

beforeEach(() => {
  relay = startRelay();
  ada = new Profile(relay);
  ben = new Profile(relay);
});

afterEach(async () => {
  relay.drain();
  for (const space of opened.splice(0)) await space.close();
});

describe('two people and a relay', () => {
  test('APP-1: rows written here are read there, and the status says synced only then', async () => {
    const here = await create(ada);
    const list = await here.tables.lists.put({ title: 'Groceries' });
    await here.tables.items.put({ list, title: 'Bread' });
    expect(kinds(here.status.value)).toContain('unsent');
    const synced = await upToDate(here);
    expect(synced.unsent).toBe(0);
    expect(synced.asOf).not.toBeNull();
    expect(synced.relay).toEqual({ url: relayOrigin, acknowledged: synced.devices[0]?.head });

    const { link, expires } = await here.invite();
    expect(await readInvitation(link)).toMatchObject({
      space: here.id,
      relay: relayOrigin,
      role: 'writer',
      expires,
    });
    const there = await join(ben, link);
    const items = there.tables.items.live({ where: { list } });
    await until(items, ({ rows }) => rows[0]?.title === 'Bread');
    await upToDate(there);
    expect(await there.digest()).toBe(await here.digest());

    await there.tables.items.put({ list, title: 'Milk' });
    await until(here.tables.items.live(), ({ rows }) => rows.length === 2);
    await upToDate(here);
    await upToDate(there);
    expect(await there.digest()).toBe(await here.digest());
  });

  test('APP-2: each sees the other by name, how far their log is applied here, and what of ours they have', async () => {
    const here = await create(ada);
    await here.tables.lists.put({ title: 'Groceries' });
    const { link } = await here.invite();
    const there = await join(ben, link);
    await there.tables.lists.put({ title: 'Hardware' });
    const { devices } = await until(here.status, (status) => {
      const [own, other] = status.devices;
      return other?.lag === 0 && other.cursor > 0 && other.hasOurs !== null && other.hasOurs === own?.head;
    });
    expect(devices).toMatchObject([
      { number: 1, memberName: 'Ada', deviceName: 'Ada’s phone', role: 'admin', isThis: true },
      { number: 2, memberName: 'Ben', deviceName: 'Ben’s phone', role: 'writer', isThis: false, hold: null },
    ]);
    expect(devices[1]?.lastHeard).not.toBeNull();
  });

  test('APP-6, APP-2: each value names its device; an own one, who has it, also while the other device lags behind', async () => {
    const here = await create(ada);
    const list = await here.tables.lists.put({ title: 'Groceries' });
    const there = await join(ben, (await here.invite()).link);
    const item = await here.tables.items.put({ list, title: 'Bread' });
    const hasAll = ({ devices: [own, other] }: SpaceStatus): boolean =>
      other?.hasOurs !== null && other?.hasOurs === own?.head;
    await until(here.status, (status) => status.unsent === 0 && hasAll(status));
    await there.tables.items.patch(item, { note: 'Two of them' });
    await until(here.tables.items.live(), ({ rows }) => rows[0]?.note === 'Two of them');
    const authorOf = async (column: string, id = item) =>
      (await here.tables.items.authors(id)).find((author) => author.column === column);
    expect(await authorOf('title')).toMatchObject({ device: 1, onRelay: true, onDevices: [2] });
    expect(await authorOf('note')).toMatchObject({ device: 2, onRelay: true, onDevices: [2] });

    // Ben hears of nothing more; what he has he keeps.
    ben.network.online = false;
    const later = await here.tables.items.put({ list, title: 'Milk' });
    await until(
      here.status,
      ({ unsent, relay, devices }) => unsent === 0 && relay.acknowledged === devices[0]?.head,
    );
    await here.tables.items.patch(item, { title: 'Rye bread' });
    await until(here.status, ({ unsent }) => unsent === 0);
    expect(await authorOf('title')).toMatchObject({ device: 1, onRelay: true, onDevices: [] });
    expect(await authorOf('list')).toMatchObject({ device: 1, onRelay: true, onDevices: [2] });
    expect(await authorOf('title', later)).toMatchObject({ onRelay: true, onDevices: [] });
    ada.network.online = false;
    await here.tables.items.patch(item, { title: 'White bread' });
    expect(await authorOf('title')).toMatchObject({ onRelay: false, onDevices: [] });
  });

  test('APP-3: offline is a reason of its own, what is written then is unsent, and both go when the network is back', async () => {
    const here = await create(ada);
    await upToDate(here);
    ada.network.online = false;
    await here.tables.lists.put({ title: 'Groceries' });
    const offline = await until(here.status, (status) => status.lastError?.code === 'offline');
    expect(kinds(offline)).toEqual(expect.arrayContaining(['offline', 'unsent']));
    expect(offline.unsent).toBe(1);
    expect(offline.asOf).not.toBeNull();
    expect(await rejection(here.syncNow())).toMatchObject({ code: 'offline' });
    ada.network.online = true;
    await here.syncNow();
    expect((await upToDate(here)).unsent).toBe(0);
  });

  test('APP-8: after closing and opening again offline, the status knows as of when it was up to date', async () => {
    const here = await create(ada);
    await here.tables.lists.put({ title: 'Groceries' });
    const { asOf } = await upToDate(here);
    await close(here);
    ada.network.online = false;
    const again = await open(ada, here.id);
    const status = await until(again.status, (now) => now.lastError?.code === 'offline');
    expect(status.asOf).toBe(asOf);
    expect(kinds(status)).not.toContain('never-synced');
    expect(kinds(status)).not.toContain('not-registered');
    expect(await again.tables.lists.count()).toBe(1);
  });

  test('RELAY-3, TEST-7: a reader reads and is told that it may not write', async () => {
    const here = await create(ada);
    await here.tables.lists.put({ title: 'Groceries' });
    const there = await join(ben, (await here.invite({ role: 'reader' })).link);
    await until(there.tables.lists.live(), ({ rows }) => rows.length === 1);
    expect(await rejection(there.tables.lists.put({ title: 'x' }))).toMatchObject({ code: 'not-a-writer' });
    expect(await rejection(there.transaction((tx) => tx.tables.lists.put({ title: 'x' })))).toMatchObject({
      code: 'not-a-writer',
    });
    expect(await rejection(there.invite())).toMatchObject({ code: 'not-allowed' });
  });

  test('JOIN-8, TEST-7: a link that was used up joins nobody, and nothing of the space is readable', async () => {
    const here = await create(ada);
    const { link } = await here.invite();
    await join(ben, link);
    const thrown = await rejection(join(new Profile(relay), link, 'Cleo'));
    expect(thrown).toBeInstanceOf(CairnError);
    expect(thrown).toMatchObject({ code: 'invitation-used' });
  });

  test('JOIN-1, TEST-7: what is no invitation joins nothing and starts nothing', async () => {
    const thrown = await rejection(join(ben, 'https://app.test/#join=AAAA'));
    expect(thrown).toMatchObject({ code: 'invitation-invalid' });
    expect(await ben.indexedDB.databases()).toEqual([]);
  });

  test('JOIN-22: with the relay out of reach a join says offline, and the same link works later', async () => {
    const here = await create(ada);
    const { link } = await here.invite();
    await here.tables.lists.put({ title: 'Groceries' });
    let requests = 0;
    const cut = new Profile(relay);
    cut.network.online = false;
    const tab = cut.openTab();
    const fetch = tab.fetch;
    Object.assign(tab, {
      fetch: (url: string, init?: RequestInit) => {
        requests += 1;
        // The network is back when it has been looked for once.
        if (requests > 1) cut.network.online = true;
        return fetch(url, init);
      },
    });
    const request = { ...base, how: 'join', link, memberName: 'Ben', deviceName: 'Phone' } as const;
    const there = clientSpace(schema, await connectDirect(storedHost(tab, null), request));
    opened.push(there);
    await until(there.tables.lists.live(), ({ rows }) => rows.length === 1);
    expect(requests).toBeGreaterThan(1);
  });

  test('JOIN-5: a join that a crash cut off goes on when the space is opened again, and says meanwhile that it is joining', async () => {
    const here = await create(ada);
    await here.tables.lists.put({ title: 'Groceries' });
    const { link } = await here.invite();
    ben.network.online = false;
    const tab = ben.openTab();
    const request = { ...base, how: 'join', link, memberName: 'Ben', deviceName: 'Phone' } as const;
    void connectDirect(storedHost(tab, null), request).catch(() => {});
    await comesTrue(async () => expect(await ben.indexedDB.databases()).toHaveLength(1));
    await comesTrue(() => expect(ben.refused).toBeGreaterThan(0));
    tab.kill();
    const there = await open(ben, here.id);
    expect(kinds(there.status.value)).toContain('joining');
    expect(await there.tables.lists.count()).toBe(0);
    expect(await rejection(there.tables.lists.put({ title: 'x' }))).toMatchObject({ code: 'not-a-writer' });
    ben.network.online = true;
    await until(there.tables.lists.live(), ({ rows }) => rows.length === 1);
    await there.tables.lists.put({ title: 'of Ben' });
    await until(here.tables.lists.live(), ({ rows }) => rows.length === 2);
    const { devices } = await upToDate(there);
    expect(devices).toHaveLength(2);
  });

  test('APP-3: a browser that says offline and is not is believed only until the relay was reached', async () => {
    const host = storedHost(ada.openTab(), null);
    const request = { ...base, how: 'create', memberName: 'Ada', deviceName: 'Phone' } as const;
    const started = await host.start(request, { online: false, visible: true }, () => {});
    expect(started).toMatchObject({ ok: true });
    if (!started.ok) return;
    expect(kinds(started.value.status)).toContain('offline');
    const second = await open(ada, started.value.space);
    await upToDate(second);
    await host.close();
  });

  test('MRG-11: a write of ours that lost to one that had not seen it is in the conflicts, and restoring it is a write', async () => {
    const here = await create(ada);
    const id = await here.tables.lists.put({ title: 'first' });
    const there = await join(ben, (await here.invite()).link);
    await until(there.tables.lists.live(), ({ rows }) => rows.length === 1);
    await upToDate(there);
    ada.network.online = false;
    await here.tables.lists.patch(id, { title: 'ours' });
    await there.tables.lists.patch(id, { title: 'theirs' });
    await upToDate(there);
    ada.network.online = true;
    await here.syncNow();
    const [conflict] = await until(here.conflicts, ({ length }) => length === 1);
    expect(conflict).toMatchObject({
      table: 'lists',
      id,
      column: 'title',
      value: 'ours',
      ours: { device: 1 },
      winner: { device: 2 },
    });
    await here.tables.lists.patch(id, { title: 'ours' });
    await until(here.conflicts, ({ length }) => length === 0);
    await until(there.tables.lists.live(), ({ rows }) => rows[0]?.title === 'ours');
  });

  test('STORE-19: a second tab shows the sync state of the one that leads, and has it sync', async () => {
    const here = await create(ada);
    await upToDate(here);
    const second = await open(ada, here.id);
    await second.tables.lists.put({ title: 'from the second tab' });
    await second.syncNow();
    const status = await upToDate(second);
    expect(status.unsent).toBe(0);
    expect(status.asOf).not.toBeNull();
    await close(here);
    await second.tables.lists.put({ title: 'after the first one closed' });
    await second.syncNow();
    expect((await upToDate(second)).unsent).toBe(0);
  });

  test('APP-17, PUSH-1: a tab killed at any moment of writing loses nothing answered, and the rest arrives once', async () => {
    const here = await create(ada);
    const there = await join(ben, (await here.invite()).link);
    await close(here);
    const answered = new Set<string>();
    for (let life = 0; life < 4; life += 1) {
      const tab = ada.openTab();
      const request = { ...base, how: 'open', space: here.id } as const;
      const dying = clientSpace(schema, await connectDirect(storedHost(tab, null), request));
      for (let i = 0; i < 5 + life * 7; i += 1)
        answered.add(await dying.tables.lists.put({ title: `${life} ${i}` }));
      void dying.syncNow().catch(() => {});
      void dying.tables.lists.put({ title: 'in flight' }).catch(() => {});
      tab.kill();
    }
    const last = await open(ada, here.id);
    await upToDate(last);
    const rows = await last.tables.lists.query();
    await until(there.tables.lists.live(), (result) => result.rows.length === rows.length);
    expect(rows.filter(({ id }) => answered.has(id))).toHaveLength(answered.size);
    await upToDate(there);
    expect(await there.digest()).toBe(await last.digest());
  });
});
