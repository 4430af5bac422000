import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { activityText } from '../../src/app/activity-words.ts';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import type { Activity, Space } from '../../src/client/index.ts';
import { fromBase64Url, spaceFromText, toBase64Url, toHex } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import type { Relay } from '../../src/relay/app.ts';
import { writeNote } from '../../src/store/note-writing.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { activityNote } from '../../src/worker/activity-recorder.ts';
import type { StartRequest } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import type { Tab } from '../worker/origin.ts';
import { Profile, relayOrigin, startRelay } from './relayed.ts';
import { schema } from './schema.ts';
import { comesTrue, rejection, until } from './waiting.ts';

type TestSpace = Space<typeof schema>;

const base = { schema, relay: relayOrigin, appUrl: 'https://app.test/' } as const;
let relay: Relay;
let ada: Profile;
let ben: Profile;
const opened: TestSpace[] = [];

async function start(tab: Tab, request: StartRequest): Promise<TestSpace> {
  const space = clientSpace(schema, await connectDirect(storedHost(tab, null), request));
  opened.push(space);
  return space;
}

const create = (tab: Tab): Promise<TestSpace> =>
  start(tab, { ...base, how: 'create', memberName: 'Ada', deviceName: 'Laptop' });
const open = (tab: Tab, space: string): Promise<TestSpace> => start(tab, { ...base, how: 'open', space });

async function close(space: TestSpace): Promise<void> {
  opened.splice(opened.indexOf(space), 1);
  await space.close();
}

const upToDate = (space: TestSpace) =>
  until(space.status, ({ reasons }) => reasons.every(({ kind }) => kind === 'not-confirmed'));

const kinds = (lines: readonly Activity[]): string[] => lines.map(({ kind }) => kind);

/** The lines, once there is one of each of these kinds. */
async function told(space: TestSpace, ...wanted: readonly Activity['kind'][]): Promise<readonly Activity[]> {
  let lines: readonly Activity[] = [];
  await comesTrue(async () => {
    lines = await space.activity();
    expect(kinds(lines)).toEqual(expect.arrayContaining([...wanted]));
  });
  return lines;
}

/** The store of a space that nobody has open. */
async function inStore<T>(profile: Profile, space: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(profile.openTab(), spaceFromText(space), { create: false });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

beforeEach(() => {
  relay = startRelay();
  ada = new Profile(relay);
  ben = new Profile(relay);
});

afterEach(async () => {
  relay.drain();
  for (const space of opened.splice(0)) await space.close();
});

describe('the log of what happened', () => {
  test('APP-14: it says what came, went, failed and got through again, and survives a restart', async () => {
    const here = await create(ada.openTab());
    await here.tables.lists.put({ title: 'Hut' });
    await upToDate(here);
    const { link } = await here.invite();
    const there = await start(ben.openTab(), {
      ...base,
      how: 'join',
      link,
      memberName: 'Ben',
      deviceName: 'phone',
    });
    await there.tables.lists.put({ title: 'Tools' });
    await upToDate(there);
    const before = await told(here, 'sent', 'invited', 'joined', 'received');
    expect(before.slice(0, 2)).toMatchObject([{ kind: 'opened' }, { kind: 'log-began', devices: 1 }]);
    expect(before).toContainEqual(expect.objectContaining({ kind: 'joined', device: 2 }));
    expect(before).toContainEqual(expect.objectContaining({ kind: 'invited', role: 'writer', uses: 1 }));

    ada.network.online = false;
    await rejection(here.syncNow());
    await told(here, 'began');
    await close(here);
    ada.network.online = true;
    const again = await open(ada.openTab(), here.id);
    const after = await told(again, 'ended');
    expect(after.slice(0, before.length)).toEqual(before);
    // What was told before the restart is told once.
    expect(kinds(after.slice(before.length))).toEqual(['began', 'closed', 'opened', 'ended']);
    expect(after.at(-1)).toMatchObject({ trouble: { of: 'sync', code: 'offline' }, since: after.at(-4)?.at });
  });

  test('APP-14: two tabs write one log, and what one tells stays when the other writes', async () => {
    const one = await create(ada.openTab());
    await upToDate(one);
    const two = await open(ada.openTab(), one.id);
    await told(one, 'log-began');
    await told(two, 'opened');
    await close(one);
    await told(two, 'took-over');
    await two.invite();
    await close(two);
    const three = await open(ada.openTab(), one.id);
    expect(kinds(await told(three, 'invited'))).toEqual(
      expect.arrayContaining(['log-began', 'closed', 'took-over', 'invited']),
    );
    const lines = kinds(await three.activity());
    expect(lines.filter((kind) => kind === 'log-began')).toHaveLength(1);
    expect(lines.filter((kind) => kind === 'opened')).toHaveLength(3);
  });

  test('APP-14: a damaged log is gone with one line that says so, and the space opens and works', async () => {
    const here = await create(ada.openTab());
    await told(here, 'log-began');
    await close(here);
    await inStore(ada, here.id, (store) => writeNote(store.notes, activityNote, encode(['damage'])));
    const again = await open(ada.openTab(), here.id);
    expect(kinds(await told(again, 'log-began'))).toEqual(
      expect.arrayContaining(['log-damaged', 'opened', 'log-began']),
    );
    await again.tables.lists.put({ title: 'Hut' });
    await close(again);
    const third = await open(ada.openTab(), here.id);
    expect(kinds(await third.activity()).filter((kind) => kind === 'log-damaged')).toHaveLength(1);
  });

  test('APP-14: neither what is stored nor what is copied holds a key, a phrase or an invitation’s secret', async () => {
    const here = await create(ada.openTab());
    const { link } = await here.invite();
    const there = await start(ben.openTab(), {
      ...base,
      how: 'join',
      link,
      memberName: 'Ben',
      deviceName: 'phone',
    });
    await upToDate(there);
    // The link again, and no network: what fails knows the link.
    const twice = { ...base, how: 'join', link, memberName: 'Eve', deviceName: 'phone' } as const;
    await rejection(start(new Profile(relay).openTab(), twice));
    ben.network.online = false;
    await rejection(there.syncNow());
    await told(there, 'began');
    const [, invitation = ''] = link.split('#join=');
    expect(invitation.length).toBeGreaterThan(100);

    for (const [profile, space] of [
      [ada, here],
      [ben, there],
    ] as const) {
      const lines = await space.activity();
      expect(lines.length).toBeGreaterThan(1);
      const copied = activityText(lines, (device) => `device ${device}`, 0);
      await close(space);
      await inStore(profile, space.id, async ({ notes, keyring }) => {
        const stored = await notes.read(activityNote);
        if (stored === null) throw new Error('The log was not stored');
        const secrets = [...keyring.epochs.values()];
        for (const secret of [keyring.identity, keyring.invitation])
          if (secret !== null) secrets.push(secret);
        expect(secrets.length).toBeGreaterThan(0);
        // Of the link, which holds the invitation's secret, no stretch at all.
        const linked = fromBase64Url(invitation);
        for (let at = 0; at + 16 <= linked.length; at += 8) secrets.push(linked.slice(at, at + 16));
        const texts = [copied, JSON.stringify(lines), toHex(stored), toBase64Url(stored), latin(stored)];
        for (const secret of secrets) {
          for (const text of texts) {
            for (const form of [toHex(secret), toBase64Url(secret), latin(secret)])
              expect(text.includes(form)).toBe(false);
          }
        }
        expect(copied).not.toContain('#join');
      });
    }
  });
});

/** Bytes as text of as many characters. */
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
