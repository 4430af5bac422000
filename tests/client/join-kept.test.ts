import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import { asHash, spaceText } from '../../src/format/bytes.ts';
import type { Relay } from '../../src/relay/app.ts';
import { openStore } from '../../src/store/store.ts';
import type { Update } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { Profile, relayOrigin, startRelay } from './relayed.ts';
import { schema } from './schema.ts';
import { comesTrue } from './waiting.ts';

const base = { schema, relay: relayOrigin, appUrl: 'https://app.test/' } as const;
const page = { online: true, visible: true } as const;
const joined = (space: string): Update => ({ live: [], kept: space });
let relay: Relay;

beforeEach(() => {
  relay = startRelay();
});
afterEach(() => {
  relay.drain();
});

test('JOIN-5, JOIN-6: the page hears of the space it joins when the join is durable, long before it is done', async () => {
  const ada = new Profile(relay);
  const request = { ...base, how: 'create', memberName: 'Ada', deviceName: 'Phone' } as const;
  const here = clientSpace(schema, await connectDirect(storedHost(ada.openTab(), null), request));
  await here.syncNow();
  const { link } = await here.invite();

  const ben = new Profile(relay);
  ben.network.online = false;
  const tab = ben.openTab();
  const updates: Update[] = [];
  const join = { ...base, how: 'join', link, memberName: 'Ben', deviceName: 'Phone' } as const;
  void storedHost(tab, null).start(join, page, (update) => updates.push(update));
  await comesTrue(() => expect(updates).toEqual([joined(here.id)]));
  tab.kill();

  const later = storedHost(ben.openTab(), null);
  const opened = await later.start({ ...base, how: 'open', space: here.id }, page, () => undefined);
  expect(opened).toMatchObject({ ok: true, value: { space: here.id } });
  await later.close();
  await here.close();
});

test('JOIN-1: for a link that does not hold nothing is kept, and the page hears of nothing', async () => {
  const ben = new Profile(relay);
  const updates: Update[] = [];
  const join = { ...base, how: 'join', link: 'https://app.test/#join=AAAA', memberName: 'Ben' } as const;
  const answer = await storedHost(ben.openTab(), null).start(
    { ...join, deviceName: 'Phone' },
    page,
    (update) => updates.push(update),
  );
  expect(answer).toMatchObject({ ok: false, error: { code: 'invitation-invalid' } });
  expect(updates).toEqual([]);
  expect(await ben.indexedDB.databases()).toEqual([]);
});

test('JOIN-5: what was cut off before its join was durable is no space that could be opened', async () => {
  const ben = new Profile(relay);
  const tab = ben.openTab();
  const space = asHash(new Uint8Array(32).fill(7));
  const store = await openStore(tab, space, {});
  const device = await keyPairFromSecret(tab.randomBytes(32));
  await store.keyring.save({ device: device.stored, identity: tab.randomBytes(32) });
  await store.append(() => ({
    kind: 'device',
    sign: device.stored.signer.publicKey,
    wrap: device.stored.wrap.publicKey,
  }));
  await store.close();
  const request = { ...base, how: 'open', space: spaceText(space) } as const;
  const answer = await storedHost(ben.openTab(), null).start(request, page, () => undefined);
  expect(answer).toMatchObject({ ok: false, error: { code: 'storage-lost' } });
});
