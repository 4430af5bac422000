import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import type { Relay } from '../../src/relay/app.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { Profile, relayOrigin, startRelay } from './relayed.ts';
import { schema } from './schema.ts';
import { comesTrue, until } from './waiting.ts';

test('PUSH-15: what was written a moment ago leaves at once when the tab is hidden, and waits for no timer', async () => {
  const relay = startRelay();
  let appends = 0;
  const counting: Relay = {
    ...relay,
    fetch: (request, from) => {
      if (/\/entries$/.test(new URL(request.url).pathname)) appends += 1;
      return relay.fetch(request, from);
    },
  };
  const tab = new Profile(counting).openTab();
  const host = storedHost(tab, null);
  const names = { memberName: 'Ada', deviceName: 'Phone' };
  const request = {
    how: 'create',
    schema,
    relay: relayOrigin,
    appUrl: 'https://app.test/',
    ...names,
  } as const;
  const space = clientSpace(schema, await connectDirect(host, request));
  await space.tables.lists.put({ title: 'Hut' });
  await until(space.status, ({ reasons, unsent }) => reasons.length === 0 && unsent === 0);
  const before = appends;
  // From here on a third of a second takes ten minutes.
  tab.hurry = 1 / 2_000;
  await space.tables.lists.put({ title: 'Packing' });
  expect(appends).toBe(before);
  await host.pageEvent('hidden');
  await comesTrue(() => expect(appends).toBe(before + 1));
  tab.hurry = 1;
  relay.drain();
  await space.close();
});
